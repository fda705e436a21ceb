import type { TpmCommandEvent } from "../../src/index.ts";
import type { CommandEntry } from "../state/model.ts";
import { summarize } from "./trace.ts";

/** Entries that are kept. A tool of tpm2-tools sends about twenty commands. */
const CAPACITY = 200;

/** The last commands, newest first. */
export class CommandLog {
  readonly #onChange: (commands: readonly CommandEntry[]) => void;
  #entries: readonly CommandEntry[] = [];
  #sequence = 0;

  constructor(onChange: (commands: readonly CommandEntry[]) => void) {
    this.#onChange = onChange;
  }

  add({ command, response, reason, locality, duration, own }: TpmCommandEvent): void {
    const entry = {
      sequence: ++this.#sequence,
      locality,
      duration,
      own,
      command,
      response,
      reason,
      ...summarize(command, response),
    };
    this.#entries = [entry, ...this.#entries.slice(0, CAPACITY - 1)];
    this.#onChange(this.#entries);
  }
}
