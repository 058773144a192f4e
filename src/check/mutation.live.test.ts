/** Mutation test of the templates: whatever is done to a line of security, a check of its mode turns red. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Mode } from "../model.ts";
import { previewConfigs } from "../running/configure.ts";
import { selectModes } from "../select.ts";
import { compareVersions } from "../server/capabilities.ts";
import { DEFAULT_VERSION, findServer } from "../server/find.ts";
import { readConfig, unmarkedLines } from "../testing/config-lines.ts";
import { type Mutant, mutantsOf } from "../testing/mutants.ts";
import { mapFew, type Outcome, openWorkshop, redIn, type Sabotage } from "../testing/sabotage.ts";

/** A mutant that survives. */
interface Survivor {
  /** Only on servers older than this. */
  readonly before?: string;
  readonly because: string;
}

const noSuchKey = { before: "2.0.0", because: "gnatsd 1.x knows no such key, and ignores it" };

/** Mutants that are as good as the original in whatever mode, by line and operation, each with its proof. */
const EQUIVALENT: Readonly<Record<string, Survivor>> = {
  "authorization.users#1: one for those without a login": noSuchKey,
  "tls: beside plaintext": noSuchKey,
};

/** Lines of which every mutant keeps the server from starting, each with the reason. */
const NO_VALID_MUTANT: Readonly<Record<string, string>> = {};

/** Where templates write different lines: before and after the capabilities of 2.0, and today. */
const VERSIONS = ["1.4.1", "2.0.0", DEFAULT_VERSION];

const ALL = selectModes(["all"]);

interface Judged {
  readonly mutant: Mutant;
  readonly verdict: "killed" | "survived" | "invalid";
  /** The checks that turned red, or the server's reason not to start. */
  readonly by: readonly string[];
}

let version: string;
let judged: readonly Judged[];
/** What is not as it should be although nothing was mutated. */
let flaws: readonly string[];

beforeAll(async () => {
  const binary = await findServer();
  version = binary.version;
  await using workshop = await openWorkshop(binary);
  // Each original runs among its mutants: a machine that is too slow for them is too slow for it.
  const originals = ALL.map((mode): Mutant => ({ mode, name: mode.name, line: "", sabotage: MONITORED }));
  const all = [...originals, ...(await allMutants(binary.version))];
  all.sort((a, b) => ALL.indexOf(a.mode) - ALL.indexOf(b.mode));
  const outcomes = await mapFew(all, ({ mode, sabotage }) => workshop.check(mode, sabotage));
  flaws = outcomes.flatMap(([one, outcome]) => (originals.includes(one) ? flawsIn(outcome) : []));
  judged = outcomes.filter(([one]) => !originals.includes(one)).map(judge);
  console.log(summary(judged));
}, 240_000);

const MONITORED: Sabotage = { options: { monitor: true } };

function flawsIn(outcome: Outcome): readonly string[] {
  if ("invalid" in outcome) return [outcome.invalid];
  return outcome.results
    .filter(({ verdict }) => verdict === "fail" || verdict === "inconclusive")
    .map(({ id, verdict, got }) => `${id}: ${verdict}, ${got}`);
}

function judge([mutant, outcome]: readonly [Mutant, Outcome]): Judged {
  if ("invalid" in outcome)
    return { mutant, verdict: "invalid", by: [outcome.invalid.replace(/^.*server\.conf:/, "")] };
  const by = redIn(mutant.mode, outcome.results);
  return { mutant, verdict: by.length === 0 ? "survived" : "killed", by };
}

/** The config of the mode's main server, monitoring included. */
async function mainConfig(mode: Mode, version: string): Promise<string> {
  const place = () => ({ root: "/", host: "127.0.0.1", ports: { client: -1, monitor: -1 } });
  return (await previewConfigs(mode, place, version)).get("server") ?? "";
}

async function allMutants(version: string): Promise<readonly Mutant[]> {
  const found = ALL.map(async (mode) => mutantsOf(mode, await mainConfig(mode, version)));
  return (await Promise.all(found)).flat();
}

function named(verdict: Judged["verdict"]): readonly string[] {
  return judged.filter((one) => one.verdict === verdict).map(({ mutant }) => mutant.name);
}

function withoutMode({ mode, name }: Mutant): string {
  return name.slice(mode.name.length + 1);
}

function summary(all: readonly Judged[]): string {
  const count = (verdict: Judged["verdict"]) => all.filter((one) => one.verdict === verdict).length;
  const others = all
    .filter(({ verdict }) => verdict !== "killed")
    .map(({ mutant, verdict, by }) => `  ${verdict}: ${mutant.name}${by.map((why) => ` (${why})`).join("")}`);
  const counts = `${count("killed")} killed, ${count("survived")} survived, ${count("invalid")} invalid`;
  return [`${all.length} mutants: ${counts}`, ...others].join("\n");
}

describe("the templates", () => {
  it.each(VERSIONS)("mark every line that is security, for a server %s", async (version) => {
    const configs = await Promise.all(ALL.map((mode) => mainConfig(mode, version)));
    expect(configs.flatMap(unmarkedLines)).toEqual([]);
    for (const marks of configs.map((config) => readConfig(config).flatMap(({ mark }) => mark ?? [])))
      expect(new Set(marks).size).toBe(marks.length);
  });

  it("would be caught with a line that nobody marked", () => {
    const config =
      'port: -1\nauthorization {\n  user: "#1"  # sec:user\n  password: "}"\n  timeout: 2\n}\ntrace: true\n';
    expect(unmarkedLines(config)).toEqual(['password: ""', "trace: true"]);
  });
});

describe("the checks", () => {
  it("are all green when nothing is mutated", () => expect(flaws).toEqual([]));

  it("kill every mutant but those that are known", () => {
    const known = judged.filter(({ mutant }) => {
      const survivor = EQUIVALENT[withoutMode(mutant)];
      return survivor !== undefined && compareVersions(version, survivor.before ?? "99") < 0;
    });
    expect(new Set(named("survived"))).toEqual(new Set(known.map(({ mutant }) => mutant.name)));
  });

  it("had a mutant that starts for every line of security", () => {
    const of = ({ mutant }: Judged) => `${mutant.mode.name} ${mutant.line}`;
    const valid = new Set(judged.filter(({ verdict }) => verdict !== "invalid").map(of));
    const without = new Set(judged.map(of).filter((line) => !valid.has(line)));
    expect([...without]).toEqual(Object.keys(NO_VALID_MUTANT));
  });

  it("know no mutant that does not exist", async () => {
    const mutants = await allMutants(DEFAULT_VERSION);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.map(withoutMode)).toEqual(expect.arrayContaining(Object.keys(EQUIVALENT)));
  });
});
