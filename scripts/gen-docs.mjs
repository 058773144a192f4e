/**
 * Writes what docs/ says of modes, checks, commands, faults and errors, out of the built program. With --check: fails
 * when a page is stale.
 */
import { readFileSync } from "node:fs";
import { checksPage } from "./docs/checks.mjs";
import { commandLinePage } from "./docs/command-line.mjs";
import { configurationTables } from "./docs/configuration.mjs";
import { errorTable, faultTable, profileTable } from "./docs/facts.mjs";
import { modesPage } from "./docs/modes.mjs";
import { between, commit } from "./docs/page.mjs";

const built = new URL("../dist/", import.meta.url);
const { MODES } = await import(new URL("modes/all.gen.js", built));

/** A page that is written by hand, but for what stands between its markers. */
function patched(page, parts) {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  return Object.entries(parts).reduce((whole, [name, part]) => between(whole, name, part), text);
}

commit({
  "docs/modes.md": await modesPage(MODES, built),
  "docs/checks.md": await checksPage(MODES, built),
  "docs/command-line.md": commandLinePage(built),
  "docs/configuration.md": patched("docs/configuration.md", await configurationTables(built)),
  "docs/certificates.md": patched("docs/certificates.md", {
    profiles: await profileTable(built),
    faults: await faultTable(built),
  }),
  "docs/troubleshooting.md": patched("docs/troubleshooting.md", { errors: await errorTable(built) }),
});
