/** v86's own snapshots, which have the guest in them, and how its TPM gets into them. */
import type { V86 } from "v86";
import type { CrbDevice } from "../crb/device.ts";
import type { OnMovedOn, TpmBackend } from "../engine/backend.ts";
import type { TpmInterface } from "../firmware/tpm2Table.ts";
import type { TisDevice } from "../tis/device.ts";
import { type Snapshots, snapshotsOf } from "./internals.ts";
import type { Platform } from "./platform.ts";
import type { Presence } from "./presence.ts";

/**
 * - `refused`: the option `snapshots` says so.
 * - `no-power`, `failed`, `backend`: there is no state of the TPM: it is off, its back end has failed, or keeps it.
 * - `interrupted`: the machine was reset, switched off or taken apart meanwhile.
 * - `no-tpm`: a snapshot of a guest alone.
 * - `damaged`, `compressed`, `newer`: it can't be read.
 * - `layout`: its registers or its volatile state are of another version of tabtpm.
 * - `profile`, `interface`, `memory`, `v86`: it is of another machine than this one.
 * - `unavailable`: the browser lacks something.
 */
export type SnapshotProblem =
  | "refused"
  | "no-power"
  | "failed"
  | "backend"
  | "interrupted"
  | "no-tpm"
  | "damaged"
  | "compressed"
  | "newer"
  | "layout"
  | "profile"
  | "interface"
  | "memory"
  | "v86"
  | "unavailable";

/** A snapshot was not made, or not restored; the machine goes on as it was. */
export class SnapshotRefusedError extends Error {
  override name = "SnapshotRefusedError";
  readonly code: SnapshotProblem;
  constructor(message: string, code: SnapshotProblem, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface SaveStateOptions {
  /** The guest stays held until {@link TpmAttachment.release}, or the end of its power. */
  hold?: boolean;
  /** Ends the wait for a command of the guest's that the TPM has; the guest goes on. */
  signal?: AbortSignal;
  /** Kept beside the state, for {@link SnapshotDescription.notes}. */
  notes?: Record<string, string>;
}

export interface RestoreStateOptions {
  /** What becomes of a TPM that has changed since; `refuse` by default. */
  onMovedOn?: OnMovedOn;
  /** The guest stays held until {@link TpmAttachment.release}, or the end of its power. */
  hold?: boolean;
  /** Ends it before anything has changed; later it does nothing. */
  signal?: AbortSignal;
}

/** What a snapshot is of. */
export interface SnapshotParts {
  platform: Platform;
  tpm: TpmBackend;
  device: TisDevice | CrbDevice;
  presence: Presence;
  interface: TpmInterface;
  irq: number | undefined;
  v86Release: string | null;
  v86: V86Snapshots;
  /** Another number after each reset and each loss of power. */
  turn(): number;
  /** A reset or a loss of power that is under way is over. */
  settled(): Promise<void>;
  /** The guest is another one now. */
  restored(): void;
  /** The firmware's variables that the snapshot has could not be stored: there are none. */
  variablesFailed(error: unknown): void;
  cutPower(): Promise<void>;
}

/** @throws SnapshotRefusedError where the machine was reset or lost its power since {@link SnapshotParts.turn} was that. */
export function requireSame(parts: SnapshotParts, turn: number, what = "The machine"): void {
  if (parts.turn() === turn) return;
  throw new SnapshotRefusedError(`${what} was reset, switched off or taken apart meanwhile.`, "interrupted");
}

/** v86's own methods. */
export interface V86Snapshots {
  /** @param of another processor than the machine's. */
  save(of?: unknown): ArrayBuffer;
  restore(state: ArrayBuffer): void;
}

const why = (what: string) =>
  `${what} is refused while a TPM is attached, as attachTpm was told by snapshots: "refused". ` +
  `By default a snapshot has the TPM in it; with "guest-only" it has the guest alone.`;

/**
 * Lets `save_state`, `restore_state` and the option `initial_state` of an emulator fail.
 * @param onInitialState told of a snapshot that v86 was about to load by itself, before the guest has run; v86 goes on
 * without.
 * @returns the undo.
 */
export function refuseSnapshots(emulator: V86, onInitialState: (error: SnapshotRefusedError) => void): () => void {
  const isLoading = whileLoading();
  const refuse = (what: string) => new SnapshotRefusedError(why(what), "refused");
  return replace(emulator, {
    save_state: () => {
      throw refuse("save_state");
    },
    restore_state: () => {
      if (!isLoading()) throw refuse("restore_state");
      // v86 does not look at what goes wrong here: it would be an unhandled rejection.
      onInitialState(refuse("initial_state"));
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

/** What does the work where an emulator is asked for snapshots that have its TPM in them. */
export interface SnapshotsWithTpm {
  save(): Promise<ArrayBuffer>;
  restore(state: ArrayBuffer): Promise<void>;
  /** Called in the turn in which v86 has loaded, before the guest has run. */
  restoreInitial(state: ArrayBuffer): void;
}

/**
 * Lets `save_state`, `restore_state` and the option `initial_state` of an emulator have the TPM in them.
 * @returns v86's own methods, and the undo.
 */
export function joinSnapshots(emulator: V86, work: SnapshotsWithTpm): { v86: V86Snapshots; undo: () => void } {
  const isLoading = whileLoading();
  const inner = snapshotsOf(emulator);
  const { save_state: save, restore_state: restore } = inner;
  const undoInner = replace(emulator, {
    save_state: () => work.save(),
    restore_state: (state) =>
      isLoading() ? work.restoreInitial(state as ArrayBuffer) : work.restore(state as ArrayBuffer),
  });
  // v86's own method of the emulator does not wait for the one inside.
  const undoOuter = replaceOn(emulator, { restore_state: (state: ArrayBuffer) => work.restore(state) });
  const v86: V86Snapshots = {
    save: (of = inner) => save?.call(of as typeof inner) as ArrayBuffer,
    restore: (state) => restore?.call(inner, state),
  };
  const undo = () => {
    undoOuter();
    undoInner();
  };
  return { v86, undo };
}

/** v86 loads its initial state in the same turn in which it says that it is ready. */
function whileLoading(): () => boolean {
  let loading = true;
  queueMicrotask(() => {
    loading = false;
  });
  return () => loading;
}

/** @returns the undo, after which the emulator has its own methods, whether its class's or the instance's. */
function replace(emulator: V86, methods: Snapshots): () => void {
  return replaceOn(snapshotsOf(emulator), methods);
}

function replaceOn<Owner extends object>(owner: Owner, methods: Partial<Owner>): () => void {
  const before = Object.entries(Object.getOwnPropertyDescriptors(owner)).filter(([name]) => name in methods);
  Object.assign(owner, methods);
  return () => {
    for (const name of Object.keys(methods)) delete (owner as Record<string, unknown>)[name];
    Object.defineProperties(owner, Object.fromEntries(before));
  };
}
