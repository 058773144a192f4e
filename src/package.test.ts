/** What `npm publish` would send: everything the program needs, and nothing else. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";

interface Pack {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const root = fileURLToPath(new URL("..", import.meta.url));
let pack: Pack;
let paths: readonly string[];

beforeAll(() => {
  // Without scripts: `prepare` would build anew under the feet of other tests.
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [first] = Object.values(JSON.parse(output) as Record<string, Pack>);
  if (first === undefined) throw new Error("npm pack told nothing");
  pack = first;
  paths = pack.files.map(({ path }) => path);
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length));
}

it("holds each source compiled, with its types, and nothing else in dist", () => {
  const sources = filesIn("src").filter((path) => !/\.(test|d)\.ts$|^src\/testing\//.test(path));
  const compiled = sources.flatMap((path) =>
    [".js", ".d.ts"].map((suffix) => path.replace(/^src/, "dist").replace(/\.ts$/, suffix)),
  );
  expect(paths.filter((path) => path.startsWith("dist/")).sort()).toEqual([...compiled].sort());
});

it("holds the data that the program reads", () => {
  for (const folder of ["templates", "certs"])
    expect(paths.filter((path) => path.startsWith(`${folder}/`)).sort()).toEqual([...filesIn(folder)].sort());
});

it("holds the papers, and no other file or folder", () => {
  const top = new Set(paths.map((path) => path.replace(/\/.*/, "/")));
  for (const optional of ["docker/", "schema/"]) top.delete(optional);
  expect([...top].sort()).toEqual(
    ["CHANGELOG.md", "LICENSE", "README.md", "certs/", "dist/", "package.json", "templates/"].sort(),
  );
});

it("holds no test, no map, no key, no hidden file", () => {
  const unwanted = /\.test\.|\.map$|\.(pem|key|p12|pfx|creds|nk|env|tgz)$|(^|\/)\./;
  expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
  const text = paths.map((path) => readFileSync(`${root}${path}`, "utf8")).join("\n");
  expect(text).not.toMatch(/^-----BEGIN [A-Z ]*PRIVATE KEY-----$/m);
});

it("is small", () => {
  expect(pack.unpackedSize).toBeGreaterThan(100_000);
  expect(pack.unpackedSize).toBeLessThan(1_300_000);
});

it("needs no install script, and nothing for development", () => {
  const { scripts, dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
    scripts: Record<string, string>;
    dependencies: Record<string, string>;
  };
  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  expect(Object.keys(dependencies).filter((name) => /^@types\/|vitest|typescript/.test(name))).toEqual([]);
});
