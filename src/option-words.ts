/** The words that options take, on the command line, in nats-sandbox.yaml and in a program alike. */
import type { EngineName, KeyType } from "./model.ts";

/** `auto` is the first that can be had. */
export const ENGINES = ["auto", "process", "docker", "kubernetes"] as const satisfies readonly (
  | "auto"
  | EngineName
)[];

/** When an image is pulled. */
export const PULL_POLICIES = ["missing", "always", "never"] as const;

/** The first is the default. */
export const KEY_TYPES = ["p256", "p384", "rsa2048", "ed25519"] as const satisfies readonly KeyType[];
