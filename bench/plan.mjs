/** Plans the floor of `check core`: the same servers, as many dials of each kind, the same children. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = new URL("../dist/", import.meta.url);
const { MODES } = await import(new URL("modes/all.gen.js", dist));
const { startMode } = await import(new URL("running/running.js", dist));

/** Looks at the server, or starts none, instead of dialling it. */
const NO_DIAL = new Set(["listeners", "only-hashes", "refuses-to-start", "default-trust"]);
/** The fields of a step that name another client, who dials as well. */
const PARTIES = ["witness", "source", "responder", "asker"];

/** Writes the servers' files under `dir`, and the plan; returns the plan's path and figures. */
export async function planFloor(binary, version, dir) {
  const captured = [];
  const engine = {
    name: "process",
    title: "",
    version,
    place: async (id, listeners) => ({
      root: join(dir, id),
      host: "127.0.0.1",
      ports: Object.fromEntries(listeners.map((listener) => [listener, -1])),
    }),
    start: async (spec, at) => {
      mkdirSync(at.root, { recursive: true });
      for (const [name, { text }] of Object.entries(spec.files)) writeFileSync(join(at.root, name), text);
      captured.push({ name: spec.id, root: at.root, ready: !spec.id.endsWith("/mismatched") });
      return {
        id: spec.id,
        version,
        address: () => ({ host: "127.0.0.1", port: 1 }),
        ended: new Promise(() => {}),
        stop: async () => {},
      };
    },
  };
  const core = MODES.filter(({ groups }) => groups.includes("core"));
  const running = await Promise.all(core.map((mode) => startMode(mode, { engine })));
  await Promise.all(running.flatMap((one) => Object.keys(one.mode.servers).map((name) => one.server(name))));
  const dials = running.flatMap(dialsOf);
  const trust = running
    .filter(({ ca }) => ca !== undefined)
    .map((one) => ({
      server: `${one.mode.name}/server`,
      connection: one.connection("app", { trust: null }),
    }));
  const extraCa = join(dir, "extra.pem");
  writeFileSync(extraCa, running.map(({ ca }) => ca ?? "").join(""));
  const path = join(dir, "plan.json");
  const child = fileURLToPath(new URL("dial/trust-child.js", dist));
  writeFileSync(path, JSON.stringify({ binary, child, servers: captured, dials, trust, extraCa }));
  return {
    path,
    servers: captured.length,
    dials: dials.length,
    tls: dials.filter((one) => one.tls !== undefined).length,
  };
}

/** A dial for each check that dials, and one for each other client it needs; all of them get in. */
function dialsOf(running) {
  const { tls, login } = running.connection();
  const how = {
    server: `${running.mode.name}/server`,
    ...(tls === undefined ? {} : { tls: { ca: tls.ca, cert: tls.present?.chain, key: tls.present?.key } }),
    login: { user: login?.user, pass: login?.password, auth_token: login?.token },
  };
  const checks = [...Object.values(running.mode.checks), ...Object.values(running.mode.findings ?? {})];
  const dialling = checks.filter(({ step, driver }) => driver !== "natscli" && !NO_DIAL.has(step?.op));
  return dialling.flatMap(({ step }) => [
    how,
    ...PARTIES.filter((party) => step?.[party] !== undefined).map(() => how),
  ]);
}
