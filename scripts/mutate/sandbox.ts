/**
 * A copy of the kernels and their tests in a temporary folder, where mutants are compiled and tested: the working tree
 * never changes, so a run may be cancelled at any moment.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const ENTRY = "asm/testkit/crypto/entry.ts";

/** Those of asconfig.json but for the optimiser, which would take ten times as long. */
const OPTIONS = [
  ...["--optimizeLevel", "1", "--shrinkLevel", "0", "--noAssert", "--runtime", "stub", "--use", "abort="],
  ...["--enable", "simd", "--initialMemory", "24", "--maximumMemory", "24"],
];

/** Stands for testing/compile.ts: the kernels that the sandbox has compiled. */
const COMPILED = `import { readFileSync } from "node:fs";
export const PUBLIC_BUILD = "";
export const compileKernels = async () =>
  new Uint8Array(readFileSync(new URL("../../../kernels.wasm", import.meta.url)));
`;

/** Without an end in time: {@link Sandbox.test} counts what is used. */
const VITEST_CONFIG = `export default {
  test: { include: ["asm/crypto/**/*.test.ts"], testTimeout: 1_200_000, hookTimeout: 1_200_000 },
};
`;

export interface Outcome {
  /** "passed", or what went wrong. */
  kind: "passed" | "failed" | "timeout";
  /** The first test that failed, where the report says. */
  test: string;
  /** Of CPU time. */
  seconds: number;
}

/** Milliseconds between two looks at the clock of a test. */
const INTERVAL = 200;

/** CPU time that a process has used so far; on Linux only. Elsewhere time on the wall must do. */
function cpuSeconds(pid: number): number | undefined {
  try {
    // After the name, which is in parentheses: utime and stime are fields 14 and 15, in hundredths.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "tabtpm-mutate-"));
  #child: ChildProcess | undefined;

  constructor(root: string) {
    cpSync(join(root, "asm", "crypto"), join(this.folder, "asm", "crypto"), { recursive: true });
    for (const name of ["package.json", "asconfig.json"]) cpSync(join(root, name), join(this.folder, name));
    // Links, so that caches of the sandbox stay in the sandbox.
    const modules = join(this.folder, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    writeFileSync(join(this.folder, "asm/testkit/crypto/compile.ts"), COMPILED);
    writeFileSync(join(this.folder, "vitest.config.mjs"), VITEST_CONFIG);
  }

  /** The kernels, by path from the project's folder. */
  sources(): Map<string, string> {
    const isKernel = (name: string) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("testing");
    const names = readdirSync(join(this.folder, "asm", "crypto"), { recursive: true, encoding: "utf8" });
    const files = names.filter(isKernel).map((name) => `asm/crypto/${name.replaceAll("\\\\", "/")}`);
    return new Map(files.sort().map((file) => [file, readFileSync(join(this.folder, file), "utf8")]));
  }

  write(file: string, source: string): void {
    writeFileSync(join(this.folder, file), source);
  }

  /** Compiles what is there. @returns the module, or undefined when it does not compile. */
  async compile(): Promise<Uint8Array | undefined> {
    let wasm: Uint8Array | undefined;
    const options = ["--baseDir", this.folder, "--outFile", "kernels.wasm", "--config", "none", ...OPTIONS];
    const { error } = await asc.main([ENTRY, ...options], {
      writeFile: (_name, contents) => {
        wasm = contents as Uint8Array;
      },
    });
    return error ? undefined : wasm;
  }

  /** The kernels of the next tests. */
  use(wasm: Uint8Array): void {
    writeFileSync(join(this.folder, "kernels.wasm"), wasm);
  }

  /**
   * Runs test files until the first failure, in one process, which is ended when it has used `limit` seconds of CPU time:
   * a machine that is busy with other things must not look like a loop without end.
   */
  async test(files: readonly string[], limit: number): Promise<Outcome> {
    const report = join(this.folder, "report.json");
    rmSync(report, { force: true });
    const vitest = join(this.folder, "node_modules/vitest/vitest.mjs");
    const options = ["--bail=1", "--pool=threads", "--maxWorkers=1", "--no-isolate"];
    const reporters = ["--reporter=json", `--outputFile=${report}`];
    const child = spawn(process.execPath, [vitest, "run", ...options, ...reporters, ...files], {
      cwd: this.folder,
      stdio: "ignore",
    });
    this.#child = child;
    let seconds = 0;
    let ended = false;
    const timer = setInterval(() => {
      seconds = cpuSeconds(child.pid as number) ?? seconds + INTERVAL / 1000;
      if (seconds < limit) return;
      ended = true;
      child.kill("SIGKILL");
    }, INTERVAL);
    const code = await new Promise<number>((resolve) => child.on("exit", (exit) => resolve(exit ?? 1)));
    clearInterval(timer);
    this.#child = undefined;
    if (ended) return { kind: "timeout", test: "", seconds };
    if (code === 0) return { kind: "passed", test: "", seconds };
    return { kind: "failed", test: firstFailure(report, this.folder), seconds };
  }

  /** Ends what runs, and removes the folder. */
  remove(): void {
    this.#child?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Report {
  testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

function firstFailure(file: string, folder: string): string {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return "(no report)";
  }
  for (const { name, assertionResults, message } of report.testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    const short = name.replace(`${folder}/asm/crypto/`, "");
    if (failed) return `${short}: ${failed.fullName}`;
    if (message) return `${short}: ${message.split("\n")[0]}`;
  }
  return "(not told)";
}
