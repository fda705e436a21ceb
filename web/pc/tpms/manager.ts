/**
 * The TPMs of this browser: what the dialog asks for. Loaded when it is first opened. A TPM is complete, in memory, before
 * anything of it is stored, and nothing here changes one that is there but for its name.
 */
import {
  checkTpmName,
  isSameTpmName,
  makePassphraseKey,
  type NamedTpms,
  requestPersistence,
  storageOutlook,
  type Tpm,
} from "../../../src/index.ts";
import { Store } from "../../state/store.ts";
import {
  initialTpms,
  type ListedTpm,
  type NewTpm,
  type TpmsActions,
  type TpmsProblem,
  type TpmsState,
} from "../../state/tpms.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { orAborted } from "../arrival.ts";
import { saveFile } from "../download.ts";
import { arrivals } from "../migration/arrivals.ts";
import { SnapshotStore } from "../snapshots/store.ts";
import { SnapshotVault, type VaultOptions } from "../snapshots/vault.ts";
import { keepTpm, keptTpm } from "./choice.ts";
import { heldKeys } from "./heldKeys.ts";
import * as inMemory from "./making.ts";
import { exported, type MakeKey, type OpenedTpm, opened, openedFile } from "./passphrases.ts";
import { refusalOf, refuse } from "./refusals.ts";

/** A form leads back to the list when its work is done: by then the list is to be the new one. */
const REDRAW_MS = 0;
/** No file with a state is as large; whoever chose a disk image need not wait until it was read. */
const FILE_LIMIT = 1 << 22;

export interface TpmsOptions {
  readonly tpms: NamedTpms;
  /** The one that this page uses. */
  readonly tpm: Pick<Tpm, "unlock" | "setPassphrase">;
  /** It is open now. */
  readonly onUnlocked: () => void;
  /** The identifier of the TPM that this page uses. */
  readonly current: string;
  /** Whether it does: another tab may have been first, or have taken it over. */
  readonly isOwner: () => boolean;
  /** Says it to who can't see. */
  readonly announce: (words: string) => void;
  /** Shuts the PC down and goes on with that TPM; does not return. @throws what keeps it from that. */
  readonly use: (id: string, name: string) => Promise<void>;
  /** Told of each list that was read. */
  readonly onList: (list: readonly ListedTpm[]) => void;
  /** Where the TPMs' snapshots are; by default where the page has them. */
  readonly snapshots?: Pick<VaultOptions, "store" | "inTurn">;
  /** What makes a key of a new passphrase; by default at the library's cost. */
  readonly makeKey?: MakeKey;
  /** What makes TPMs and looks at states; by default in a worker each. */
  readonly makers?: Pick<typeof inMemory, "makeNew" | "makeNewIdentity" | "factsOf">;
}

export class Tpms implements TpmsActions {
  readonly store = new Store<TpmsState>(initialTpms, REDRAW_MS);
  readonly #options: TpmsOptions;
  readonly #tpms: NamedTpms;
  readonly #makers: NonNullable<TpmsOptions["makers"]>;
  readonly #makeKey: MakeKey;
  #making: AbortController | null = null;

  constructor(options: TpmsOptions) {
    this.#options = options;
    this.#tpms = options.tpms;
    this.#makers = options.makers ?? inMemory;
    this.#makeKey = options.makeKey ?? makePassphraseKey;
  }

  refresh(): Promise<boolean> {
    return this.#attempt(() => this.#read());
  }

  make(tpm: NewTpm): Promise<boolean> {
    return this.#make(tpm.name, null, null, (progress, signal) => this.#makers.makeNew(tpm, progress, signal));
  }

