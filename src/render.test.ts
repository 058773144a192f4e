import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { SandboxError } from "./errors.ts";
import { quote, type RenderContext, renderConfig } from "./render.ts";
import { can } from "./server/capabilities.ts";
import { randomTexts } from "./testing/random-texts.ts";

const FOLDER = new URL("../templates/server/", import.meta.url);
const FILES = readdirSync(FOLDER).map((file) => file.replace(/\.eta$/, ""));
/** A file that starts with "_" is a part of others. */
const TEMPLATES = FILES.filter((name) => !name.startsWith("_"));
const VERSIONS = ["1.4.1", "2.0.4", "2.1.2", "2.15.1"];

function sourceOf(template: string): string {
  const text = readFileSync(new URL(`${template}.eta`, FOLDER), "utf8");
  return text.replace(/<%~ include\("\.\/(.+?)\.eta".*?%>/g, (_, part: string) => sourceOf(part));
}

/** The parameters that a template and its parts ask for, each with a value of its own. */
function paramsOf(template: string): Record<string, string> {
  const names = [...sourceOf(template).matchAll(/it\.param\("(\w+)"\)/g)].map(([, name]) => name ?? "");
  return Object.fromEntries(names.map((name) => [name, `the ${name}`]));
}

function contextOf(template: string, more: Partial<RenderContext> = {}, version = "2.15.1"): RenderContext {
  return {
    title: "a title",
    host: "127.0.0.1",
    ports: { client: 4321 },
    can: (capability) => can(version, capability),
    params: paramsOf(template),
    users: [],
    jetstream: undefined,
    ...more,
  };
}

function linesOf(template: string, version: string, more: Partial<RenderContext> = {}): readonly string[] {
  return renderConfig(template, contextOf(template, more, version)).split("\n");
}

/** Reads a double-quoted string as nats-server's lexer does (conf/lex.go, lexDubQuotedString and lexStringEscape). */
function unquote(text: string): string {
  expect(text).toMatch(/^"([^"\\]|\\["\\ntr]|\\x[0-9A-Fa-f]{2})*"$/);
  const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
  return text
    .slice(1, -1)
    .replace(/\\(?:x(..)|(.))/g, (_, hex?: string, char = "") =>
      hex === undefined ? (escapes[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

describe("quote", () => {
  it("is read back as it was, whatever it is, on one line without a control character", () => {
    const texts = [
      "",
      '"',
      "\\",
      '\\"',
      "\\x41",
      "$2a$04$abc",
      "{{ x }}",
      "# no comment",
      "a\tb\u0000\u007f\r\n",
    ];
    for (const text of [...texts, ...randomTexts(500, { longest: 60 })]) {
      expect(unquote(quote(text)), JSON.stringify(text)).toBe(text);
      expect(quote(text)).not.toMatch(/[\u0000-\u001f\u007f]/);
    }
  });
});

describe.each(TEMPLATES)("%s", (template) => {
  test.each(VERSIONS)("has every value and nothing left open for %s", (version) => {
    const lines = linesOf(template, version);
    expect(lines.join("\n")).not.toMatch(/undefined|null|NaN|\[object|<%|%>/);
    expect(lines[0]).toBe("# a title");
    expect(lines).toContain("port: 4321");
    for (const value of Object.values(paramsOf(template)))
      expect(lines.filter((line) => line.includes(`: "${value}"`))).toHaveLength(1);
    const brackets = lines.map((line) => line.replace(/"[^"]*"|#.*/g, "")).join("");
    for (const [open, close] of ["{}", "[]"]) {
      expect(brackets.split(open ?? "").length).toBe(brackets.split(close ?? "").length);
    }
  });

  test.each(VERSIONS)(
    "marks every line that is there for security for %s, each with its own id",
    (version) => {
      const lines = linesOf(template, version, { ports: { client: 4321, monitor: 8222 } });
      // What no mutation of a security line has to touch: braces, block names, and these keys.
      const neutral = /^\s*([[\]{}]*|(authorization|permissions|publish|subscribe):? \{|users: \[)$/;
      const marked = lines.filter((line) => / {2}# sec:/.test(line));
      const unmarked = lines.filter((line) => !marked.includes(line) && !neutral.test(line));
      for (const line of unmarked) expect(line).toMatch(/^\s*((port|debug|timeout): |# )/);
      const ids = marked.map((line) => /^[^#]+ {2}# sec:([a-z0-9-]+)$/.exec(line)?.[1]);
      expect(ids).not.toContain(undefined);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toContain("loopback");
    },
  );

  // users.conf has TLS, or verified clients, only where a mode names the certificates.
  it.skipIf(template === "users.conf")("cannot be rendered without one of its parameters", () => {
    for (const name of Object.keys(paramsOf(template))) {
      const { [name]: _, ...params } = paramsOf(template);
      const render = () => renderConfig(template, contextOf(template, { params }));
      expect(render).toThrow(SandboxError);
      expect(render).toThrow(`template ${template} needs the parameter ${name}`);
    }
  });

  it("quotes each of its values", () => {
    const nasty = 'a"b\\c\n}';
    const params = Object.fromEntries(Object.keys(paramsOf(template)).map((name) => [name, nasty]));
    const text = renderConfig(template, contextOf(template, { params }));
    expect(text.split('"a\\"b\\\\c\\x0A}"').length - 1).toBe(Object.keys(params).length);
    expect(text).not.toContain(nasty);
  });

  it("opens the monitoring port only when it has one, on the same address", () => {
    expect(linesOf(template, "2.15.1").filter((line) => /^\s*https?/.test(line))).toEqual([]);
    const open = linesOf(template, "2.15.1", { host: "127.0.0.9", ports: { client: -1, monitor: 8222 } });
    expect(open).toContain('http: "127.0.0.9:8222"  # sec:monitor-loopback');
    expect(open).toContain('host: "127.0.0.9"  # sec:loopback');
  });
});

test("there are templates, and each part is part of one", () => {
  expect(TEMPLATES.length).toBeGreaterThanOrEqual(6);
  const sources = TEMPLATES.map((name) => readFileSync(new URL(`${name}.eta`, FOLDER), "utf8")).join();
  for (const part of FILES.filter((name) => name.startsWith("_"))) expect(sources).toContain(`./${part}.eta`);
});

test.each([
  ["1.4.1", { responses: 0, queues: 0, inbox: 1 }],
  ["2.0.3", { responses: 0, queues: 0, inbox: 1 }],
  ["2.0.4", { responses: 2, queues: 0, inbox: 0 }],
  ["2.1.1", { responses: 2, queues: 0, inbox: 0 }],
  ["2.1.2", { responses: 2, queues: 1, inbox: 0 }],
])(
  "permissions for %s hold what that version knows, and a substitute for what it does not",
  (version, expected) => {
    const lines = linesOf("permissions.conf", version);
    const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
    expect({
      responses: count(/allow_responses:/),
      queues: count(/jobs\.> workers/),
      // Without allow_responses the service must be allowed to publish to the inboxes of those who ask it.
      inbox: count(/"_INBOX_app\.>"\] {2}# sec:service-publish-allow/),
    }).toEqual(expected);
  },
);

test("a template that does not exist is an error", () => {
  expect(() => renderConfig("nothing.conf", contextOf("open.conf"))).toThrow(/nothing\.conf/);
});
