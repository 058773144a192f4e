/** What is checked of every mode: what INFO promises, and where the server listens. */
import type { Check, Step } from "../model.ts";

type Promises = Extract<Step, { op: "info" }>["promises"];

const PLAIN: Promises = { auth_required: false, tls_required: false, tls_verify: false };

/** `promised`: the INFO fields that are true; the others must be absent or false. */
export function everyMode(promised: Partial<Promises>) {
  return {
    info: {
      title: "INFO promises what the mode is",
      as: "app",
      step: { op: "info", promises: { ...PLAIN, ...promised } },
      expect: "ok",
    },
    listeners: {
      title: "listens for clients on loopback, and nowhere else",
      as: "app",
      step: { op: "listeners", exactly: ["client"] },
      expect: "ok",
    },
  } as const satisfies Record<string, Check<"app">>;
}

/** Before CONNECT a server that asks for a login answers anything with a refusal. */
export const nothingBeforeConnect = {
  "ping-before-connect": {
    title: "PING before CONNECT",
    as: "app",
    step: { op: "before-connect", send: "PING\r\n" },
    expect: "login",
  },
  "pub-before-connect": {
    title: "PUB before CONNECT",
    as: "app",
    step: { op: "before-connect", send: "PUB a 1\r\nx\r\n" },
    expect: "login",
  },
  "sub-before-connect": {
    title: "SUB before CONNECT",
    as: "app",
    step: { op: "before-connect", send: "SUB > 1\r\n" },
    expect: "login",
  },
  "garbage-before-connect": {
    title: "garbage before CONNECT",
    as: "app",
    step: { op: "before-connect", send: "GET / HTTP/1.1\r\n" },
    expect: "login",
  },
} as const satisfies Record<string, Check<"app">>;