  copy(id: string, name: string, identity: "same" | "new", passphrase = ""): Promise<boolean> {
    const open = async () => opened(id, await this.#stored(id), passphrase);
    if (identity === "new") {
      return this.#make(name, id, open, async (progress, signal) =>
        this.#makers.makeNewIdentity((await open()).state, progress, signal),
      );
    }
    return this.#attempt(async () => {
      const facts = (await this.#tpms.list()).find((tpm) => tpm.id === id);
      const { profile = null, certificates = null } = facts ?? {};
      await this.#tpms.add(name, { ...(await open()), copyOf: id, facts: { profile, certificates } });
    });
  }

  cancelMaking(): void {
    this.#making?.abort();
    this.#making = null;
    this.store.set({ making: null });
  }

  rename(id: string, name: string): Promise<boolean> {
    return this.#attempt(() => this.#tpms.rename(id, name));
  }

  export(id: string, passphrase = ""): Promise<boolean> {
    return this.#attempt(async () => {
      const { state } = await this.#stored(id);
      const name = this.store.value.list?.find((tpm) => tpm.id === id)?.name ?? id;
      const file = await exported(state, name, passphrase, this.#makeKey);
      saveFile(`${name.replace(/[\\/:*?"<>|]/g, "_")}.state`, file);
    });
  }

  import(file: File, name: string, passphrase = ""): Promise<boolean> {
    return this.#attempt(async () => {
      if (file.size > FILE_LIMIT) throw refuse("file", "large");
      const { secret, ...found } = await openedFile(
        new Uint8Array(await file.arrayBuffer()),
        passphrase,
        this.#makeKey,
      );
      const { state, facts } = await this.#makers.factsOf(found.state, new AbortController().signal);
      await this.#tpms.add(name, { state, variables: null, facts, secret });
    });
  }

  protect(id: string, current: string | null, next: string | null): Promise<boolean> {
    return this.#attempt(async () => {
      // Also of the TPM that is open: who takes its passphrase away knows it.
      const { secret } = await opened(id, await this.#stored(id), current ?? "");
      const key = next === null ? null : await this.#makeKey(next);
      const isOwn = id === this.#options.current && this.#options.isOwner();
      await this.#vaultOf(id).protect(secret ?? null, key, async () => {
        await (isOwn ? this.#options.tpm.setPassphrase(key) : this.#tpms.protect(id, secret, key));
        if (isOwn) heldKeys.hold(id, key);
      });
      // It is open, so no machine is on its way: what a crash left of one is of no use, and not encrypted with this.
      await arrivals.forget(id);
    });
  }

  unlock(passphrase: string): Promise<boolean> {
    return this.#attempt(async () => {
      const { current, tpm, onUnlocked } = this.#options;
      const { secret } = await opened(current, await this.#stored(current), passphrase);
      // The worker gets the key, and no passphrase.
      if (secret !== undefined) {
        heldKeys.hold(current, secret);
        const isOpen = await tpm.unlock(secret).then(
          () => true,
          (error: unknown) => {
            // It knows its passphrase now, and the page what is to be done about the move.
            if ((error as Error).name === "StoreGivenUpError") return false;
            throw error;
          },
        );
        // Where there is no room for it now, it is tried again each time.
        if (isOpen)
          await this.#vaultOf(current)
            .settle(secret)
            .catch(() => {});
      }
      onUnlocked();
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#attempt(async () => {
      await this.#tpms.remove(id);
      // Kept apart from its companions, whose code every visit fetches.
      await (this.#options.snapshots?.store ?? new SnapshotStore()).removeAll(id);
      // The next visit would make a new one in its place.
      if (keptTpm() === id) keepTpm(this.#options.current);
    });
  }

  use(id: string): Promise<boolean> {
    return this.#attempt(async () => {
      const tpm = (await this.#tpms.list()).find((each) => each.id === id);
      if (tpm === undefined) throw refuse("gone", "");
      await this.#options.use(id, tpm.name);
    });
  }

  askForPersistence(): Promise<boolean> {
    return this.#attempt(async () => {
      await requestPersistence();
    });
  }

  dismiss(): void {
    this.store.set({ problem: null });
  }

  async #make(
    name: string,
    copyOf: string | null,
    open: (() => Promise<OpenedTpm>) | null,
    make: (
      onProgress: (making: { done: number; total: number }) => void,
      signal: AbortSignal,
    ) => Promise<inMemory.MadeTpm>,
  ): Promise<boolean> {
    if (this.#making !== null) return false;
    const making = new AbortController();
    this.#making = making;
    const { signal } = making;
    const isDone = await this.#attempt(async () => {
      // Before seconds are spent on it.
      await this.#requireFree(name);
      const progress = ({ done, total }: { done: number; total: number }) => {
        if (!signal.aborted) this.store.set({ making: { done, total } });
      };
      progress({ done: 0, total: 0 });
      const { state, facts } = await orAborted(make(progress, signal), signal);
      this.store.set({ making: null });
      const { variables = null, secret } = (await open?.()) ?? {};
      await this.#tpms.add(name, { state, variables, facts, secret, ...(copyOf !== null && { copyOf }) });
      this.#options.announce(tpmsDialogWords().madeAnnouncement);
    }, signal);
    if (this.#making === making) this.#making = null;
    this.store.set({ making: null });
    return isDone;
  }

  async #requireFree(name: string): Promise<void> {
    const wanted = checkTpmName(name);
    if ((await this.#tpms.list()).some((tpm) => isSameTpmName(tpm.name, wanted))) throw refuse("name", "taken");
  }

  #vaultOf(id: string): SnapshotVault {
    const readState = async () => (await this.#tpms.read(id))?.state ?? null;
    const { store = new SnapshotStore(), ...more } = this.#options.snapshots ?? {};
    return new SnapshotVault({ tpm: id, store, readState, ...more });
  }

  async #stored(id: string) {
    const stored = await this.#tpms.read(id);
    if (stored === null) throw refuse("gone", "");
    return stored;
  }

  async #read(): Promise<void> {
    const [all, storage] = await Promise.all([this.#tpms.list(), storageOutlook()]);
    const list = all.map(({ isOpen, ...tpm }) => {
      const isOwn = tpm.id === this.#options.current && this.#options.isOwner();
      const use = isOwn ? "here" : isOpen ? "elsewhere" : "none";
      return { ...tpm, use } as const;
    });
    this.store.set({ list, storage });
    this.#options.onList(list);
  }

  /** Does it, says what goes wrong, and reads the list anew. @returns whether it was done */
  async #attempt(work: () => Promise<void>, signal?: AbortSignal): Promise<boolean> {
    this.store.set({ busy: true, problem: null });
    let problem: TpmsProblem | null = null;
    let isDone = false;
    try {
      await work();
      isDone = true;
    } catch (error) {
      // Nobody wants to know why what he gave up did not work.
      if (signal?.aborted !== true) problem = refusalOf(error);
    }
    await this.#read().catch((error: unknown) => {
      problem ??= refusalOf(error);
    });
    this.store.set({ busy: false, problem });
    if (problem !== null) this.#options.announce(tpmsDialogWords().failedAnnouncement);
    return isDone;
  }
}
