/** Collects what is wrong with the values of a document, each at its place. */
import type { Document } from "./document.ts";
import { dotted, type Problem, quoted, suggestion } from "./problems.ts";
import type { View } from "./view.ts";

interface More {
  readonly hint?: string | undefined;
  readonly fix?: string | undefined;
  /** The place is the key, not the value. */
  readonly key?: boolean;
}

export class Reporter {
  readonly problems: Problem[] = [];
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  /** `what` follows the path of the value. */
  tell({ path }: View, what: string, { hint, fix, key = false }: More = {}): void {
    const offset = key ? this.#document.keyAt(path) : this.#document.valueAt(path);
    this.problems.push({ offset, what: `${dotted(path)} ${what}`, hint, fix });
  }

  /** The text must be one of these names. */
  oneOf(name: View, kind: string, names: readonly string[]): boolean {
    if (name.text === undefined) return false; // absent, or its type is wrong
    if (names.includes(name.text)) return true;
    const from = this.variables(name);
    const hint = suggestion(
      from.length === 0 ? name.text : undefined,
      names,
      `there is no ${kind} here at all`,
    );
    const called = from.length === 0 ? quoted(name.text) : `of the name that ${from.join(" and ")} makes`;
    this.tell(name, `names a ${kind} that there is not: ${called}`, { hint });
    return false;
  }

  variables({ path }: View): readonly string[] {
    return this.#document.variablesAt(path);
  }

  /** ` (its variable PASSWORD)`, for a value that came out of one. */
  blame(value: View): string {
    const from = this.variables(value);
    return from.length === 0 ? "" : ` (it comes from ${from.join(" and ")})`;
  }

  lineOf({ path }: View): number {
    return this.#document.position(this.#document.valueAt(path)).line;
  }
}
