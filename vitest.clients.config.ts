/** The tests that need other languages' toolchains, package registries or a browser: `npm run test:clients`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.clients.test.ts"],
    // Compilers and package managers take their time, and all of the machine.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
