/** The log of TPM commands (`--log level=2` and above). In the package a bundle of its own, as most servers write none. */
import type { Locality } from "../../engine/backend.ts";
import type { Refusal } from "../../spec/refusals.ts";
import { decodeCommand, explainRefusal, formatFields, summarizeCommand } from "../../trace/index.ts";
import type { ServerLog } from "./log.ts";

export class CommandLog {
  readonly #log: ServerLog;

  constructor(log: ServerLog) {
    this.#log = log;
  }

  /** Decoding takes longer than most commands do. @param reason of a refusal, where it is known. */
  answered(command: Uint8Array, response: Uint8Array, locality: Locality, reason: Refusal | null): void {
    this.#log.line(2, `locality ${locality}: ${summarizeCommand(command, response)}`);
    const refusal = reason && explainRefusal({ command, response, reason });
    if (refusal) this.#log.line(2, `  ${refusal.text}`);
    if (!this.#log.logs(5)) return;
    const { fields, problem } = decodeCommand(command);
    for (const { name, value, depth } of formatFields(fields)) {
      this.#log.line(5, `${"  ".repeat(depth + 1)}${name}: ${value}`);
    }
    if (problem !== undefined) this.#log.line(5, `  problem: ${problem}`);
  }
}
