import {
  changedPcr,
  commandCodeOf,
  getBanksCommand,
  type PcrSelection,
  type PcrValue,
  parseBanks,
  parseValues,
  readCommand,
  responseCodeOf,
  TPM_CC_STARTUP,
} from "./pcrCommands.ts";

/** The PCRs are read when the guest has sent no command for this long, so that its boot never waits for the page … */
const QUIET_MS = 150;
/** … or this long after the first change, under a guest that never falls quiet. */
const PATIENCE_MS = 1500;
const TPM_RC_SUCCESS = 0;

export interface PcrWatcherOptions {
  /** Sends a command of the page's own. */
  readonly execute: (command: Uint8Array) => Promise<Uint8Array>;
  /** `banks` are the active ones with all their PCRs; `values` what was read anew. */
  readonly onValues: (banks: readonly PcrSelection[], values: readonly PcrValue[]) => void;
  readonly setTimeout?: (callback: () => void, milliseconds: number) => ReturnType<typeof setTimeout>;
  readonly now?: () => number;
}

/** Watches the guest's commands and reads the PCRs that they have changed, together and late. */
export class PcrWatcher {
  readonly #options: PcrWatcherOptions;
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
  }

  /** To be told of every command of the guest and its response. */
  observe(command: Uint8Array, response: Uint8Array): void {
    this.#lastCommand = this.#now();
    if (responseCodeOf(response) !== TPM_RC_SUCCESS) return;
    const pcr = changedPcr(command);
    if (pcr !== null) this.#changed.add(pcr);
    else if (commandCodeOf(command) === TPM_CC_STARTUP) this.#everything = true;
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
    this.#timer = (this.#options.setTimeout ?? setTimeout)(() => {
      const now = this.#now();
      const wait = Math.min(this.#lastCommand + QUIET_MS, this.#firstChange + PATIENCE_MS) - now;
      if (wait > 0) {
        this.#wait(wait);
      } else {
        this.#timer = null;
        void this.#read();
      }
    }, milliseconds);
  }

  async #read(): Promise<void> {
    const generation = this.#generation;
    const everything = this.#everything;
    const changed = [...this.#changed];
    this.#everything = false;
    this.#changed.clear();
    const execute = async (command: Uint8Array): Promise<Uint8Array | null> => {
      // Power is lost, or the TPM is in failure mode: the next Startup brings the watcher back.
      const response = await this.#options.execute(command).catch(() => null);
      if (response === null || generation !== this.#generation) return null;
      return responseCodeOf(response) === TPM_RC_SUCCESS ? response : null;
    };
    if (everything || this.#banks.length === 0) {
      const response = await execute(getBanksCommand());
      if (response === null) return;
      this.#banks = parseBanks(response);
    }
    const values: PcrValue[] = [];
    let wanted = this.#banks
      .map(({ algorithm, pcrs }) => ({
        algorithm,
        pcrs: everything ? pcrs : pcrs.filter((pcr) => changed.includes(pcr)),
      }))
      .filter(({ pcrs }) => pcrs.length > 0);
    while (wanted.length > 0) {
      const response = await execute(readCommand(wanted));
      if (response === null) return;
      const read = parseValues(response);
      if (read.length === 0) break;
      values.push(...read);
      const have = new Set(read.map(({ algorithm, pcr }) => `${algorithm}:${pcr}`));
      wanted = wanted
        .map(({ algorithm, pcrs }) => ({ algorithm, pcrs: pcrs.filter((pcr) => !have.has(`${algorithm}:${pcr}`)) }))
        .filter(({ pcrs }) => pcrs.length > 0);
    }
    this.#options.onValues(this.#banks, values);
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }
}
