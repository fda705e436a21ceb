import { inspectedBanks, inspectedPcrs, type PcrSelection, type Tpm } from "../../src/index.ts";
import { toHex } from "./hex.ts";
import { changedPcr, type PcrValue } from "./pcrs.ts";
import { QuietMoment, type QuietMomentOptions } from "./quietMoment.ts";
import { isStartup, succeeded } from "./trace.ts";

export interface PcrWatcherOptions extends Pick<QuietMomentOptions, "isBusy" | "now"> {
  /** Is looked at; no command is sent. */
  readonly tpm: Pick<Tpm, "inspect">;
  /** `banks` are the active ones with all their PCRs; `values` what may be another than before. */
  readonly onValues: (banks: readonly PcrSelection[], values: readonly PcrValue[]) => void;
}

/** Watches the guest's commands and looks at the PCRs that they have changed, together and late. */
export class PcrWatcher {
  readonly #options: PcrWatcherOptions;
  readonly #quiet: QuietMoment;
  readonly #changed = new Set<number>();
  /** All is to be looked at: the TPM was started. */
  #everything = false;
  #generation = 0;

  constructor(options: PcrWatcherOptions) {
    this.#options = options;
    this.#quiet = new QuietMoment({ ...options, onQuiet: () => void this.#look() });
  }

  /** To be told of every command of the guest and its response. */
  observe(command: Uint8Array, response: Uint8Array): void {
    this.#quiet.commandSeen();
    if (!succeeded(response)) return;
    const pcr = changedPcr(command);
    if (pcr !== null) this.#changed.add(pcr);
    else if (isStartup(command)) this.#everything = true;
    else return;
    this.#quiet.ask();
  }

  /** The TPM is another one, and was started long ago. */
  lookAgain(): void {
    this.#everything = true;
    this.#quiet.ask();
  }

  /** The TPM was reset or lost its power: what it had is gone, and nothing is looked at before the next Startup. */
  forget(): void {
    this.#generation++;
    this.#changed.clear();
    this.#everything = false;
    this.#quiet.cancel();
  }

  async #look(): Promise<void> {
    const generation = this.#generation;
    const everything = this.#everything;
    const changed = new Set(this.#changed);
    this.#everything = false;
    this.#changed.clear();
    const inspection = await this.#options.tpm.inspect().catch(() => null);
    if (generation !== this.#generation) return;
    if (!inspection?.started) {
      // Power is lost, or TPM2_Startup due: what is still to be looked at is, with the next change or Startup.
      this.#everything ||= everything;
      for (const pcr of changed) this.#changed.add(pcr);
      return;
    }
    const values = inspectedPcrs(inspection)
      .filter(({ pcr }) => everything || changed.has(pcr))
      .map(({ algorithm, pcr, digest }) => ({ algorithm, pcr, hex: toHex(digest) }));
    this.#options.onValues(inspectedBanks(inspection), values);
  }
}
