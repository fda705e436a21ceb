/** The page's side of snapshots. What only the dialog needs is fetched when it is first opened, or when a snapshot is to be offered. */
import type { PageState } from "../../state/model.ts";
import type { OpenSnapshots } from "../../state/snapshots.ts";
import type { Store } from "../../state/store.ts";
import type { PcParts } from "./host.ts";
import type { Snapshots } from "./manager.ts";

/** Which TPM has a snapshot that is offered at the next visit: looked at before every boot, so without a database. */
const mark = (tpm: string) => `tabtpm-start-snapshot-${tpm}`;

export class SnapshotDesk {
  readonly #tpm: string;
  readonly #page: Store<PageState>;
  readonly #pc: PcParts;
  #opened: Promise<Snapshots> | null = null;
  #answer: ((isResumed: boolean) => void) | null = null;

  /** @param tpm the identifier of the TPM that the PC has. */
  constructor(tpm: string, pc: PcParts) {
    this.#tpm = tpm;
    this.#page = pc.store;
    this.#pc = pc;
  }

  /** What the dialog needs. Rejects when it does not arrive; the next call tries again. */
  async open(): Promise<OpenSnapshots> {
    const snapshots = await this.#load();
    return { actions: snapshots, store: snapshots.store };
  }

  /**
   * Before the PC boots: offers the snapshot that is kept for that, if there is one.
   * @returns whether the PC goes on with it. Never rejects.
   */
  async offer(): Promise<boolean> {
    try {
      if (localStorage.getItem(mark(this.#tpm)) === null) return false;
      const snapshots = await this.#load();
      if (!(await snapshots.findOffered())) return false;
    } catch {
      // What is kept can't be looked at: the PC boots, and the dialog says why when it is opened.
      return false;
    }
    const isResumed = await new Promise<boolean>((resolve) => {
      this.#answer = resolve;
      this.#page.set({ asking: "snapshots" });
    });
    this.#answer = null;
    return isResumed;
  }

  /** The dialog was closed. */
  closed(): void {
    void this.#opened?.then((snapshots) => snapshots.endOffer());
    this.#answer?.(false);
  }

  #load(): Promise<Snapshots> {
    this.#opened ??= import("./host.ts").then(({ openSnapshots }) =>
      openSnapshots(this.#pc, {
        tpm: this.#tpm,
        onStart: (isThere) => {
          try {
            if (isThere) localStorage.setItem(mark(this.#tpm), "");
            else localStorage.removeItem(mark(this.#tpm));
          } catch {
            // It is in the list, and offered nowhere else.
          }
        },
        onResumed: () => {
          this.#page.set({ asking: null });
          this.#answer?.(true);
        },
        announce: (announcement) => this.#page.set({ announcement }),
      }),
    );
    this.#opened.catch(() => {
      this.#opened = null;
    });
    return this.#opened;
  }
}
