import { configDefaults, defineConfig } from "vitest/config";

/** Unit tests lie beside the code as *.test.ts; those that boot a guest, drive other programs or take long are *.integration.test.ts. */
const INTEGRATION = "**/*.integration.test.ts";
/** Unit tests too, but with kernels of their own to compile and numbers to crunch: more than the unit tests' minute has room for. */
const CRYPTO = "asm/crypto/**/*.test.ts";
/** Of what only the build with relaxed SIMD has. */
const RELAXED_ONLY = "**/*.relaxed.test.ts";
/** Unit tests too, but with devices, what boots on them, files, servers, benchmarks, the build or thousands of commands: more than the unit tests' minute has room for. */
const MACHINES = [
  "asm/testkit/**/!(builds).test.ts",
  "asm/tpm/power/commits.test.ts",
  "src/engine/{formats,restore}.test.ts",
  "src/machine/formats.test.ts",
  "src/client/{everyCommand,sessions}.test.ts",
  "src/trace/**/{encode,export,secrets}.test.ts",
  "src/{attest,crb,firmware,guest,lessons,libtpms,node,provision,store,tis,v86}/**/*.test.ts",
  "{bench,scripts}/**/*.test.ts",
  "web/remote/verifier.test.ts",
  "web/pc/migration/formats.test.ts",
];
/** Integration tests that do little but wait for a guest to compute: `npm test` runs them beside the others. */
const WALKS = "{scripts/lessons,web/demos}/**/*.integration.test.ts";
/** Milliseconds. Timings are no tests' business: what never ends is ended by who runs it, however busy the machine is. */
const NO_LIMIT = 3_600_000;
/** Other programs may hang, and then it is good to know which. Some tests have a limit of their own. */
const LONG = 600_000;
/** As in playwright.config.ts, and for the same: guests and other programs beside one another. What needed it is named at the end. */
const RETRIES = process.env["CI"] === undefined ? 0 : 1;
/** The two builds of the core beside each other. */
const BUILDS = "asm/testkit/builds.test.ts";
/** What Node 20 needs to take relaxed SIMD; newer ones have it. */
const RELAXED_SIMD = process.versions.node.startsWith("20.") ? ["--experimental-wasm-relaxed-simd"] : [];
const NEVER = ["**/node_modules/**", "**/dist/**", "e2e/**"];

export default defineConfig({
  test: {
    // Says when what the tests load is older than its sources.
    globalSetup: "scripts/staleness.mjs",
    // In watch mode: what loads it does so as a file, not as a module.
    forceRerunTriggers: [...configDefaults.forceRerunTriggers, "**/src/engine/tabtpm*.wasm"],
    // Of two cores Vitest would leave one idle.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          include: ["{asm,src,web,guest}/**/*.test.{ts,tsx}"],
          exclude: [...NEVER, INTEGRATION, CRYPTO, BUILDS, ...MACHINES],
          // Modules are loaded once in each thread: no test leaves anything in them.
          pool: "threads",
          isolate: false,
          testTimeout: NO_LIMIT,
          hookTimeout: NO_LIMIT,
        },
      },
      {
        test: {
          name: "machines",
          include: MACHINES,
          exclude: [...NEVER, INTEGRATION],
          pool: "threads",
          isolate: false,
          testTimeout: NO_LIMIT,
          hookTimeout: NO_LIMIT,
        },
      },
      {
        test: {
          name: "crypto",
          include: [CRYPTO],
          exclude: [...NEVER, INTEGRATION, RELAXED_ONLY],
          env: { TABTPM_RELAXED_SIMD: "0" },
          testTimeout: NO_LIMIT,
          hookTimeout: NO_LIMIT,
        },
      },
      {
        test: {
          // The same of the build with relaxed SIMD.
          name: "crypto-relaxed",
          include: [CRYPTO, BUILDS],
          exclude: [...NEVER, INTEGRATION],
          env: { TABTPM_RELAXED_SIMD: "1" },
          execArgv: RELAXED_SIMD,
          testTimeout: NO_LIMIT,
          hookTimeout: NO_LIMIT,
        },
      },
      {
        test: {
          name: "integration",
          include: [INTEGRATION],
          exclude: [...NEVER, WALKS],
          testTimeout: LONG,
          hookTimeout: LONG,
          retry: RETRIES,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "walks",
          include: [WALKS],
          exclude: NEVER,
          testTimeout: LONG,
          hookTimeout: LONG,
          retry: RETRIES,
          fileParallelism: false,
        },
      },
    ],
  },
});
