import { EntityNames, type ExportOptions, type TpmCommandEvent, toPcapng, toTraceJson } from "../../src/index.ts";
import type { CommandEntry, TraceFormat } from "../state/model.ts";
import { summarize } from "./trace.ts";

/** Entries that are kept. A tool of tpm2-tools sends about twenty commands. */
const CAPACITY = 500;

/** The last commands, newest first. */
export class CommandLog {
  readonly #onChange: (commands: readonly CommandEntry[]) => void;
  #entries: readonly CommandEntry[] = [];
  #sequence = 0;
  /** What is known of the handles now. */
  readonly #names = new EntityNames();
  /** What was known of them before the oldest entry. */
  readonly #before = new EntityNames();
  /** The numbers of the first commands of TPMs that came in another's place: what was known before them is of no use. */
  readonly #firsts = new Set<number>();

  constructor(onChange: (commands: readonly CommandEntry[]) => void) {
    this.#onChange = onChange;
  }

  add({ command, response, reason, locality, startedAt, duration, own }: TpmCommandEvent): void {
    const entry = {
      sequence: ++this.#sequence,
      locality,
      startedAt,
      duration,
      own,
      command,
      response,
      reason,
      ...summarize(command, response, this.#names),
    };
    const oldest = this.#entries.length < CAPACITY ? undefined : this.#entries.at(-1);
    if (oldest !== undefined) {
      if (this.#firsts.has(oldest.sequence)) this.#before.forget();
      this.#before.observe(oldest.command, oldest.response);
    }
    this.#entries = [entry, ...this.#entries.slice(0, CAPACITY - 1)];
    this.#onChange(this.#entries);
  }

  /** Another TPM is in the place of the one whose handles are known. */
  forgetNames(): void {
    this.#names.forget();
    this.#firsts.add(this.#sequence + 1);
  }

  /** What is kept, the oldest first, as a file. Secrets are zeros of the same length unless asked for. */
  export(format: TraceFormat, options: ExportOptions): Uint8Array {
    const events = [...this.#entries].reverse();
    if (format === "pcapng") return toPcapng(events, options);
    const names = this.#before.copy();
    const commands = events.flatMap((event) => {
      if (this.#firsts.has(event.sequence)) names.forget();
      return toTraceJson([event], options, names).commands;
    });
    const trace = { ...toTraceJson([], options), commands };
    return new TextEncoder().encode(`${JSON.stringify(trace, null, 1)}\n`);
  }
}
