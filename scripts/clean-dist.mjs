/**
 * Run before the compiler: removes from dist/ what no source makes any more, which tsc never does; and makes an
 * incremental build start over when a file is missing from dist/, which tsc would not notice.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BUILD_INFO = ".tsbuildinfo";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = (folder) =>
  existsSync(`${root}${folder}`)
    ? readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(`${root}${folder}/`.length))
    : [];

/** The same choice as `tsconfig.build.json` makes. */
const isBuilt = (file) =>
  file.endsWith(".ts") && !/\.test\.ts$|\.d\.ts$/.test(file) && !file.startsWith("testing/");
const wanted = new Set(
  files("src")
    .filter(isBuilt)
    .flatMap((file) => [file.replace(/\.ts$/, ".js"), file.replace(/\.ts$/, ".d.ts")]),
);
const found = files("dist").filter((file) => file !== BUILD_INFO);

for (const file of found) if (!wanted.has(file)) rmSync(`${root}dist/${file}`);
if (found.filter((file) => wanted.has(file)).length < wanted.size)
  rmSync(`${root}dist/${BUILD_INFO}`, { force: true });
