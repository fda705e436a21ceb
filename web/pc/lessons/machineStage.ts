/** A PC as lessons and demos use it. */

import { createWorkerTpm } from "../../../src/entries/workerTpm.ts";
import type { BootChange, KeptFolder, Machine, Tpm, TpmOptions } from "../../../src/index.ts";
import type { Light, Lit, Stage } from "../../state/learn.ts";
import type { PageState } from "../../state/model.ts";
import { Store } from "../../state/store.ts";
import { atPrompt, runLine } from "./console.ts";

export interface MachineStageOptions {
  readonly tpm: Tpm;
  readonly store: Store<PageState>;
  readonly files: { folder(): Promise<KeptFolder> };
  readonly machine: () => Machine | null;
  /** Calls back with each machine from now on, before it gets power. */
  readonly onMachine: (listener: (machine: Machine) => void) => void;
  /** Switches the PC off in order, or cuts its power, and on with this change; undefined: as it was. */
  readonly restart: (how: "orderly" | "cut", change?: BootChange | null) => Promise<void>;
  readonly reset: () => void;
  /** Switches the PC off in order, and on as it was with this state of its TPM; rejects where the TPM is the user's. */
  readonly restore: (permanent: Uint8Array) => Promise<void>;
  /** Where what a TPM is made of lies, when not beside the page's module. */
  readonly made?: Pick<TpmOptions, "wasm" | "worker">;
}

export class MachineStage implements Stage {
  readonly tpm: Tpm;
  readonly page: Store<PageState>;
  readonly lit = new Store<Lit>({ lights: [] }, 0);
  readonly #options: MachineStageOptions;
  readonly #listeners = new Set<(machine: Machine) => void>();

  constructor(options: MachineStageOptions) {
    this.#options = options;
    this.tpm = options.tpm;
    this.page = options.store;
    options.onMachine((machine) => {
      for (const listener of this.#listeners) listener(machine);
    });
  }

  machine(): Machine | null {
    return this.#options.machine();
  }

  onMachine(listener: (machine: Machine) => void): () => void {
    this.#listeners.add(listener);
    const machine = this.machine();
    if (machine !== null) listener(machine);
    return () => void this.#listeners.delete(listener);
  }

  files(): Promise<KeptFolder> {
    return this.#options.files.folder();
  }

  async prompt(signal: AbortSignal): Promise<void> {
    await this.#onMachine((machine, ended) => atPrompt(machine, ended), signal);
  }

  async run(line: string, signal: AbortSignal): Promise<void> {
    await this.#onMachine((machine, ended) => runLine(machine, line, ended), signal);
  }

  reset(): void {
    this.#options.reset();
  }

  cutPower(): Promise<void> {
    return this.#options.restart("cut");
  }

  powerCycle(): Promise<void> {
    return this.#options.restart("orderly");
  }

  boot(change: BootChange): Promise<void> {
    return this.#options.restart("orderly", change);
  }

  restore(permanent: Uint8Array): Promise<void> {
    return this.#options.restore(permanent);
  }

  async clone(permanent: Uint8Array): Promise<Tpm> {
    const tpm = createWorkerTpm({ store: { kind: "memory" }, ...this.#options.made });
    try {
      await tpm.ready;
      await tpm.newTpm({ permanent });
    } catch (error) {
      await tpm.close().catch(() => {});
      throw error;
    }
    return tpm;
  }

  failTpm(): Promise<void> {
    return this.tpm.enterFailureMode();
  }

  light(lights: readonly Light[]): void {
    const isSame = JSON.stringify(lights) === JSON.stringify(this.lit.value.lights);
    if (!isSame) this.lit.set({ lights });
  }

  /** Does it on the machine that is there, or comes; on the next one, where another comes in its place meanwhile. */
  async #onMachine(work: (machine: Machine, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    for (;;) {
      const machine = this.machine() ?? (await this.#next(signal));
      const replaced = new AbortController();
      const unlisten = this.onMachine((other) => other !== machine && replaced.abort());
      try {
        return await work(machine, AbortSignal.any([signal, replaced.signal]));
      } catch (error) {
        if (signal.aborted || !replaced.signal.aborted) throw error;
      } finally {
        unlisten();
      }
    }
  }

  /** The next machine that is made. @throws the reason of an aborted signal */
  #next(signal: AbortSignal): Promise<Machine> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const unlisten = this.onMachine((machine) => {
        unlisten();
        resolve(machine);
      });
      signal.addEventListener("abort", () => {
        unlisten();
        reject(signal.reason);
      });
    });
  }
}
