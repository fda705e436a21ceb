/** The page's side of snapshots: all but this is fetched when the dialog is first opened, or a snapshot is to be offered. */
import type { OpenSnapshots } from "../../state/snapshots.ts";
import type { Offering, PcParts } from "./host.ts";

export class SnapshotDesk {
  readonly #tpm: string;
  readonly #pc: PcParts;
  #opened: Promise<Offering> | null = null;

  /** @param tpm the identifier of the TPM that the PC has. */
  constructor(tpm: string, pc: PcParts) {
    this.#tpm = tpm;
    this.#pc = pc;
  }

  /** What the dialog needs. Rejects when it does not arrive; the next call tries again. */
  async open(): Promise<OpenSnapshots> {
    const { snapshots } = await this.#load();
    return { actions: snapshots, store: snapshots.store };
  }

  /**
   * Before the PC boots: offers the snapshot that is kept for that, if there is one.
   * @returns whether the PC goes on with it. Never rejects.
   */
  async offer(): Promise<boolean> {
    try {
      // Looked at before every boot, so without a database.
      if (localStorage.getItem(`tabtpm-start-${this.#tpm}`) === null) return false;
      return await (await this.#load()).offer();
    } catch {
      // What is kept can't be looked at: the PC boots, and the dialog says why when it is opened.
      return false;
    }
  }

  /** The dialog was closed. */
  closed(): void {
    void this.#opened?.then((offering) => offering.closed());
  }

  #load(): Promise<Offering> {
    this.#opened ??= import("./host.ts").then(({ Offering }) => new Offering(this.#tpm, this.#pc));
    this.#opened.catch(() => {
      this.#opened = null;
    });
    return this.#opened;
  }
}
