/** What is shown while modes start and are checked: a table redrawn in place on a terminal, plain lines elsewhere. */
import type { Mode } from "../model.ts";
import { failureText, type ModeRow, modeTable } from "../report/text.ts";
import type { CheckResult, Phase, SandboxEvent } from "../results.ts";
import { type GlobalOptions, styleFor, widthOf } from "./output.ts";

/** How often (ms) the table is redrawn at most. */
const INTERVAL = 60;

interface Row {
  phase: Phase;
  url: string;
  error?: string;
  skipped: number;
  readonly checks: number;
  readonly results: CheckResult[];
}

export class Progress implements Disposable {
  readonly #rows: Map<string, Row>;
  readonly #options: GlobalOptions;
  readonly #live: boolean;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(modes: readonly Mode[], options: GlobalOptions) {
    this.#options = options;
    this.#live =
      process.stderr.isTTY === true &&
      process.env.TERM !== "dumb" &&
      options.quiet !== true &&
      options.verbose !== true;
    const row = (mode: Mode): Row => ({
      phase: "waiting",
      url: "",
      skipped: 0,
      checks: Object.keys(mode.checks).length,
      results: [],
    });
    this.#rows = new Map(modes.map((mode) => [mode.name, row(mode)]));
  }

  /** Takes an event of the sandbox. */
  readonly take = (event: SandboxEvent): void => {
    if (event.type === "note") this.#line(event.text);
    else if (event.type === "phase") this.#phase(event);
    else if (event.type === "check") this.#check(event.result);
    else this.#row(event.skip.mode).skipped += 1;
    if (this.#live) this.#timer ??= setTimeout(() => this.#draw(), INTERVAL);
  };

  /** The rows as they are now, for the table at the end. */
  rows(errors: ReadonlyMap<string, string>): readonly ModeRow[] {
    return [...this.#rows].map(([mode, row]) => {
      const error = errors.get(mode);
      return { ...this.#modeRow(mode, row), ...(error === undefined ? {} : { error }) };
    });
  }

  /** Modes that did not start, and why, as far as it was told. */
  errors(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#rows].flatMap(([mode, { error }]) => (error === undefined ? [] : [[mode, error]])),
    );
  }

  /** Takes the live table away. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#erase();
  }

  #row(mode: string): Row {
    const row = this.#rows.get(mode);
    if (row === undefined) throw new Error(`an event of the unknown mode ${mode}`);
    return row;
  }

  #modeRow(mode: string, { phase, url, checks, skipped, results }: Row): ModeRow {
    return { mode, phase, url, expected: Math.max(checks - skipped, results.length), results };
  }

  #phase(event: Extract<SandboxEvent, { type: "phase" }>): void {
    const row = this.#row(event.mode);
    row.phase = event.phase;
    row.url = event.url ?? row.url;
    if (event.error !== undefined) row.error = event.error;
    if (this.#live) return;
    if (event.phase === "ready") this.#line(`${event.mode}: ready at ${row.url}`);
    if (event.phase === "failed") this.#line(`${event.mode}: did not start`);
    if (event.phase === "checked")
      this.#line(`${event.mode}: ${row.results.filter(isGood).length}/${row.results.length} checks passed`);
  }

  #check(result: CheckResult): void {
    this.#row(result.mode).results.push(result);
    if (this.#options.verbose !== true) return;
    const style = styleFor(process.stderr, this.#options);
    if (isGood(result))
      this.#line(`${style.green("✔")} ${result.id}: ${result.got} (${result.evidence.client})`);
    else this.#line(failureText(result, style).join("\n"));
  }

  #line(text: string): void {
    if (this.#options.quiet === true) return;
    this.#erase();
    process.stderr.write(`${text}\n`);
  }

  #draw(): void {
    this.#timer = undefined;
    this.#erase();
    const rows = [...this.#rows].map(([mode, row]) => this.#modeRow(mode, row));
    // A table taller than the terminal could not be taken away again.
    const lines = modeTable(rows, styleFor(process.stderr, this.#options), widthOf(process.stderr)).slice(
      0,
      process.stderr.rows - 1,
    );
    process.stderr.write(`${lines.join("\n")}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    process.stderr.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

/** What is shown while `work` goes on is taken away when it is over. */
export async function withProgress<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  using _ = progress;
  return await work();
}

function isGood({ verdict }: CheckResult): boolean {
  return verdict === "pass" || verdict === "deviates";
}
