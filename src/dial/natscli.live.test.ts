/** The real nats CLI, where it is installed: a secret that looks like a reference to one is the secret itself. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Login } from "../model.ts";
import { type RenderedServer, startRendered } from "../testing/rendered-server.ts";
import { TlsContexts } from "../wire/tls-contexts.ts";
import { dial } from "./dial.ts";
import { findNatscli } from "./natscli.ts";

const natscli = findNatscli();

/** What natscli 0.5 would look up; the last two it takes as they are. */
const SECRETS = [
  "env:HOME",
  "env://HOME",
  "ENV://HOME",
  "file:///etc/hostname",
  "op://vault/item/field",
  "nsc://operator/account/user",
  "data:;base64,eA==",
  "data:,x",
  "http://x",
  "C:\\x",
];

describe.skipIf(natscli === undefined)(
  natscli === undefined ? "the nats CLI (skipped: nats is not on PATH)" : "the nats CLI",
  () => {
    let dir: string;
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), "natscli-live-"));
    });
    afterAll(() => rm(dir, { recursive: true }));

    async function outcome({ host, port }: RenderedServer, login: Login) {
      const connection = { url: `nats://localhost:${port}`, transport: "nats", login } as const;
      const { trace } = await dial({
        driver: "natscli",
        connection,
        step: { op: "connect" },
        at: { host, port },
        party: () => connection,
        timeout: 30_000,
        contexts: new TlsContexts(),
        scratch: dir,
      });
      return trace.pong ? "in" : (trace.errors[0] ?? trace.failure?.message);
    }

    test("gets in with every password as it is, and with no other", async () => {
      const users = SECRETS.map((password, index) => ({ user: `user${index}`, password }));
      await using server = await startRendered(dir, "users.conf", { users });
      for (const login of users) {
        expect(await outcome(server, login), login.password).toBe("in");
        const wrong = { ...login, password: `${login.password}x` };
        expect(await outcome(server, wrong), login.password).toBe("Authorization Violation");
      }
    });

    test.each(SECRETS)("gets in with the token %s", async (token) => {
      await using server = await startRendered(dir, "token.conf", { params: { token } });
      expect(await outcome(server, { token })).toBe("in");
      expect(await outcome(server, { token: `${token}x` })).toBe("Authorization Violation");
    });
  },
);
