/** Moves the running PC to another tab, or as a file. Loaded when somebody wants it. */
import {
  canStop,
  canStopTarget,
  canTakeBack,
  givenUpTo,
  MigrationSource,
  MigrationTarget,
  NamedTpms,
  newMigrationId,
  openMachineFile,
  type PassphraseKey,
  reasonsAgainst,
  SealedStateError,
  type SourceProgress,
  TabChannel,
  type TargetProgress,
} from "../../../src/index.ts";
import type { MigrationActions, MigrationState } from "../../state/migration.ts";
import { Store } from "../../state/store.ts";
import { migrationWords } from "../../words/migration.ts";
import { saveFile } from "../download.ts";
import { guestDigest } from "../guestDigest.ts";
import { problemOf } from "../problems.ts";
import { noteStart } from "../snapshots/startNote.ts";
import { heldKeyOf, heldKeys } from "../tpms/heldKeys.ts";

import { arrivals } from "./arrivals.ts";
import { forgetKept, GuestLostError, keptMachine } from "./kept.ts";
import { isNoOffer, type MigrationParts, WANTED } from "./parts.ts";
import { headOf, placeOf, saveMachine } from "./saving.ts";
import { TakingBack } from "./takingBack.ts";
import { sentenceOfLoss, sentenceOfTrouble } from "./troubles.ts";

const REDRAW_MS = 100;
const ready: MigrationState = { phase: "ready", done: 0, total: 0, trouble: null };

export class Mover implements MigrationActions {
  readonly store = new Store<MigrationState>(ready, REDRAW_MS);
  readonly #parts: MigrationParts;
  readonly #calls: BroadcastChannel;
  readonly #channel: TabChannel;
  readonly #address: string;
  readonly #back: TakingBack;
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
    this.#back = new TakingBack({
      ...parts,
      ...{ moving: this.store, arrivals, key: () => this.#key(), isGivenUp: (name) => this.#isGivenUp(name) },
      guest: async () => guestDigest(await parts.images()),
    });
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
      const key = await this.#key();
      if (key !== null) this.#calls.postMessage({ key } satisfies KeyMessage);
      const source = await MigrationSource.offer({
        ...{ migration, head, channel: this.#channel },
        onChange: (progress) => {
          if (this.#leaving === leaving) this.#sourceChanged(progress);
        },
        machine: {
          save: async (signal) => {
            leaving.saved = await saveMachine(this.#parts, { migration, signal, key: () => this.#key() });
            return leaving.saved;
          },
          release: () => computer.machine?.release(),
          giveUp: (name) => this.#parts.tpm.giveUp(name),
          isGivenUp: (name) => this.#isGivenUp(name),
          // It is only told of it: see #endLeaving.
          takeBack: async () => true,
          leave: () =>
            this.#parts.store.set({ problem: problemOf(Object.assign(new Error(""), { name: "MovedError" })) }),
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
      onChange: (progress) => this.#targetChanged(progress),
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
    void this.#moveToFile(this.#file.signal).finally(() => {
      this.#file = null;
    });
  }

  stop(): void {
    this.#file?.abort(new DOMException("The move was cancelled.", "AbortError"));
    this.#source?.stop();
    if (this.#target?.state === null) this.store.set(ready);
    this.#target?.stop();
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
      const machine = await keptMachine(arrivals, this.#parts.id, migration);
      saveFile(this.#fileName(), new Uint8Array(await machine.arrayBuffer()));
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

  /** In order: kept here, so that it is not lost with the download; given up; handed out. */
  async #moveToFile(signal: AbortSignal): Promise<void> {
    const { id, tpm, computer } = this.#parts;
    const migration = newMigrationId();
    this.store.set({ ...ready, phase: "leaving" });
    try {
      await headOf(this.#parts);
      const machine = await (
        await saveMachine(this.#parts, { migration, signal, key: () => this.#key() })
      ).arrayBuffer();
      signal.throwIfAborted();
      await arrivals.keep(id, { migration, machine });
      noteStart(id, true);
      this.store.set({ phase: "late" });
      await tpm.giveUp(migration);
      saveFile(this.#fileName(), new Uint8Array(machine));
      this.#parts.store.set({ asking: null });
      this.store.set(ready);
    } catch (error) {
      if (!(await this.#isGivenUp(migration).catch(() => true))) {
        await forgetKept(arrivals, this.#parts.id, migration);
        computer.machine?.release();
      }
      this.store.set({ ...ready, trouble: sentenceOfTrouble({ kind: "failed", why: (error as Error).message }) });
    }
  }

  #fileName(): string {
    return `${this.#parts.store.value.tpmName.replace(/[^\p{L}\p{N} ._-]/gu, "_")}.tabtpm`;
  }

  /** What the TPM is encrypted with; null for nothing. @throws SealedStateError where this page has not got it; nothing was changed. */
  async #key(): Promise<PassphraseKey | null> {
    const { id } = this.#parts;
    const key = await heldKeyOf(id, (await new NamedTpms().read(id))?.state ?? null);
    if (key === undefined) throw new SealedStateError("The TPM is encrypted: it needs its passphrase.", "missing");
    return key;
  }

  /** That it can be restored is seen by reading it whole; that it fits was judged before. */
  async #keep(migration: string, machine: Blob): Promise<void> {
    await openMachineFile(machine, { passphrase: (await this.#key()) ?? undefined });
    this.#kept = migration;
    await arrivals.keep(this.#parts.id, { migration, machine: await machine.arrayBuffer() });
    noteStart(this.#parts.id, true);
  }

  async #isGivenUp(migration: string): Promise<boolean> {
    return (await givenUpTo(this.#parts.id)) === migration;
  }

  #sourceChanged(progress: SourceProgress): void {
    const { phase, done, total, trouble } = progress;
    if (phase === "released" || phase === "moved" || phase === "takenBack") {
      this.store.set({ ...ready, trouble: trouble === null ? null : sentenceOfTrouble(trouble) });
      if (phase === "moved") this.#parts.store.set({ asking: null, announcement: migrationWords().left });
    } else if (canTakeBack(progress)) {
      // The page behind the dialog offers it.
      if (this.#back.isAsking) return;
      this.store.set({ ...ready, trouble: trouble === null ? null : sentenceOfTrouble(trouble) });
      this.#parts.store.set({ asking: null });
    } else if (phase !== "offered") {
      this.#parts.store.set({ asking: "move" });
      this.store.set({ phase: canStop(progress) ? "leaving" : "late", done, total, trouble: null });
    }
  }

  #targetChanged(progress: TargetProgress): void {
    const { phase, done, trouble } = progress;
    const sentence = trouble === null ? null : sentenceOfTrouble(trouble);
    if (this.#back.isAsking) return;
    if (phase === "started") this.store.set(ready);
    else if (phase === "ended") this.store.set({ ...ready, trouble: sentence });
    else if (phase === "stranded") {
      this.#parts.store.set({ asking: "move" });
      this.store.set({ phase: "kept", trouble: sentence });
    } else this.store.set({ phase: canStopTarget(progress) ? "coming" : "late", done, total: 0, trouble: null });
  }
}

/** What the tab that has the PC says to the one that it goes to, where the TPM is encrypted. */
interface KeyMessage {
  readonly key: PassphraseKey;
}
const isKeyMessage = (data: unknown): data is KeyMessage =>
  typeof data === "object" && data !== null && (data as { key?: { key?: unknown } }).key?.key instanceof CryptoKey;
