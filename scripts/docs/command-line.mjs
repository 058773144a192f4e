/** docs/command-line.md: the help of every command, as the program prints it. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GENERATED } from "./page.mjs";

export function commandLinePage(built) {
  const main = fileURLToPath(new URL("cli/main.js", built));
  const help = (words) =>
    execFileSync(process.execPath, [main, ...words, "--help"], { encoding: "utf8" }).trimEnd();
  const pages = [];
  const visit = (words) => {
    const text = help(words);
    pages.push(`## ${["nats-sandbox", ...words].join(" ")}\n\n\`\`\`\n${text}\n\`\`\``);
    for (const name of commandsIn(text)) visit([...words, name]);
  };
  visit([]);
  return `${GENERATED}

# Command line

Output for people goes to stderr as it happens, and the result to stdout; with \`--json\`, stdout gets exactly one JSON
document. What an exit status means is told in [troubleshooting](troubleshooting.md#exit-statuses); the environment
variables that name a server or a directory, in [server](server.md#environment-variables).

${pages.join("\n\n")}
`;
}

/** The names under "Commands:"; a description that goes on in the next line is indented further. */
function commandsIn(help) {
  const [, list = ""] = help.split("\nCommands:\n");
  return [...list.split("\n\n")[0].matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name);
}
