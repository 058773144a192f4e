/** What is checked of an own mode that says nothing of checks: every client gets in, and not with one thing wrong. */
import type { Check, ClientSpec, LoginSpec, Mode, SecretRecipe } from "../model.ts";

type Checks = Readonly<Record<string, Check>>;
type Secrets = Readonly<Record<string, SecretRecipe>>;

type Unchecked = Pick<Mode, "servers" | "clients" | "secrets">;

/** The checks, and the secrets of the mode with those that the checks need: wrong ones. */
export function defaultChecks(mode: Unchecked): { readonly checks: Checks; readonly secrets: Secrets } {
  const { secrets = {} } = mode;
  const wrong = {
    password: freeName("wrong-password", secrets),
    token: freeName("wrong-token", secrets),
  };
  const clients = Object.entries(mode.clients).filter(([, { server = "server" }]) => {
    return mode.servers[server]?.during === undefined;
  });
  const checks = Object.fromEntries([
    ...clients.flatMap(([name, client]) => Object.entries(checksOf(name, client, mode, wrong))),
    ["listeners", LISTENERS],
  ]) as Checks;
  const needed = JSON.stringify(checks);
  return {
    checks,
    secrets: {
      ...secrets,
      ...(needed.includes(`"$${wrong.password}.`)
        ? { [wrong.password]: { kind: "password", user: "nobody" } }
        : {}),
      ...(needed.includes(`"$${wrong.token}.`) ? { [wrong.token]: { kind: "token" } } : {}),
    },
  };
}

const LISTENERS: Check = {
  title: "listens for clients on loopback, and nowhere else",
  as: "app",
  step: { op: "listeners", exactly: ["client"] },
  expect: "ok",
};

interface WrongNames {
  readonly password: string;
  readonly token: string;
}

function checksOf(name: string, client: ClientSpec, mode: Unchecked, wrong: WrongNames): Checks {
  const { params = {} } = mode.servers[client.server ?? "server"] ?? {};
  const login = client.login == null ? undefined : wrongLogin(client.login, wrong);
  const refused = (id: string, title: string, but: ClientSpec, expect: Check["expect"]): Checks => ({
    [`${name}-${id}`]: { title: `${name} ${title}`, as: name, but, expect },
  });
  return {
    [`${name}-right`]: { title: `${name} gets in`, as: name, expect: "ok" },
    ...(login === undefined
      ? {}
      : {
          ...refused("wrong", `with a wrong ${"token" in login ? "token" : "password"}`, { login }, "login"),
          ...refused("nothing", "without a login", { login: null }, "login"),
        }),
    ...(params.certificate === undefined
      ? {}
      : refused("plaintext", "in plaintext", { tls: "never" }, "tls-required")),
    ...(params.ca === undefined || client.present == null
      ? {}
      : refused("no-certificate", "without a certificate", { present: null }, "client-cert-missing")),
  };
}

/** The same login but for the password or token; undefined where there is neither. */
function wrongLogin(login: LoginSpec, wrong: WrongNames): LoginSpec | undefined {
  if (login.token) return { ...login, token: `$${wrong.token}.token` };
  if (login.password) return { ...login, password: `$${wrong.password}.password` };
  return undefined;
}

function freeName(wish: string, taken: Secrets): string {
  return Object.hasOwn(taken, wish) ? freeName(`${wish}-too`, taken) : wish;
}
