/** The mutation run; started by ../mutate.mjs, which has the options. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applied, generator, type Mutant, shuffledMutants } from "./mutants.ts";
import { type Judged, line, markdown } from "./report.ts";
import { Results, type Verdict } from "./results.ts";
import { Sandbox } from "./sandbox.ts";
import { stagesFor } from "./stages.ts";

export interface MutateOptions {
  root: string;
  count: number;
  seed: number;
  /** Mutants at a time. */
  jobs: number;
  /** Only files whose path contains this. Such a run writes nothing. */
  only?: string;
  /** Goes on where an earlier run of the same kernels ended, and tries its survivors again. */
  resume: boolean;
}

/** Tests of a mutant get this many times the CPU time that the kernels need, and some seconds: else they have no end. */
const PATIENCE = 3;
const GRACE = 10;
/** Seconds for tests of the kernels as they are. */
const FIRST_TIME = 600;

export async function mutate({ root, count, seed, jobs, only, resume }: MutateOptions): Promise<void> {
  const sandboxes = Array.from({ length: jobs }, () => new Sandbox(root));
  let cancelled = false;
  const cancel = () => {
    cancelled = true;
    for (const sandbox of sandboxes) sandbox.remove();
  };
  process.once("SIGINT", cancel);
  process.once("SIGTERM", cancel);
  const start = Date.now();
  try {
    const first = sandboxes[0] as Sandbox;
    const sources = first.sources();
    const chosen = new Map([...sources].filter(([file]) => !only || file.includes(only)));
    const times = new Map<string, number>();
    const mutants = shuffledMutants(chosen, generator(seed));
    const results = new Results(join(root, "test-results", "mutation.json"), resume);
    const judged: Judged[] = [];
    const discarded = { same: 0, broken: 0 };
    const work = async (sandbox: Sandbox) => {
      const original = await sandbox.compile();
      if (!original) throw new Error("the kernels don't compile");
      while (judged.length < count && !cancelled) {
        const next = mutants.next();
        if (next.done) return;
        const mutant = next.value;
        const source = sources.get(mutant.file) as string;
        const verdict = results.killed(mutant) ?? (await judge(sandbox, mutant, source, original, times));
        if (cancelled || judged.length >= count) return;
        if (verdict === "same" || verdict === "broken") {
          discarded[verdict]++;
          continue;
        }
        results.add(mutant, verdict);
        judged.push({ ...verdict, mutant, text: source.split("\n")[mutant.line - 1]?.trim() ?? "" });
        console.log(`[${judged.length}/${count}] ${line(judged.at(-1) as Judged)}`);
      }
    };
    try {
      await Promise.all(sandboxes.map(work));
    } catch (error) {
      // What fails because its folder was removed is no failure.
      if (!cancelled) throw error;
    }
    const killed = judged.filter(({ killedBy }) => killedBy !== undefined).length;
    console.log(
      `\n${killed} of ${judged.length} killed (${((100 * killed) / judged.length).toFixed(1)} %) in ${((Date.now() - start) / 60_000).toFixed(0)} minutes; ` +
        `not counted: ${discarded.same} that are the same code, ${discarded.broken} that don't compile`,
    );
    if (only || judged.length === 0) return;
    const page = join(root, "docs", "mutation.md");
    const reasons = join(root, "scripts", "mutate", "survivors.json");
    const known = existsSync(reasons) ? JSON.parse(readFileSync(reasons, "utf8")) : {};
    writeFileSync(page, markdown(judged, discarded, seed, known));
    console.log(`wrote ${page}`);
  } finally {
    process.off("SIGINT", cancel);
    process.off("SIGTERM", cancel);
    for (const sandbox of sandboxes) sandbox.remove();
  }
}

async function judge(
  sandbox: Sandbox,
  mutant: Mutant,
  source: string,
  original: Uint8Array,
  times: Map<string, number>,
): Promise<Verdict | "same" | "broken"> {
  const { file } = mutant;
  sandbox.write(file, applied(source, mutant));
  const wasm = await sandbox.compile();
  sandbox.write(file, source);
  if (!wasm) return "broken";
  if (Buffer.compare(wasm, original) === 0) return "same";
  let used = 0;
  for (const stage of stagesFor(file)) {
    const usual = times.get(stage.join()) ?? (await timeOf(sandbox, stage, original, times));
    sandbox.use(wasm);
    const { kind, test, seconds } = await sandbox.test(stage, PATIENCE * usual + GRACE);
    used += seconds;
    if (kind === "timeout") return { killedBy: "no end", seconds: used };
    if (kind === "failed") return { killedBy: test, seconds: used };
  }
  return { seconds: used };
}

/** CPU seconds of a stage with the kernels as they are, with which all tests must pass. */
async function timeOf(
  sandbox: Sandbox,
  stage: readonly string[],
  original: Uint8Array,
  times: Map<string, number>,
): Promise<number> {
  sandbox.use(original);
  const { kind, test, seconds } = await sandbox.test(stage, FIRST_TIME);
  if (kind !== "passed") throw new Error(`the kernels fail without a mutation: ${kind} ${test}`);
  times.set(stage.join(), seconds);
  return seconds;
}
