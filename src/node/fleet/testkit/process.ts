/** `tabtpm fleet` in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { TABTPM } from "../../testkit/process.ts";

export class FleetProcess {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  /** What it said on both streams, all lives together. */
  said = "";

  constructor(...args: string[]) {
    this.#args = args;
  }

  /** Resolves when it listens. @throws Error with what it said, when it ends before. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [TABTPM, "fleet", ...this.#args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let here = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (text: Buffer) => {
          here += text.toString();
          this.said += text.toString();
          if (/^tabtpm: \d+ TPMs? of /m.test(here)) resolve();
        });
      }
      child.once("exit", (code) => reject(new Error(`the fleet ended with ${code}: ${here}`)));
    });
  }

  /** SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** @returns its exit code; null when the signal killed it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = await ended;
    return code as number | null;
  }
}
