/** The mutants of a mode's main server: every line of its config that is security, deleted, flipped and widened. */
import type { Mode } from "../model.ts";
import { type ConfigLine, opens, readConfig, withoutLine, withValue } from "./config-lines.ts";
import type { Sabotage } from "./sabotage.ts";
import { withClientCa, withServerPair } from "./server-material.ts";

export interface Mutant {
  readonly mode: Mode;
  /** `<mode> <line>: <operation>`, unique and stable. */
  readonly name: string;
  /** The `# sec:` id, or the path of the unmarked block that was deleted. */
  readonly line: string;
  readonly sabotage: Sabotage;
}

/** A change of one line; the secrets of its config differ from run to run, so it is found again by its place. */
type Change = (config: string, line: ConfigLine) => string;
type Operation = readonly [name: string, sabotage: Change | Sabotage];

/**
 * Marked lines, and the unmarked ones that open a block of permissions. `config` is one rendering of the mode's server;
 * the variants that live only while the mode is checked come from the same templates, and are left as they are.
 */
export function mutantsOf(mode: Mode, config: string): readonly Mutant[] {
  return readConfig(config).flatMap((line, index, lines) => {
    const operations = operationsOn(line);
    const name = line.mark ?? pathOf(lines, line);
    return operations.map(([operation, change]) => ({
      mode,
      name: `${mode.name} ${name}: ${operation}`,
      line: name,
      sabotage: typeof change === "function" ? inMainServer(mode, index, change) : change,
    }));
  });
}

function inMainServer(mode: Mode, index: number, change: Change): Sabotage {
  return {
    options: { monitor: true },
    spec: (spec) => {
      const file = spec.files["server.conf"];
      const line = readConfig(file?.text ?? "")[index];
      if (spec.id !== `${mode.name}/server` || file === undefined || line === undefined) return spec;
      return { ...spec, files: { ...spec.files, "server.conf": { ...file, text: change(file.text, line) } } };
    },
  };
}

const deleted: Operation = ["deleted", withoutLine];
const set = (value: string): Change => {
  return (config, line) => withValue(config, line, value);
};

function operationsOn(line: ConfigLine): readonly Operation[] {
  if (line.mark === undefined) {
    if (line.block !== "authorization" || !opens(line)) return [];
    return line.key === "users" ? [deleted, ["one for those without a login", withNoAuthUser]] : [deleted];
  }
  const flip: Readonly<Record<string, string>> = { true: "false", false: "true" };
  const flipped = flip[line.value];
  return [
    deleted,
    ...(flipped === undefined ? [] : ([["flipped", set(flipped)]] as const)),
    ...(WIDENED[line.key]?.(line) ?? []),
  ];
}

/** Whoever brings no login is taken for the first user. */
function withNoAuthUser(config: string): string {
  const first = readConfig(config).find(({ key }) => key === "user");
  return `no_auth_user: ${first?.value}\n${config}`;
}

/** What lets more in, by the key of the line. */
const WIDENED: Readonly<Record<string, (line: ConfigLine) => readonly Operation[]>> = {
  host: () => [["every address", set('"0.0.0.0"')]],
  http: () => [["every address", set('"0.0.0.0:-1"')]],
  user: changedSecret,
  password: changedSecret,
  token: changedSecret,
  allow: (line) => [
    ["everything", set(withSubject(line.value, ">"))],
    ...subjects(line.value).map(
      (one): Operation => [`without ${one}`, set(list(otherThan(line.value, one)))],
    ),
    ...subjects(line.value)
      .filter((one) => one.includes(" "))
      .map((one): Operation => {
        const [subject = ""] = one.split(" ");
        return [`${one} in any queue`, set(withSubject(list(otherThan(line.value, one)), subject))];
      }),
  ],
  deny: () => [["emptied", set("[]")]],
  allow_responses: ({ value }) => {
    const max = Number(/max: (\d+)/.exec(value)?.[1] ?? 1);
    return [max + 1, 100].map((more): Operation => [`max ${more}`, set(`{ max: ${more} }`)]);
  },
  tls: () => [["beside plaintext", (config) => `allow_non_tls: true\n${config}`]],
  cert_file: () => [["a stranger's pair", withServerPair({ profile: "server", fault: "stranger" })]],
  key_file: () => [["another pair of the same CA", withServerPair({ profile: "server" })]],
  ca_file: () => [
    ["and a stranger's CA", withClientCa("stranger")],
    ["and another CA of the same name", withClientCa("twin-ca")],
  ],
};

function changedSecret(): readonly Operation[] {
  return [
    ["empty", set('""')],
    ["another", set('"mutant"')],
  ];
}

function subjects(value: string): readonly string[] {
  return (value.match(/"[^"]*"/g) ?? []).map((quoted) => quoted.slice(1, -1));
}

function list(all: readonly string[]): string {
  return `[${all.map((one) => JSON.stringify(one)).join(", ")}]`;
}

function otherThan(value: string, subject: string): readonly string[] {
  return subjects(value).filter((one) => one !== subject);
}

function withSubject(value: string, subject: string): string {
  return list([...subjects(value), subject]);
}

/** `authorization.users.permissions#2`: an unmarked block by the blocks around it, and which of that name it is. */
function pathOf(lines: readonly ConfigLine[], line: ConfigLine): string {
  const around = lines.filter((one) => opens(one) && one.index <= line.index && line.index <= one.end);
  const path = around.map((one) => one.key || "entry").join(".");
  const nth = lines.filter((one) => one.key === line.key && opens(one) && one.index <= line.index).length;
  return `${path}#${nth}`;
}
