import { filterPcrs, type PcrSelection, readPcrBanks, type TpmClient, TpmFormatError } from "../../src/index.ts";
import { changedPcr, type PcrValue, readPcrs } from "./pcrs.ts";
import { QuietMoment, type QuietMomentOptions } from "./quietMoment.ts";
import { isStartup, succeeded } from "./trace.ts";

export interface PcrWatcherOptions extends Pick<QuietMomentOptions, "isBusy" | "now"> {
  /** Sends commands of the page's own. */
  readonly client: TpmClient;
  /** `banks` are the active ones with all their PCRs; `values` what was read anew. */
  readonly onValues: (banks: readonly PcrSelection[], values: readonly PcrValue[]) => void;
}

/** Watches the guest's commands and reads the PCRs that they have changed, together and late. */
export class PcrWatcher {
  readonly #options: PcrWatcherOptions;
  readonly #quiet: QuietMoment;
  readonly #changed = new Set<number>();
  #banks: readonly PcrSelection[] = [];
  /** All is to be read: the TPM was started. */
  #everything = false;
  #generation = 0;

  constructor(options: PcrWatcherOptions) {
    this.#options = options;
    this.#quiet = new QuietMoment({ ...options, onQuiet: () => void this.#read() });
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

  /** The TPM was reset or lost its power: what it had is gone, and nothing is read before the next Startup. */
  forget(): void {
    this.#generation++;
    this.#changed.clear();
    this.#everything = false;
    this.#banks = [];
    this.#quiet.cancel();
  }

  async #read(): Promise<void> {
    const { client, onValues } = this.#options;
    const everything = this.#everything;
    const changed = [...this.#changed];
    this.#everything = false;
    this.#changed.clear();
    const generation = this.#generation;
    const asked = async <Answer>(answer: Promise<Answer>): Promise<Answer | null> => {
      try {
        const value = await answer;
        return generation === this.#generation ? value : null;
      } catch (error) {
        if (error instanceof TpmFormatError) throw error;
        // Power is lost, or the TPM refuses: what is still to be read is, with the next change or Startup.
        if (generation === this.#generation) {
          this.#everything ||= everything;
          for (const pcr of changed) this.#changed.add(pcr);
        }
        return null;
      }
    };
    if (everything || this.#banks.length === 0) {
      const banks = await asked(readPcrBanks(client));
      if (banks === null) return;
      this.#banks = banks;
    }
    const values: PcrValue[] = [];
    let wanted = filterPcrs(this.#banks, (_, pcr) => everything || changed.includes(pcr));
    while (wanted.length > 0) {
      const read = await asked(readPcrs(client, wanted));
      if (read === null) return;
      if (read.length === 0) break;
      values.push(...read);
      wanted = filterPcrs(
        wanted,
        (bank, wantedPcr) => !read.some(({ algorithm, pcr }) => algorithm === bank && pcr === wantedPcr),
      );
    }
    onValues(this.#banks, values);
  }
}
