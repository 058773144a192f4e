/** The types that users get: what compiles, and what must not. `tsc` judges it; here nothing runs but the counting. */
import type { ConnectionOptions } from "@nats-io/transport-node";
import { expect, expectTypeOf, it } from "vitest";
import {
  type Connection,
  type ModeName,
  SandboxError,
  type SandboxMode,
  type StartedMode,
  startMode,
  startSandbox,
} from "./index.ts";
import { natsTest, sharedNats } from "./vitest/fixture.ts";
import { natsSetup } from "./vitest/global-setup.ts";

it("mode names are typed, and a handle fits where it is used", () => {
  const never = () => {
    // @ts-expect-error: no such mode
    startMode("tsl");
    // @ts-expect-error: a group is not one mode
    startMode("core");
    startSandbox(["core", "tls", "all"]);
    // @ts-expect-error: no such mode or group
    startSandbox(["nothing"]);
    // @ts-expect-error: no such engine
    startMode("tls", { engine: "podman" });
    // @ts-expect-error: not an option
    startMode("tls", { jetsteam: true });
    startMode("tls", {
      jetstream: { memory: 1, disk: 1 },
      stopOn: ["SIGINT"],
      signal: AbortSignal.timeout(1),
    });
    natsTest("tls", { scope: "worker" })("gets nats", ({ nats }) =>
      expectTypeOf(nats).toEqualTypeOf<SandboxMode>(),
    );
    // @ts-expect-error: the fixture decides when it stops
    natsTest("tls", { signal: AbortSignal.timeout(1) });
    natsSetup(["tls"], { jetstream: true });
  };
  expect(never).toBeTypeOf("function");
  expectTypeOf<ReturnType<SandboxMode["connectionOptions"]>>().toExtend<ConnectionOptions>();
  expectTypeOf<ReturnType<SandboxMode["connection"]>>().toEqualTypeOf<Connection>();
  expectTypeOf<StartedMode>().toExtend<AsyncDisposable & SandboxMode>();
  expectTypeOf<"tls-verify">().toExtend<ModeName>();
  expectTypeOf(sharedNats).returns.toHaveProperty("connectionOptions");
  expectTypeOf(new SandboxError("usage", "x").code).toExtend<string>();
});
