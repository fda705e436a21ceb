/**
 * A copy of sources and their tests in a temporary folder, where mutants are made and tested: the working tree never
 * changes, so a run may be cancelled at any moment.
 */
import { type ChildProcess, fork } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { endProcesses, usedSeconds } from "./processes.ts";

export interface Outcome {
  /** "passed", or what went wrong. */
  kind: "passed" | "failed" | "timeout";
  /** The first test that failed. */
  test?: string;
  /** Its message. */
  why?: string;
  /** CPU seconds that each test file took. */
  seconds: Record<string, number>;
}

/** Milliseconds between two looks at the clock of a test. */
const INTERVAL = 100;
/** Seconds without CPU time after which nothing comes any more. */
const STANDSTILL = 300;

export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "tabtpm-mutate-"));
  readonly #root: string;
  readonly #testTimeout: number;
  readonly #changed = new Set<string>();
  #runner: ChildProcess | undefined;
  #removed = false;

  /**
   * @param copies files and folders, by path from `root`
   * @param testTimeout milliseconds on the wall for one test
   */
  constructor(root: string, copies: readonly string[], testTimeout: number) {
    this.#root = root;
    this.#testTimeout = testTimeout;
    for (const path of copies) cpSync(join(root, path), join(this.folder, path), { recursive: true });
    // Links, so that caches of the sandbox stay in the sandbox.
    const modules = join(this.folder, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    mkdirSync(join(this.folder, "tmp"));
  }

  /** Paths below some folders that `accept` takes, in order, from the sandbox's folder. */
  files(folders: readonly string[], accept: (path: string) => boolean): string[] {
    const below = (folder: string) =>
      readdirSync(join(this.folder, folder), { recursive: true, encoding: "utf8" }).map(
        (name) => `${folder}/${name.replaceAll("\\", "/")}`,
      );
    return folders.flatMap(below).filter(accept).sort();
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  write(file: string, contents: string | Uint8Array): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), contents);
    this.#changed.add(file);
  }

  /**
   * Runs test files in their order until the first failure. Ended when they have used `limit` seconds of CPU time: a
   * machine that is busy with other things must not look like a loop without end.
   */
  async test(files: readonly string[], limit: number): Promise<Outcome> {
    const runner = this.#runner ?? (await this.#start());
    const changed = [...this.#changed];
    this.#changed.clear();
    const before = usedSeconds(runner);
    return new Promise((resolve) => {
      let last = before;
      let still = 0;
      const settle = (outcome: Outcome) => {
        clearInterval(timer);
        runner.off("message", settle);
        runner.off("exit", onExit);
        resolve(outcome);
      };
      const onExit = () => settle({ kind: "failed", test: "(the runner ended)", seconds: {} });
      const timer = setInterval(() => {
        const used = usedSeconds(runner);
        still = used > last ? 0 : still + INTERVAL / 1000;
        last = used;
        if (used - before < limit && still < STANDSTILL) return;
        this.#end();
        settle({ kind: "timeout", seconds: {} });
      }, INTERVAL);
      runner.on("message", settle);
      runner.on("exit", onExit);
      runner.send({ files, changed });
    });
  }

  /** CPU seconds of the runner that is there now. */
  get usedSeconds(): number {
    return this.#runner ? usedSeconds(this.#runner) : 0;
  }

  async #start(): Promise<ChildProcess> {
    if (this.#removed) throw new Error("the sandbox is gone");
    const temporary = join(this.folder, "tmp");
    const runner = fork(join(this.#root, "scripts", "mutate", "runner.mjs"), {
      cwd: this.folder,
      // Node 20 takes the build of the kernels with relaxed SIMD only with it; newer ones have no such flag.
      execArgv: process.versions.node.startsWith("20.") ? ["--experimental-wasm-relaxed-simd"] : [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // What the tests leave is removed with the sandbox, and what they start ends with the runner.
      detached: true,
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary, TEST_TIMEOUT: `${this.#testTimeout}` },
    });
    this.#runner = runner;
    runner.once("exit", () => {
      if (this.#runner === runner) this.#runner = undefined;
    });
    await new Promise<void>((resolve, reject) => {
      runner.once("message", () => resolve());
      runner.once("exit", (code) => reject(new Error(`the tests' runner ended with ${code}; its messages are above`)));
    });
    return runner;
  }

  #end(): void {
    if (this.#runner) endProcesses(this.#runner);
    this.#runner = undefined;
  }

  /** Ends what runs, and removes the folder. */
  remove(): void {
    this.#removed = true;
    this.#end();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
