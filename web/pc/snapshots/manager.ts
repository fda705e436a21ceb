/** The snapshots of this browser: what the dialog asks for. Loaded when it is first opened. */
import {
  MACHINE_NAME_LIMIT,
  type MachineHead,
  type MachineParts,
  type NewMachineHead,
  openMachineFile,
  RollbackRefusedError,
  readMachineFile,
  sealMachineFile,
  writeMachineFile,
} from "../../../src/index.ts";
import type { Settings } from "../../state/settings.ts";
import {
  initialSnapshots,
  type ListedSnapshot,
  type MovedOnChoice,
  type SnapshotsActions,
  type SnapshotsProblem,
  type SnapshotsState,
} from "../../state/snapshots.ts";
import { Store } from "../../state/store.ts";
import { snapshotWords } from "../../words/snapshots.ts";
import { saveBlob } from "../download.ts";
import { heldKeys } from "../tpms/heldKeys.ts";
import { lossOf, Refusal, refusalOf } from "./refusals.ts";
import { type SnapshotRow, SnapshotStore } from "./store.ts";
import { SnapshotVault } from "./vault.ts";

/** A file is larger than no machine of the page's. */
const FILE_LIMIT = 1 << 30;
/** Octets of a picture of the screen; ours has about 10,000. */
const PICTURE_LIMIT = 60_000;

export interface SavedPc {
  readonly head: Omit<NewMachineHead, "name" | "guest">;
  readonly parts: MachineParts;
}

/** The PC, as far as snapshots have to do with it. */
export interface SnapshotHost {
  /** The images that the guest is made of: their digest. */
  guest(): Promise<string>;
  /** @throws what keeps it from being saved; the PC goes on. */
  save(): Promise<SavedPc>;
  /** Of a file: whether a PC of this page can go on with it. Nothing changes. @throws SnapshotRefusedError, TpmStateError */
  check(head: MachineHead, state: ArrayBuffer): Promise<void>;
  /** The TPM of a snapshot, durably, beside those that are there. @returns its identifier */
  addTpm(name: string, state: ArrayBuffer): Promise<string>;
  removeTpm(id: string): Promise<void>;
  /** Shuts the PC down and goes on with that TPM, with the snapshot that is offered for it; does not return. @throws what keeps it from that. */
  useTpm(id: string): Promise<void>;
  /** @throws RollbackRefusedError and others; the PC goes on as it was. */
  resume(
    saved: {
      readonly state: ArrayBuffer;
      readonly console: Uint8Array;
      readonly settings: Settings;
      readonly savedAt: number;
    },
    onMovedOn: "refuse" | MovedOnChoice,
  ): Promise<void>;
}

export interface SnapshotsOptions {
  readonly tpm: string;
  readonly host: SnapshotHost;
  readonly store?: SnapshotStore;
  /** Encrypts what is kept of a TPM that has a passphrase. @param tpm its id */
  readonly vaultOf?: (tpm: string) => SnapshotVault;
  /** Whether there is one that is offered at the next visit. */
  readonly onStart: (isThere: boolean) => void;
  readonly onResumed: () => void;
  /** Says it to who can't see. */
  readonly announce: (words: string) => void;
}

