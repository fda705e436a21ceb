/** Moves the running PC to another tab, or as a file. Loaded when somebody wants it. */
import {
  givenUpTo,
  MigrationSource,
  MigrationTarget,
  newMigrationId,
  openMachineFile,
  reasonsAgainst,
  TabChannel,
} from "../../../src/index.ts";
import type { MigrationActions, MigrationState } from "../../state/migration.ts";
import { Store } from "../../state/store.ts";
import { guestDigest } from "../guestDigest.ts";
import { problemOf } from "../problems.ts";
import { noteStart } from "../snapshots/startNote.ts";
import { heldKeys } from "../tpms/heldKeys.ts";

import { arrivals } from "./arrivals.ts";
import { GivingUp } from "./givingUp.ts";
import { forgetKept, GuestLostError, keptMachine } from "./kept.ts";
import { isKeyMessage, type KeyMessage, keyOf } from "./keys.ts";
import { isNoOffer, type MigrationParts, WANTED } from "./parts.ts";
import { headOf, placeOf, saveMachine } from "./saving.ts";
import { type Shown, showSource, showTarget } from "./showing.ts";
import { TakingBack } from "./takingBack.ts";
import { handOut, moveToFile } from "./toFile.ts";
import { problemNamed, sentenceOfLoss, sentenceOfTrouble } from "./troubles.ts";

const REDRAW_MS = 100;
const ready: MigrationState = { phase: "ready", done: 0, total: 0, trouble: null };

export class Mover implements MigrationActions {
  readonly store = new Store<MigrationState>(ready, REDRAW_MS);
  readonly #parts: MigrationParts;
  readonly #calls: BroadcastChannel;
  readonly #channel: TabChannel;
  readonly #address: string;
  readonly #giving: GivingUp;
  readonly #back: TakingBack;
  readonly #shown: Shown;
  /** The move from here that has begun, and the machine as it stood. */
  #leaving: { readonly migration: string; saved: Blob | null } | null = null;
  #source: MigrationSource | null = null;
  #target: MigrationTarget | null = null;
  /** The move whose machine this tab has kept, and may forget. What another tab has kept is that one's. */
  #kept: string | null = null;
  #file: AbortController | null = null;

