import { defineConfig } from "vitest/config";

export default defineConfig({
  // For tests that share a server: see nats.setup.ts.
  test: { globalSetup: ["./nats.setup.ts"] },
});
