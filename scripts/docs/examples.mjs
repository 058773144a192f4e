/** The files of examples/ that a page shows: each between markers that name it. */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { fenced } from "./page.mjs";

const LANGUAGES = { ".mjs": "js", ".py": "python" };

/** The text of each marker of the page. */
export function examplesOf(page) {
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const names = [...read(page).matchAll(/<!-- begin (\S+\/\S+) -->/g)].map(([, name]) => name);
  return Object.fromEntries(
    names.map((name) => {
      const suffix = extname(name);
      return [name, fenced(LANGUAGES[suffix] ?? suffix.slice(1), read(`examples/${name}`))];
    }),
  );
}
