/** v86's own snapshots, which have the guest and not its TPM in them. */
import type { V86 } from "v86";
import { type Snapshots, snapshotsOf } from "./internals.ts";
import type { Platform } from "./platform.ts";

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
  let loading = true;
  const loaded = () => {
    loading = false;
  };
  // v86 loads its initial state in the same turn in which it says that it is ready.
  queueMicrotask(loaded);
  return replace(emulator, {
    save_state: () => {
      throw new SnapshotRefusedError(why("save_state"));
    },
    restore_state: () => {
      if (!loading) throw new SnapshotRefusedError(why("restore_state"));
      // v86 does not look at what goes wrong here: it would be an unhandled rejection.
      onInitialState(new SnapshotRefusedError(why("initial_state")));
    },
  });
}

/**
 * Keeps out of snapshots that a slice was ended, which v86 cannot tell from a guest in HLT: nothing would wake it there.
 * @returns the undo.
 */
export function keepSnapshotsClean(emulator: V86, platform: Platform): () => void {
  const { save_state: save, restore_state: restore } = snapshotsOf(emulator);
  return replace(emulator, {
    save_state: () => platform.withoutSliceEnd(() => save?.call(snapshotsOf(emulator))),
    restore_state: (state) => {
      const result = restore?.call(snapshotsOf(emulator), state);
      platform.forgetSliceEnd();
      return result;
    },
  });
}

/** @returns the undo, after which the emulator has its own methods, whether its class's or the instance's. */
function replace(emulator: V86, methods: Snapshots): () => void {
  const inner = snapshotsOf(emulator);
  const before = Object.entries(Object.getOwnPropertyDescriptors(inner)).filter(([name]) => name in methods);
  Object.assign(inner, methods);
  return () => {
    for (const name of Object.keys(methods) as (keyof Snapshots)[]) delete inner[name];
    Object.defineProperties(inner, Object.fromEntries(before));
  };
}
