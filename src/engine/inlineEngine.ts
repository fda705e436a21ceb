import type { InlineTpm } from "./api.ts";
import type { RestoreOptions, RestoreResult, SavedTpm } from "./backend.ts";
import type { TpmInspection } from "./inspection.ts";
import { readInspection } from "./inspectionRecord.ts";
import { TpmEngine } from "./tpm.ts";

/** The engine for callers of its own thread: it decodes the record that a worker's leaves to the other end. */
export class InlineEngine extends TpmEngine implements InlineTpm {
  async inspect(): Promise<TpmInspection> {
    return readInspection(await this.inspectionRecord(), this.state().profile);
  }

  async restore(snapshot: SavedTpm, options?: RestoreOptions): Promise<RestoreResult> {
    const outcome = await this.restoreOutcome(snapshot, options);
    const { resultOf } = await import("./rollback.ts");
    return resultOf(outcome);
  }
}
