import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "src/**/*.clients.test.ts"],
    globalSetup: ["src/testing/docker-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
