/**
 * Writes what docs/ says of modes, checks, commands, faults and errors, out of the built program. With --check: fails
 * when a page is stale.
 */
import { readFileSync } from "node:fs";
import { actionTables } from "./docs/action.mjs";
import { apiReference } from "./docs/api.mjs";
import { checksPage } from "./docs/checks.mjs";
import { commandLinePage } from "./docs/command-line.mjs";
import { configurationTables } from "./docs/configuration.mjs";
import { examplesOf } from "./docs/examples.mjs";
import { errorTable, faultTable, profileTable } from "./docs/facts.mjs";
import { languageTable } from "./docs/languages.mjs";
import { brokenLinks } from "./docs/links.mjs";
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
  "docs/ci.md": patched("docs/ci.md", { action: actionTables() }),
  "docs/configuration.md": patched("docs/configuration.md", await configurationTables(built)),
  "docs/certificates.md": patched("docs/certificates.md", {
    profiles: await profileTable(built),
    faults: await faultTable(built),
  }),
  "docs/connect.md": patched("docs/connect.md", { languages: await languageTable(built) }),
  "docs/library.md": patched("docs/library.md", { api: apiReference(built) }),
  "docs/test-suites.md": patched("docs/test-suites.md", examplesOf("docs/test-suites.md")),
  "docs/troubleshooting.md": patched("docs/troubleshooting.md", { errors: await errorTable(built) }),
});

const broken = brokenLinks();
if (broken.length > 0) {
  console.error(`broken links:\n${broken.join("\n")}`);
  process.exit(1);
}
