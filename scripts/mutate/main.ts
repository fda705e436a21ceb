/** The mutation run; started by ../mutate.mjs, which has the options. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applied, generator, type Mutant, shuffledMutants } from "./mutants.ts";
import { type Judged, line, markdown } from "./report.ts";
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
}

/** Tests of a mutant get this many times what the kernels need, and some seconds: else a loop has no end. */
const PATIENCE = 4;
const GRACE = 20_000;

export async function mutate({ root, count, seed, jobs, only }: MutateOptions): Promise<void> {
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
    const times = await baseline(sandboxes, [...chosen.keys()]);
    const mutants = shuffledMutants(chosen, generator(seed));
    const judged: Judged[] = [];
    const discarded = { same: 0, broken: 0 };
    const work = async (sandbox: Sandbox) => {
      const original = await sandbox.compile();
      while (judged.length < count && !cancelled) {
        const next = mutants.next();
        if (next.done) return;
        const mutant = next.value;
        const source = sources.get(mutant.file) as string;
        sandbox.write(mutant.file, applied(source, mutant));
        const verdict = await judge(sandbox, mutant, original as Uint8Array, times);
        if (cancelled) return;
        sandbox.write(mutant.file, source);
        if (verdict === "same" || verdict === "broken") {
          discarded[verdict]++;
          continue;
        }
        if (judged.length >= count) return;
        judged.push({ ...verdict, mutant, text: source.split("\n")[mutant.line - 1]?.trim() ?? "" });
        console.log(`[${judged.length}/${count}] ${line(judged.at(-1) as Judged)}`);
      }
    };
    await Promise.all(sandboxes.map(work));
    const killed = judged.filter(({ killedBy }) => killedBy !== undefined).length;
    console.log(
      `\n${killed} of ${judged.length} killed (${((100 * killed) / judged.length).toFixed(1)} %) in ${((Date.now() - start) / 60_000).toFixed(0)} minutes; ` +
        `not counted: ${discarded.same} that are the same code, ${discarded.broken} that don't compile`,
    );
    if (cancelled || only) return;
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

type Verdict = Pick<Judged, "killedBy" | "seconds">;

async function judge(
  sandbox: Sandbox,
  { file }: Mutant,
  original: Uint8Array,
  times: ReadonlyMap<string, number>,
): Promise<Verdict | "same" | "broken"> {
  const wasm = await sandbox.compile();
  if (!wasm) return "broken";
  if (Buffer.compare(wasm, original) === 0) return "same";
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  for (const stage of stagesFor(file)) {
    const usual = times.get(stage.join()) ?? 0;
    const { kind, test } = await sandbox.test(stage, PATIENCE * usual + GRACE);
    if (kind === "timeout") return { killedBy: "no end", seconds: seconds() };
    if (kind === "failed") return { killedBy: test, seconds: seconds() };
  }
  return { seconds: seconds() };
}

/** How long the stages take with the kernels as they are, all of whose tests must pass. */
async function baseline(sandboxes: readonly Sandbox[], files: readonly string[]): Promise<Map<string, number>> {
  const stages = new Map(files.flatMap((file) => stagesFor(file).map((stage) => [stage.join(), stage] as const)));
  const rest = [...stages];
  const times = new Map<string, number>();
  await Promise.all(
    sandboxes.map(async (sandbox) => {
      if (!(await sandbox.compile())) throw new Error("the kernels don't compile");
      for (let next = rest.pop(); next; next = rest.pop()) {
        const [name, stage] = next;
        const start = Date.now();
        const { kind, test } = await sandbox.test(stage, 600_000);
        if (kind !== "passed") throw new Error(`the kernels fail without a mutation: ${kind} ${test}`);
        times.set(name, Date.now() - start);
        console.log(
          `unchanged: ${stage.length} test files pass in ${((Date.now() - start) / 1000).toFixed(0)} s (${stage.slice(0, 3).join(", ")} ...)`,
        );
      }
    }),
  );
  return times;
}
