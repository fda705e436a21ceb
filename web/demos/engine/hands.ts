/** What a demo does to the PC: it boots it, and types into its shell. */
import type { BootChange } from "../../../src/index.ts";
import type { DemoGround } from "./ground.ts";
import { type Heard, Witness } from "./witness.ts";

/** The PC was switched off or reset by somebody else meanwhile, or has no power. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

export class Hands {
  readonly witness: Witness;
  readonly #ground: DemoGround;
  readonly #closed = new AbortController();

  constructor(ground: DemoGround, onChange: () => void) {
    this.#ground = ground;
    this.witness = new Witness(ground, onChange);
  }

  /** What is under way ends. */
  close(): void {
    this.#closed.abort(new InterruptedError());
    this.witness.close();
  }

  /** Boots to the prompt; the firmware's log is read by then. @throws InterruptedError */
  async boot(change: BootChange): Promise<void> {
    await this.#ground.boot(change);
    await this.#atShell();
  }

  /** Boots to the prompt with an older state of the TPM. @throws InterruptedError */
  async restore(permanent: Uint8Array): Promise<void> {
    await this.#ground.restore(permanent);
    await this.#atShell();
  }

  async #atShell(): Promise<void> {
    await this.#watched(async (signal, machine) => {
      while (machine.stage !== "shell") {
        await new Promise<void>((resolve, reject) => {
          const remove = machine.on("stage", () => {
            remove();
            resolve();
          });
          signal.addEventListener("abort", () => {
            remove();
            reject(signal.reason);
          });
        });
        signal.throwIfAborted();
      }
    }, false);
    this.witness.readLog();
  }

  /** Types lines, one at each prompt. @returns what the TPM was asked meanwhile. @throws InterruptedError */
  async type(lines: readonly string[]): Promise<readonly Heard[]> {
    this.witness.takeHeard();
    await this.#watched(async (signal) => {
      for (const line of lines) await this.#ground.run(line, signal);
    }, true);
    return this.witness.takeHeard();
  }

  /** A file of the guest's /mnt; null where there is none. */
  async read(path: string): Promise<Uint8Array | null> {
    const files = await this.#ground.files();
    return files.readFile(path).catch(() => null);
  }

  async write(path: string, content: Uint8Array): Promise<string> {
    return (await this.#ground.files()).addFile(path, content);
  }

  /** @param endsWithBoot another boot means that what was typed is lost. */
  async #watched(
    work: (signal: AbortSignal, machine: NonNullable<ReturnType<DemoGround["machine"]>>) => Promise<void>,
    endsWithBoot: boolean,
  ): Promise<void> {
    const machine = this.#ground.machine();
    if (machine === null || machine.stage === "off") throw new InterruptedError();
    const interrupted = new AbortController();
    const undo = machine.on("stage", (stage) => {
      if (stage === "off" || (stage === "bios" && endsWithBoot)) {
        interrupted.abort(new InterruptedError());
      }
    });
    try {
      await work(AbortSignal.any([interrupted.signal, this.#closed.signal]), machine);
    } finally {
      undo();
    }
  }
}
