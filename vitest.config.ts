import { defineConfig } from "vitest/config";

/** Unit tests lie beside the code as *.test.ts; those that boot a guest, drive other programs or take long are *.integration.test.ts. */
const INTEGRATION = "**/*.integration.test.ts";
/** Unit tests too, but with kernels of their own to compile and numbers to crunch: more than the unit tests' minute has room for. */
const CRYPTO = "asm/crypto/**/*.test.ts";
const NEVER = ["**/node_modules/**", "**/dist/**", "e2e/**"];

export default defineConfig({
  test: {
    // Of two cores Vitest would leave one idle.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          include: ["{asm,src,web,guest,bench,scripts}/**/*.test.{ts,tsx}"],
          exclude: [...NEVER, INTEGRATION, CRYPTO],
          // Modules are loaded once in each thread: no test leaves anything in them.
          pool: "threads",
          isolate: false,
          // No limit for a busy machine, but one for a test that hangs.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "crypto",
          include: [CRYPTO],
          exclude: [...NEVER, INTEGRATION],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "integration",
          include: [INTEGRATION],
          exclude: NEVER,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
