/** The snapshots of a machine whose TPM is attached: when they are made, with the guest held, and what v86's own methods do. */
import type { V86 } from "v86";
import type { AttachTpmOptions } from "./attachOptions.ts";
import {
  joinSnapshots,
  keepSnapshotsClean,
  type RestoreStateOptions,
  refuseSnapshots,
  requireSame,
  type SaveStateOptions,
  type SnapshotParts,
  SnapshotRefusedError,
} from "./snapshots.ts";
import type { RestoredState } from "./tpmSnapshots.ts";

/** Whether there can be any. */
export interface SnapshotHost {
  /** As {@link TpmAttachment.ready}. */
  ready(): Promise<void>;
  isDetached(): boolean;
}

export class AttachedSnapshots {
  readonly #host: SnapshotHost;
  /** As {@link AttachTpmOptions.snapshots}. */
  readonly #kind: AttachTpmOptions["snapshots"];
  /** Of what v86 restores, or starts from. */
  readonly #asked: RestoreStateOptions;
  #parts: SnapshotParts | undefined;
  /** They are saved and restored one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** The guest is held after one, until it is released or loses its power. */
  #held: (() => void)[] = [];
  /** What v86 starts from. */
  #initialState: ArrayBuffer | undefined;

  constructor(
    host: SnapshotHost,
    { snapshots, onMovedOn = "refuse" }: Pick<AttachTpmOptions, "snapshots" | "onMovedOn">,
  ) {
    this.#host = host;
    this.#kind = snapshots;
    this.#asked = { onMovedOn };
  }

  /**
   * From now on v86's own methods have the TPM in them, or not, as the option says.
   * @param onRefused told that v86 was to start from a snapshot, where they are refused.
   * @returns the undo.
   */
  join(emulator: V86, parts: Omit<SnapshotParts, "v86">, onRefused: (error: SnapshotRefusedError) => void): () => void {
    if (this.#kind === "guest-only") return keepSnapshotsClean(emulator, parts.platform);
    if (this.#kind === "refused") return refuseSnapshots(emulator, onRefused);
    const { v86, undo } = joinSnapshots(emulator, {
      save: () => this.save({}),
      restore: async (state) => {
        await this.restore(state, this.#asked);
      },
      restoreInitial: (state) => {
        this.#initialState = state;
      },
    });
    this.#parts = { ...parts, v86 };
    return undo;
  }

  /** As {@link TpmAttachment.saveState}. */
  save(options: SaveStateOptions): Promise<ArrayBuffer> {
    return this.#inTurn(options.hold, async (parts) => {
      const { saveMachine } = await import("./tpmSnapshots.ts");
      return saveMachine(parts, options);
    });
  }

  /** As {@link TpmAttachment.restoreState}. */
  restore(state: ArrayBuffer, options: RestoreStateOptions): Promise<RestoredState> {
    return this.#inTurn(options.hold, (parts) => restore(parts, state, options));
  }

  /** What v86 was to start from, once: what restores it, while whoever calls holds the guest. */
  takeInitial(): (() => Promise<RestoredState>) | undefined {
    const [state, parts] = [this.#initialState, this.#parts];
    this.#initialState = undefined;
    return state && parts && (() => restore(parts, state, this.#asked));
  }

  /** As {@link TpmAttachment.release}; also of a guest that loses its power: whatever boots next was never held. */
  release(): void {
    for (const release of this.#held.splice(0)) release();
  }

  /** Holds the guest, and does the work when nothing else is being saved or restored. */
  async #inTurn<Result>(stays: boolean | undefined, work: (parts: SnapshotParts) => Promise<Result>): Promise<Result> {
    await this.#host.ready();
    const parts = this.#parts;
    const isDetached = this.#host.isDetached();
    if (parts === undefined || isDetached) {
      const why = isDetached ? "The TPM is detached" : `attachTpm was told snapshots: "${this.#kind}"`;
      throw new SnapshotRefusedError(`${why}: there are no snapshots with it.`, "refused");
    }
    const release = parts.platform.hold();
    let begun = 0;
    const turn = this.#last.then(() => {
      begun = parts.turn();
      return work(parts);
    });
    this.#last = turn.catch(() => {});
    try {
      const result = await turn;
      // Nobody would let a guest go that is not the one that was to be held.
      if (stays) requireSame(parts, begun);
      if (stays) this.#held.push(release);
      else release();
      return result;
    } catch (error) {
      release();
      throw error;
    }
  }
}

async function restore(parts: SnapshotParts, state: ArrayBuffer, options: RestoreStateOptions): Promise<RestoredState> {
  const { restoreMachine } = await import("./tpmSnapshots.ts");
  return restoreMachine(parts, state, options);
}
