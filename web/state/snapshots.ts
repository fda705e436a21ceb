/** The snapshots that this browser keeps, as the dialog shows them, and what it asks for. */
import type { Store } from "./store.ts";

export interface ListedSnapshot {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** Of the file, octets. */
  readonly size: number;
  /** How the boot was that it goes on with. */
  readonly log: "good" | "bad" | "unknown";
  /** Of the screen, as a data: address; null without one. */
  readonly picture: string | null;
  /** It is offered at the next visit. */
  readonly isStart: boolean;
  /** It is encrypted with the TPM's passphrase. */
  readonly isSealed: boolean;
}

/** What the TPM has come to since a snapshot, and would lose. */
export interface SnapshotLoss {
  readonly otherTpm: boolean;
  /** Handles, in hex. */
  readonly keys: readonly string[];
  readonly nvIndices: readonly string[];
  /** Handles of NV counters that would fall back. */
  readonly counters: readonly string[];
  readonly resets: number;
  readonly settings: boolean;
}

/**
 * - `full`: the browser has no more room; nothing was stored.
 * - `drives`: a PC with disks or a kernel of the user's.
 * - `off`: a PC without power.
 * - `none`, `damaged`, `newer`, `passphrase needed`, `passphrase`: of a file.
 * - `locked`: the TPM has a passphrase that this page does not know, or the snapshot has another.
 * - `arrival`: of a PC that moved here and went on nowhere.
 * - `other guest`, `gone`, `refused`, `failed`.
 */
export type SnapshotsProblemKind =
  | "full"
  | "drives"
  | "off"
  | "none"
  | "damaged"
  | "newer"
  | "passphrase needed"
  | "passphrase"
  | "locked"
  | "arrival"
  | "other guest"
  | "gone"
  | "refused"
  | "failed";

export interface SnapshotsProblem {
  readonly kind: SnapshotsProblemKind;
  /** What failed says itself. */
  readonly reason: string;
}

export interface SnapshotsState {
  /** Newest first; null until it was read. */
  readonly list: readonly ListedSnapshot[] | null;
  readonly work: {
    readonly kind: "saving" | "resuming" | "importing";
    readonly done: number;
    readonly total: number;
  } | null;
  readonly problem: SnapshotsProblem | null;
  /** A resume that would take the TPM back, and was refused until somebody says what to do. */
  readonly moved: { readonly id: string; readonly lost: SnapshotLoss } | null;
  /** What a file has in it, until somebody says where to: `moved`, of a PC that was given up for it; `copy`, of one that was not. */
  readonly arrived: { readonly origin: "moved" | "copy"; readonly name: string; readonly savedAt: number } | null;
  /** The page has just been opened, and this one is offered before the PC boots. */
  readonly offered: string | null;
}

export const initialSnapshots: SnapshotsState = {
  ...{ list: null, work: null, problem: null, moved: null, arrived: null, offered: null },
};

export type MovedOnChoice = "rollback" | "clone";

/** Each promise tells whether it was done; where not, {@link SnapshotsState} says why. */
export interface SnapshotsActions {
  refresh(): Promise<boolean>;
  make(name: string, isStart: boolean): Promise<boolean>;
  resume(id: string, onMovedOn?: MovedOnChoice): Promise<boolean>;
  rename(id: string, name: string): Promise<boolean>;
  /** Whether it is offered at the next visit; one at most is. */
  offer(id: string, isStart: boolean): Promise<boolean>;
  export(id: string, passphrase: string): Promise<boolean>;
  /** Reads a file, and asks where to with it: {@link SnapshotsState.arrived}. */
  import(file: File, passphrase: string): Promise<boolean>;
  /** Beside the snapshots of this TPM; or with a TPM of its own, to which the page goes. */
  takeIn(place: "here" | "own"): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Ends what is under way. */
  cancel(): void;
  /** Takes the problem and the question away. */
  dismiss(): void;
}

/** What the dialog draws, and asks. */
export interface OpenSnapshots {
  readonly actions: SnapshotsActions;
  readonly store: Store<SnapshotsState>;
}
