// Runs test files in the sandbox that is the working directory, for ../mutate: one Vitest for all mutants, because its
// start takes longer than most mutants live. Messages: { files, changed } in, an Outcome (sandbox.ts) out.
import { join, relative, sep } from "node:path";
import { createVitest } from "vitest/node";

const root = process.cwd();
const nameOf = (path) => relative(root, path).split(sep).join("/");

const usedSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** The test files of this run: what Vitest returns has those of earlier ones too. */
let ended = [];
/** CPU seconds of each: on the wall a busy machine takes longer each time. */
let seconds = {};
let since = 0;
const meter = {
  onTestModuleStart() {
    since = usedSeconds();
  },
  onTestModuleEnd(module) {
    ended.push(module);
    seconds[nameOf(module.moduleId)] = usedSeconds() - since;
  },
};

/** Test files run as they are given: what is likely to fail first. */
class AsGiven {
  shard(files) {
    return files;
  }
  sort(files) {
    return files;
  }
}

const vitest = await createVitest("test", {
  config: false,
  root,
  watch: false,
  include: ["**/*.test.ts"],
  pool: "threads",
  maxWorkers: 1,
  isolate: false,
  bail: 1,
  // A test that waits for ever; one that computes for ever is ended from outside.
  testTimeout: Number(process.env.TEST_TIMEOUT),
  hookTimeout: Number(process.env.TEST_TIMEOUT),
  sequence: { sequencer: AsGiven },
  reporters: [meter],
});
await vitest.standalone();

async function run({ files, changed }) {
  for (const file of changed) vitest.invalidateFile(join(root, file));
  const project = vitest.getRootProject();
  const specifications = files.map((file) => project.createSpecification(join(root, file)));
  [ended, seconds] = [[], {}];
  const { unhandledErrors } = await vitest.runTestSpecifications(specifications, false);
  const failure =
    failureOf(ended) ?? (unhandledErrors.length > 0 && { test: "(outside any test)", why: errorOf(unhandledErrors) });
  return failure ? { kind: "failed", ...failure, seconds } : { kind: "passed", seconds };
}

function failureOf(modules) {
  for (const module of modules) {
    const name = nameOf(module.moduleId);
    for (const test of module.children.allTests("failed")) {
      return { test: `${name}: ${test.fullName}`, why: errorOf(test.result().errors) };
    }
    if (module.state() === "failed") return { test: `${name}: (outside any test)`, why: errorOf(module.errors()) };
  }
  return undefined;
}

const errorOf = (errors) => String(errors[0]?.message ?? errors[0] ?? "").split("\n")[0];

process.on("message", async (job) => {
  try {
    process.send(await run(job));
  } catch (error) {
    process.send({ kind: "failed", test: "(the runner)", why: error.message, seconds: {} });
  }
});
// Whoever started it is gone.
process.on("disconnect", () => process.exit());
process.send("ready");
