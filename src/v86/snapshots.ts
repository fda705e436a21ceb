/** v86's own snapshots, which have the guest and not its TPM in them. */
import type { V86 } from "v86";
import { snapshotsOf } from "./internals.ts";

/** A snapshot would have taken the guest back or aside, and left its TPM where it is. */
export class SnapshotRefusedError extends Error {
  override name = "SnapshotRefusedError";
}

const why = (what: string) =>
  `${what} is refused while a TPM is attached: v86's snapshot holds the guest only, so that afterwards PCRs, sessions and ` +
  `loaded keys of the TPM would be those of another time than the guest's. Detach the TPM first, or pass ` +
  `snapshots: "guest-only" to attachTpm if that is what you want.`;

/**
 * Lets `save_state`, `restore_state` and the option `initial_state` of an emulator fail.
 * @param onInitialState told of a snapshot that v86 was about to load by itself, before the guest has run; v86 goes on
 * without.
 * @returns the undo.
 */
export function refuseSnapshots(emulator: V86, onInitialState: (error: SnapshotRefusedError) => void): () => void {
  const inner = snapshotsOf(emulator);
  let loading = true;
  const loaded = () => {
    loading = false;
  };
  // v86 loads its initial state in the same turn in which it says that it is ready.
  queueMicrotask(loaded);
  inner.save_state = () => {
    throw new SnapshotRefusedError(why("save_state"));
  };
  inner.restore_state = () => {
    if (!loading) throw new SnapshotRefusedError(why("restore_state"));
    // v86 does not look at what goes wrong here: it would be an unhandled rejection.
    onInitialState(new SnapshotRefusedError(why("initial_state")));
  };
  return () => {
    delete inner.save_state;
    delete inner.restore_state;
  };
}
