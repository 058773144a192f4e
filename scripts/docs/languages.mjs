/** The languages of `connect`, with their clients. */
import { table } from "./page.mjs";

const YES = { decoded: "yes", "as it stands": "without what must be encoded", false: "no" };

export async function languageTable(built) {
  const { LANGUAGES } = await import(new URL("snippets/languages.js", built));
  const rows = Object.entries(LANGUAGES).map(([name, { client, version, loginInUrl, tested, trap }]) => [
    `\`${name}\``,
    `${client} ${version}`,
    YES[loginInUrl],
    tested ? "yes" : "not run",
    trap ?? "",
  ]);
  return table(["`--lang`", "client", "`--url`", "run in CI", "what to know of the client"], rows);
}