export class Snapshots implements SnapshotsActions {
  readonly store = new Store<SnapshotsState>(initialSnapshots, 0);
  readonly #options: SnapshotsOptions;
  readonly #kept: SnapshotStore;
  readonly #vaultOf: (tpm: string) => SnapshotVault;
  readonly #vault: SnapshotVault;
  #cancel: AbortController | null = null;
  /** What was read from a file, until somebody says where to. */
  #arrived: { readonly head: MachineHead; readonly parts: MachineParts } | null = null;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#kept = options.store ?? new SnapshotStore();
    this.#vaultOf = options.vaultOf ?? ((tpm) => new SnapshotVault({ tpm, store: this.#kept }));
    this.#vault = this.#vaultOf(options.tpm);
  }

  refresh(): Promise<boolean> {
    return this.#attempt(null, async () => {});
  }

  /** @returns whether there is one to offer, which is offered from now on. */
  async findOffered(): Promise<boolean> {
    if (!(await this.refresh())) return false;
    const offered = this.store.value.list?.find(({ isStart }) => isStart)?.id ?? null;
    this.store.set({ offered });
    return offered !== null;
  }

  endOffer(): void {
    this.store.set({ offered: null, problem: null, moved: null });
  }

  make(name: string, isStart: boolean): Promise<boolean> {
    const { host } = this.#options;
    return this.#attempt("saving", async (signal, onProgress) => {
      const guest = await host.guest();
      const { head, parts } = await host.save();
      const whole = { ...head, guest, name: name.trim() };
      const file = await writeMachineFile(whole, parts, { signal, onProgress });
      await this.#add(whole, parts.picture, file, isStart, this.#options.tpm);
      this.#options.announce(snapshotWords().madeAnnouncement);
    });
  }

  resume(id: string, onMovedOn?: MovedOnChoice): Promise<boolean> {
    const { host, onResumed } = this.#options;
    this.store.set({ moved: null });
    return this.#attempt("resuming", async (signal, onProgress) => {
      const kept = await this.#vault.read(id);
      if (kept === null) throw new Refusal("gone");
      const { head, parts } = await readMachineFile(new Blob([kept]), { signal, onProgress });
      if (head.guest !== (await host.guest())) throw new Refusal("other guest");
      const { settings, isArrival = false } = head.machine as { settings: Settings; isArrival?: boolean };
      const { state, console = new Uint8Array() } = parts;
      signal.throwIfAborted();
      try {
        const { savedAt } = head;
        await host.resume({ state: state.buffer as ArrayBuffer, console, settings, savedAt }, onMovedOn ?? "refuse");
      } catch (error) {
        if (!(error instanceof RollbackRefusedError)) throw error;
        this.store.set({ moved: { id, lost: lossOf(error.lost) } });
        throw error;
      }
      // It goes on as the PC that came; the next visit boots.
      if (isArrival) await this.#kept.change(id, { isStart: false }).catch(() => {});
      onResumed();
      this.store.set({ offered: null });
    });
  }

  rename(id: string, name: string): Promise<boolean> {
    return this.#attempt(null, async () => {
      const wanted = name.trim();
      if (wanted === "" || [...wanted].length > MACHINE_NAME_LIMIT)
        throw new Refusal("failed", snapshotWords().badName);
      if (!(await this.#kept.change(id, { name: wanted }))) throw new Refusal("gone");
    });
  }

  offer(id: string, isStart: boolean): Promise<boolean> {
    return this.#attempt(null, () => this.#setStart(id, isStart));
  }

  export(id: string, passphrase: string): Promise<boolean> {
    return this.#attempt("saving", async (signal) => {
      const kept = await this.#vault.read(id);
      if (kept === null) throw new Refusal("gone");
      const name = this.store.value.list?.find((each) => each.id === id)?.name ?? "snapshot";
      const plain = new Blob([kept]);
      const file = passphrase === "" ? plain : await sealMachineFile(plain, passphrase, { signal });
      saveBlob(`${name.replace(/[^\p{L}\p{N} ._-]/gu, "_")}.tabtpm`, file);
    });
  }

  import(file: File, passphrase: string): Promise<boolean> {
    return this.#attempt("importing", async (signal, onProgress) => {
      const options = { signal, onProgress, limit: FILE_LIMIT };
      const { head, parts } = await openMachineFile(file, {
        ...options,
        ...(passphrase === "" ? {} : { passphrase }),
      });
      if (head.guest !== (await this.#options.host.guest())) throw new Refusal("other guest");
      await this.#options.host.check(head, parts.state.buffer as ArrayBuffer);
      signal.throwIfAborted();
      this.#arrived = { head, parts };
      const origin = isGivenUp(head) ? "moved" : "copy";
      this.store.set({ arrived: { origin, name: head.name, savedAt: head.savedAt } });
    });
  }

  takeIn(place: "here" | "own"): Promise<boolean> {
    const { host, tpm } = this.#options;
    return this.#attempt("importing", async (signal) => {
      if (this.#arrived === null) throw new Refusal("gone");
      const { head, parts } = this.#arrived;
      const { parts: _, ...written } = head;
      const machine = { ...(head.machine as object), isArrival: true };
      // As it is kept here it has the TPM's passphrase, or none.
      const file = await writeMachineFile({ ...written, machine }, parts, { signal });
      if (place === "here") {
        await this.#add(head, parts.picture, file, false, tpm);
        this.#forgetArrived();
        return;
      }
      const own = await host.addTpm(head.name, parts.state.buffer as ArrayBuffer);
      try {
        await this.#add(head, parts.picture, file, true, own);
        signal.throwIfAborted();
      } catch (error) {
        await this.#kept.removeAll(own).catch(() => {});
        await host.removeTpm(own);
        throw error;
      }
      this.#forgetArrived();
      await host.useTpm(own);
    });
  }

  /** A machine that moved and went on nowhere: it is put beside the snapshots, and offered. It is encrypted as its TPM is. */
  adopt(machine: ArrayBuffer): Promise<boolean> {
    return this.#attempt(null, async () => {
      const passphrase = heldKeys.of(this.#options.tpm) ?? undefined;
      const { head, parts } = await openMachineFile(new Blob([machine]), { passphrase });
      const { parts: _, ...written } = head;
      const whole = { ...written, machine: { ...(head.machine as object), isArrival: true } };
      await this.#add(head, parts.picture, await writeMachineFile(whole, parts), true, this.#options.tpm);
    });
  }

  /** A machine that moved here can't be offered; what the dialog says of it until it is closed. */
  sayLost({ reason }: SnapshotsProblem): void {
    this.store.set({ problem: { kind: "arrival", reason } });
  }

  #forgetArrived(): void {
    this.#arrived = null;
    this.store.set({ arrived: null });
  }

  remove(id: string): Promise<boolean> {
    return this.#attempt(null, () => this.#kept.remove(id));
  }

  cancel(): void {
    this.#cancel?.abort();
  }

  dismiss(): void {
    this.store.set({ problem: null, moved: null });
    this.#forgetArrived();
  }

  async #add(
    head: NewMachineHead,
    picture: Uint8Array | undefined,
    file: Blob,
    isStart: boolean,
    tpm: string,
  ): Promise<void> {
    const { name, savedAt, boot, pictureType } = head;
    const row: SnapshotRow = {
      id: crypto.randomUUID(),
      tpm,
      ...{ name, savedAt, log: boot.log, isStart: false, size: file.size },
      picture:
        picture === undefined || !isPicture(picture, pictureType) ? null : { type: pictureType, octets: picture },
    };
    await this.#vaultOf(tpm).add(row, await file.arrayBuffer());
    if (isStart) await this.#setStart(row.id, true, tpm);
  }

  async #setStart(id: string, isStart: boolean, tpm = this.#options.tpm): Promise<void> {
    for (const row of await this.#kept.list(tpm)) {
      if (row.isStart && row.id !== id) await this.#kept.change(row.id, { isStart: false });
    }
    if (!(await this.#kept.change(id, { isStart }))) throw new Refusal("gone");
  }

  /** Does it, says what goes wrong, and reads the list anew. @returns whether it was done */
  async #attempt(
    kind: NonNullable<SnapshotsState["work"]>["kind"] | null,
    work: (signal: AbortSignal, onProgress: (news: { done: number; total: number }) => void) => Promise<void>,
  ): Promise<boolean> {
    if (this.store.value.work !== null) return false;
    const cancel = new AbortController();
    this.#cancel = cancel;
    if (kind !== null) this.store.set({ work: { kind, done: 0, total: 0 } });
    this.store.set({ problem: null });
    let problem: SnapshotsProblem | null = null;
    let isDone = false;
    try {
      await work(cancel.signal, ({ done, total }) => {
        if (kind !== null) this.store.set({ work: { kind, done, total } });
      });
      isDone = true;
    } catch (error) {
      // Nobody wants to know why what he gave up did not work; what the TPM would lose is a question.
      if (!cancel.signal.aborted && !(error instanceof RollbackRefusedError)) problem = refusalOf(error);
    }
    try {
      const list = (await this.#vault.list()).map(listed);
      this.store.set({ list });
      this.#options.onStart(list.some(({ isStart }) => isStart));
    } catch (error) {
      problem ??= refusalOf(error);
      isDone = false;
    }
    this.#cancel = null;
    this.store.set({ work: null, problem });
    if (problem !== null) this.#options.announce(snapshotWords().failedAnnouncement);
    return isDone;
  }
}

/** Whether the PC was given up for this file. */
const isGivenUp = ({ machine }: MachineHead): boolean =>
  typeof (machine as { givenUpTo?: unknown } | null)?.givenUpTo === "string";

/** A file may be anybody's: it is shown as one of these, or not at all. */
const isPicture = (octets: Uint8Array, type: string | null): type is string =>
  octets.length <= PICTURE_LIMIT && (type === "image/webp" || type === "image/png");

const listed = ({ picture, sealed, ...row }: SnapshotRow): ListedSnapshot => ({
  ...row,
  isSealed: sealed !== undefined,
  picture: picture === null ? null : `data:${picture.type};base64,${btoa(String.fromCharCode(...picture.octets))}`,
});
