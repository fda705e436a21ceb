/** The mutation run; started by ../mutate.mjs, which has the options. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Area, isRelaxedTest, type Product } from "./areas/area.ts";
import { AREAS } from "./areas/index.ts";
import { PRODUCTS } from "./areas/products.ts";
import { applied, generator, lineOf, type Mutant, shuffledMutants } from "./mutants.ts";
import { readReasons } from "./reasons.ts";
import { type Judged, line, section, withSection } from "./report.ts";
import { Results, type Verdict } from "./results.ts";
import { Sandbox } from "./sandbox.ts";

export interface MutateOptions {
  root: string;
  area: keyof typeof AREAS;
  count: number;
  seed: number;
  /** Mutants at a time. */
  jobs: number;
  /** Only files whose path contains this. Such a run writes nothing. */
  only?: string;
  /** Goes on where an earlier run of the same sources ended, and tries its survivors again. */
  resume: boolean;
}

/** Tests of a mutant get this many times what they take without one, and some seconds: else they have no end. */
const PATIENCE = 3;
const GRACE = 10;
/** CPU seconds for tests without a mutant. */
const FIRST_TIME = 600;

export async function mutate({ root, area: name, count, seed, jobs, only, resume }: MutateOptions): Promise<void> {
  const area: Area = AREAS[name];
  const sandboxes = Array.from({ length: jobs }, () => new Sandbox(root, area.copies, area.testTimeout));
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
    const sources = new Map(first.files(area.folders, area.isChanged).map((file) => [file, first.read(file)]));
    const chosen = new Map([...sources].filter(([file]) => !only || file.includes(only)));
    const times = new Map<string, number>();
    const mutants = shuffledMutants(chosen, area.placesOf, area.weightOf, generator(seed));
    const results = new Results(join(root, "test-results", `mutation-${area.name}.json`), resume);
    const judged: Judged[] = [];
    const discarded = { same: 0, broken: 0 };
    const work = async (sandbox: Sandbox) => {
      const bench = new Bench(area, PRODUCTS[name](sandbox), sandbox, times);
      await bench.start();
      while (judged.length < count && !cancelled) {
        const next = mutants.next();
        if (next.done) return;
        const mutant = next.value;
        const source = sources.get(mutant.file) as string;
        const verdict = results.settled(mutant) ?? (await bench.judge(mutant, source));
        if (cancelled || judged.length >= count) return;
        results.add(mutant, verdict);
        if (verdict === "same" || verdict === "broken") {
          discarded[verdict]++;
          continue;
        }
        judged.push({ ...verdict, mutant, text: lineOf(source, mutant) });
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
    if (only || cancelled || judged.length === 0) return;
    const page = join(root, "docs", "mutation.md");
    const reasons = readReasons(root);
    const date = new Date().toISOString().slice(0, 10);
    const text = section(area, judged, discarded, { seed, date }, reasons);
    writeFileSync(page, withSection(existsSync(page) ? readFileSync(page, "utf8") : "", area.title, text));
    console.log(`wrote ${page}`);
  } finally {
    process.off("SIGINT", cancel);
    process.off("SIGTERM", cancel);
    for (const sandbox of sandboxes) sandbox.remove();
  }
}

/** Where mutants are made one after the other, and put to the test. */
class Bench {
  readonly #area: Area;
  readonly #sandbox: Sandbox;
  readonly #product: Product;
  /** Seconds of test files without a mutant; all benches learn them together. */
  readonly #times: Map<string, number>;

  constructor(area: Area, product: Product, sandbox: Sandbox, times: Map<string, number>) {
    this.#area = area;
    this.#sandbox = sandbox;
    this.#product = product;
    this.#times = times;
  }

  async start(): Promise<void> {
    await this.#product.start();
  }

  async judge(mutant: Mutant, source: string): Promise<Verdict | "same" | "broken"> {
    const { file } = mutant;
    const stages = this.#area.stagesFor(file, this.#sandbox);
    // What is measured is the plain build.
    await this.#measure(stages.flat().filter((test) => !this.#times.has(test) && !isRelaxedTest(test)));
    this.#sandbox.write(file, applied(source, mutant));
    try {
      const made = await this.#product.make(file);
      if (made !== "changed") return made;
      let seconds = 0;
      do {
        for (const stage of stages) {
          // The last stage takes longer than a closer look, and passes whatever is the same.
          if (stage === stages.at(-1) && (await this.#product.isSame())) return "same";
          const tests = stage.filter((test) => this.#product.isRelaxed || !isRelaxedTest(test));
          if (tests.length === 0) continue;
          const start = this.#sandbox.usedSeconds;
          const { kind, test } = await this.#run(tests);
          seconds += Math.max(0, this.#sandbox.usedSeconds - start);
          if (kind === "timeout") return { killedBy: "no end", seconds };
          if (kind === "failed") return { killedBy: test ?? "(not told)", seconds };
        }
      } while (await this.#product.another?.());
      return { seconds };
    } finally {
      this.#sandbox.write(file, source);
      this.#product.restore(file);
    }
  }

  /** What takes least comes first. */
  #run(stage: readonly string[]) {
    const time = (test: string) => this.#times.get(test) ?? 0;
    const usual = stage.reduce((sum, test) => sum + time(test), 0);
    return this.#sandbox.test(
      [...stage].sort((a, b) => time(a) - time(b)),
      PATIENCE * usual + GRACE,
    );
  }

  /** All tests must pass as long as nothing is changed. */
  async #measure(tests: readonly string[]): Promise<void> {
    if (tests.length === 0) return;
    const { kind, test, why, seconds } = await this.#sandbox.test(tests, FIRST_TIME);
    if (kind !== "passed") throw new Error(`without a mutation the tests fail: ${test ?? "no end"} (${why})`);
    for (const file of tests) this.#times.set(file, seconds[file] ?? 0);
  }
}