  /** @param address of a tab that asks for the PC as soon as it is there. */
  constructor(parts: MigrationParts, calls: BroadcastChannel, address: string) {
    this.#parts = parts;
    this.#calls = calls;
    this.#address = address;
    const about = { moving: this.store, isGivenUp: (migration: string) => this.#isGivenUp(migration) };
    this.#giving = new GivingUp({ ...parts, ...about });
    this.#back = new TakingBack({
      ...{ ...parts, ...about, arrivals, key: () => keyOf(parts.id) },
      guest: async () => guestDigest(await parts.images()),
    });
    this.#shown = { moving: this.store, page: parts.store, isAsking: () => this.#back.isAsking };
    this.#channel = new TabChannel({ name: `tabtpm-moving/${parts.id}` });
    calls.addEventListener("message", ({ data }) => {
      if (this.#target === null) return;
      // Of the tab that has the PC: whoever sits at both has given the passphrase there.
      if (isKeyMessage(data)) heldKeys.hold(parts.id, data.key);
      else if (isNoOffer(data) && this.#target.state === null) this.#endWaiting(data.why);
    });
  }

  openTab(): void {
    window.open(this.#address);
  }

  /** Another tab wants the PC. @throws where it is none that moves; nothing has stopped. */
  async offer(): Promise<void> {
    // Nobody has taken that one: the tab that wanted it may be gone, and this is another one that has not heard it.
    if (this.#source?.state.phase === "offered") {
      this.#source.stop();
      await this.#source.over;
    }
    if (this.#leaving !== null || this.#file !== null) return;
    const { computer } = this.#parts;
    const migration = newMigrationId();
    const leaving: { migration: string; saved: Blob | null } = { migration, saved: null };
    this.#leaving = leaving;
    this.#back.decline();
    try {
      const head = await headOf(this.#parts);
      const key = await keyOf(this.#parts.id);
      if (key !== null) this.#calls.postMessage({ key } satisfies KeyMessage);
      const source = await MigrationSource.offer({
        ...{ migration, head, channel: this.#channel },
        onChange: (progress) => {
          // Whatever the other tab says: whether the TPM is given up has to be known first.
          if (this.#leaving === leaving && !this.#giving.isUnsure) showSource(this.#shown, progress);
        },
        machine: {
          save: async (signal) => {
            leaving.saved = await saveMachine(this.#parts, { migration, signal, key: () => keyOf(this.#parts.id) });
            return leaving.saved;
          },
          release: () => computer.machine?.release(),
          giveUp: (name) => this.#giving.giveUp(name),
          // Asked where that has failed: it is known by then.
          isGivenUp: async () => false,
          // It is only told of it: see #endLeaving.
          takeBack: async () => true,
          leave: () => this.#parts.store.set({ problem: problemNamed("MovedError") }),
        },
      });
      this.#source = source;
      await source.over;
    } finally {
      if (this.#leaving === leaving) this.#endLeaving();
    }
  }

  /** @param isBack the PC is this page's again: the source, and the tab that it would have gone to, have nothing of it any more. */
  #endLeaving(isBack = false): void {
    const source = this.#source;
    this.#leaving = null;
    this.#source = null;
    if (isBack) source?.takeBack();
  }

  /** The tab that has the PC is asked for it. */
  bringHere(): void {
    if (this.#target !== null) return;
    this.#back.decline();
    this.#kept = null;
    const target = new MigrationTarget({
      channel: this.#channel,
      onChange: (progress) => showTarget(this.#shown, progress),
      machine: {
        judge: async (head) => reasonsAgainst(head, await placeOf(this.#parts)),
        keep: (migration, machine) => this.#keep(migration, machine),
        isGivenUp: (migration) => this.#isGivenUp(migration),
        takeOver: (migration) => this.#takeWhatCame(migration),
        forget: async (migration) => {
          // What is asked about is forgotten when that is answered.
          if (this.#kept === migration && !this.#back.isAsking) await forgetKept(arrivals, this.#parts.id, migration);
        },
      },
    });
    this.#target = target;
    this.store.set({ ...ready, phase: "waiting" });
    this.#parts.store.set({ asking: "move" });
    void target.over.then(() => {
      this.#target = null;
    });
    this.#calls.postMessage(WANTED);
  }

  /** Nothing was offered, and nothing will be. */
  #endWaiting(why: string): void {
    this.#target?.stop();
    this.store.set({ ...ready, trouble: sentenceOfTrouble({ kind: "failed", why }) });
  }

  saveFile(): void {
    if (this.#leaving !== null || this.#file !== null) return;
    this.#file = new AbortController();
    void moveToFile(this.#parts, {
      moving: this.store,
      ...{
        signal: this.#file.signal,
        key: () => keyOf(this.#parts.id),
        giveUp: (migration) => this.#giving.giveUp(migration),
      },
    }).finally(() => {
      this.#file = null;
    });
  }

  stop(): void {
    this.#file?.abort(new DOMException("The move was cancelled.", "AbortError"));
    this.#source?.stop();
    if (this.#target?.state === null) this.store.set(ready);
    this.#target?.stop();
  }

  lookAgain(): void {
    this.#giving.lookAgain();
  }

  start(): void {
    this.#target?.start();
  }

  discard(): void {
    this.#target?.discard();
  }

  async takeBack(): Promise<void> {
    const migration = await this.#givenUp();
    const saved = this.#leaving?.migration === migration ? this.#leaving.saved : null;
    const isBack = await this.#back.takeBack(migration, saved);
    // Of a guest that can't go on the TPM may be here all the same.
    if (isBack || this.#parts.tpm.power !== "failed") this.#endLeaving(isBack);
  }

  bootAnew(): void {
    void this.#bootAnew();
  }

  async #bootAnew(): Promise<void> {
    const { store } = this.#parts;
    store.set({ busy: true });
    this.store.set({ ...ready, phase: "late" });
    try {
      if (await this.#back.bootAnew()) this.#endLeaving(true);
      // Whoever has the TPM may go on with what is kept.
      else this.#kept = null;
      // What came and did not start is no machine of this page's any more.
      this.#target?.discard();
    } catch (error) {
      const problem = problemOf(error);
      store.set({ problem, power: "off", asking: problem.kind === "sealed" ? "passphrase" : null });
    } finally {
      this.store.set(ready);
      store.set({ busy: false });
    }
  }

  decline(): void {
    this.#back.decline();
    if (this.#target?.state?.phase === "stranded") this.store.set({ phase: "kept" });
    else {
      this.store.set(ready);
      this.#parts.store.set({ asking: null });
    }
  }

  async saveAgain(): Promise<void> {
    const migration = await this.#givenUp();
    try {
      await handOut(this.#parts, await keptMachine(arrivals, this.#parts.id, migration));
    } catch (error) {
      if (!(error instanceof GuestLostError)) throw error;
      if (await this.#isGivenUp(migration)) this.#back.ask(migration, error.loss);
    }
  }

  async #givenUp(): Promise<string> {
    const { id, tpm } = this.#parts;
    return (tpm.state().error as { migration?: string } | null)?.migration ?? (await givenUpTo(id)) ?? "";
  }

  /** @returns false where it was taken back. A guest that can't go on is asked about. */
  async #takeWhatCame(migration: string): Promise<boolean> {
    try {
      return await this.#back.takeOver(migration, null);
    } catch (error) {
      if (!(error instanceof GuestLostError)) throw error;
      this.#back.ask(migration, error.loss);
      // The TPM is this page's, and the other tab has to know it.
      if (this.#parts.tpm.power !== "failed") return true;
      throw new Error(sentenceOfLoss(error.loss), { cause: error });
    }
  }

  /** That it can be restored is seen by reading it whole; that it fits was judged before. */
  async #keep(migration: string, machine: Blob): Promise<void> {
    await openMachineFile(machine, { passphrase: (await keyOf(this.#parts.id)) ?? undefined });
    this.#kept = migration;
    await arrivals.keep(this.#parts.id, { migration, machine: await machine.arrayBuffer() });
    noteStart(this.#parts.id, true);
  }

  async #isGivenUp(migration: string): Promise<boolean> {
    return (await givenUpTo(this.#parts.id)) === migration;
  }
}
