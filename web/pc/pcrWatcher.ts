import { narrowed, type PcrSelection, readPcrBanks, type TpmClient, TpmFormatError } from "../../src/index.ts";
import { changedPcr, type PcrValue, readPcrs } from "./pcrs.ts";
import { isStartup, succeeded } from "./trace.ts";

/** The PCRs are read when the guest has sent no command for this long, so that its boot never waits for the page … */
const QUIET_MS = 150;
/** … or this long after the first change, under a guest that never falls quiet. */
const PATIENCE_MS = 1500;

export interface PcrWatcherOptions {
  /** Sends commands of the page's own. */
  readonly client: TpmClient;
  /** `banks` are the active ones with all their PCRs; `values` what was read anew. */
  readonly onValues: (banks: readonly PcrSelection[], values: readonly PcrValue[]) => void;
  /** Milliseconds of a clock that never goes back. Default: performance.now. */
  readonly now?: () => number;
}

/** Watches the guest's commands and reads the PCRs that they have changed, together and late. */
export class PcrWatcher {
  readonly #options: PcrWatcherOptions;
  readonly #now: () => number;
  readonly #changed = new Set<number>();
  #banks: readonly PcrSelection[] = [];
  /** All is to be read: the TPM was started. */
  #everything = false;
  #firstChange = 0;
  #lastCommand = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #generation = 0;

  constructor(options: PcrWatcherOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** To be told of every command of the guest and its response. */
  observe(command: Uint8Array, response: Uint8Array): void {
    this.#lastCommand = this.#now();
    if (!succeeded(response)) return;
    const pcr = changedPcr(command);
    if (pcr !== null) this.#changed.add(pcr);
    else if (isStartup(command)) this.#everything = true;
    else return;
    if (this.#timer !== null) return;
    this.#firstChange = this.#lastCommand;
    this.#wait(QUIET_MS);
  }

  /** The TPM was reset or lost its power: what it had is gone, and nothing is read before the next Startup. */
  forget(): void {
    this.#generation++;
    this.#changed.clear();
    this.#everything = false;
    this.#banks = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const wait = Math.min(this.#lastCommand + QUIET_MS, this.#firstChange + PATIENCE_MS) - this.#now();
      if (wait > 0) {
        this.#wait(wait);
      } else {
        this.#timer = null;
        void this.#read();
      }
    }, milliseconds);
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
        // Power is lost, or the TPM refuses: the next Startup brings the watcher back. What can't be read is a fault.
        if (error instanceof TpmFormatError) throw error;
        return null;
      }
    };
    if (everything || this.#banks.length === 0) {
      const banks = await asked(readPcrBanks(client));
      if (banks === null) return;
      this.#banks = banks;
    }
    const values: PcrValue[] = [];
    let wanted = narrowed(this.#banks, (_, pcr) => everything || changed.includes(pcr));
    while (wanted.length > 0) {
      const read = await asked(readPcrs(client, wanted));
      if (read === null) return;
      if (read.length === 0) break;
      values.push(...read);
      wanted = narrowed(
        wanted,
        (bank, wantedPcr) => !read.some(({ algorithm, pcr }) => algorithm === bank && pcr === wantedPcr),
      );
    }
    onValues(this.#banks, values);
  }
}
