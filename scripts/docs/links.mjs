/** Links within the repository that lead nowhere: to a file that is not there, or to a heading that a page does not have. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** As `page -> link`. Links to other sites are not followed. */
export function brokenLinks() {
  const pages = ["", "docs"].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) =>
      name.endsWith(".md") ? [join(ROOT, folder, name)] : [],
    ),
  );
  return pages.flatMap((page) => {
    const text = withoutCode(readFileSync(page, "utf8"));
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link]) => link);
    return links.filter((link) => !leads(page, link)).map((link) => `${relative(ROOT, page)} -> ${link}`);
  });
}

function leads(page, link) {
  const [path, anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || headings(target).includes(anchor);
}

/** Their anchors, as GitHub makes them. */
function headings(page) {
  const lines = withoutCode(readFileSync(page, "utf8")).split("\n");
  return lines.flatMap((line) => {
    const title = /^#+ (.*)$/.exec(line)?.[1];
    if (title === undefined) return [];
    return [
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ];
  });
}

function withoutCode(text) {
  return text.replaceAll(/^(`{3,})[\s\S]*?^\1$/gm, "");
}
