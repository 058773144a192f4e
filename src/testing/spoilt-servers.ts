/** Servers spoilt in one respect: their config, their TLS, what stands in front of them, or that they are dead. */
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { ServerSpec } from "../engines/engine.ts";
import type { KeyPair } from "../model.ts";
import { createPki } from "../pki/pki.ts";
import { readInfo } from "../wire/session.ts";
import { readConfig, withoutLine, withValue } from "./config-lines.ts";
import { openRelay, type RelayOptions } from "./relay.ts";
import { but, type Sabotage } from "./sabotage.ts";

/** The servers are up, and dead before the first client dials. */
export function killed(): Sabotage {
  const roots = new Map<string, string>();
  return {
    spec: (spec, { root }) => {
      roots.set(spec.id, root);
      return spec;
    },
    server: async (server) => {
      const { pid } = JSON.parse(await readFile(`${roots.get(server.id)}/server.pid`, "utf8"));
      const { host, port } = server.address("client");
      process.kill(pid, "SIGKILL");
      while (await answers(host, port)) await setTimeout(5);
      return server;
    },
  };
}

async function answers(host: string, port: number): Promise<boolean> {
  return readInfo(host, port, performance.now() + 1_000).then(
    () => true,
    () => false,
  );
}

/** Changes the config of every server of the mode. */
export function onConfig(change: (config: string) => string): Sabotage {
  return { spec: (spec) => withConfig(spec, change) };
}

function withConfig(spec: ServerSpec, change: (config: string) => string): ServerSpec {
  const file = spec.files["server.conf"];
  if (file === undefined) return spec;
  return { ...spec, files: { ...spec.files, "server.conf": { ...file, text: change(file.text) } } };
}

/** Without the lines of this key, and the blocks that they open. */
export function withoutBlocks(config: string, key: string): string {
  const line = readConfig(config).find((one) => one.key === key);
  return line === undefined ? config : withoutBlocks(withoutLine(config, line), key);
}

/** With this value in every line of these keys, and in the place of the blocks that they open. */
export function withValues(config: string, keys: readonly string[], value: string): string {
  const lines = readConfig(config).filter(({ key }) => keys.includes(key));
  // From the end, so that those before keep their places when a block becomes one line.
  return lines.reduceRight((text, line) => withValue(text, line, value), config);
}

/** A server with TLS that takes plaintext as well. */
export function besidePlaintext(): Sabotage {
  return onConfig((config) => `allow_non_tls: true\n${config}`);
}

/** A server without TLS that offers it, with a certificate that nobody trusts. */
export async function besideTls(): Promise<Sabotage> {
  const { chain, key } = await (await createPki()).issue("sabotage", { profile: "server" });
  return {
    spec: (spec, { root }) => {
      const files = { cert_file: `${root}/sabotage.pem`, key_file: `${root}/sabotage-key.pem` };
      const block = `tls { cert_file: "${files.cert_file}", key_file: "${files.key_file}" }`;
      const { files: others, ...changed } = withConfig(
        spec,
        (config) => `allow_non_tls: true\n${block}\n${config}`,
      );
      const pem = {
        "sabotage.pem": { text: chain, secret: false },
        "sabotage-key.pem": { text: key, secret: true },
      };
      return { ...changed, files: { ...others, ...pem } };
    },
  };
}

/**
 * Puts a relay in front of each server. One that speaks TLS itself does so with the server's own pair, and the server
 * behind it speaks plaintext.
 */
export function behindRelay(options: (pair: KeyPair) => RelayOptions): Sabotage {
  const pairs = new Map<string, KeyPair>();
  const relayOptions = (id: string) => options(pairs.get(id) ?? { chain: "", key: "" });
  return {
    spec: (spec) => {
      const { "server.pem": chain, "server-key.pem": key } = spec.files;
      pairs.set(spec.id, { chain: chain?.text ?? "", key: key?.text ?? "" });
      if (relayOptions(spec.id).tls === undefined) return spec;
      return withConfig(spec, (config) => withoutBlocks(config, "tls"));
    },
    server: async (server) => {
      const relay = await openRelay(server.address("client"), relayOptions(server.id));
      return but(server, {
        address: (listener) => (listener === "client" ? relay : server.address(listener)),
        async stop() {
          await relay[Symbol.asyncDispose]();
          await server.stop();
        },
      });
    },
  };
}
