/**
 * What was given up comes back. Where its guest can't go on, however that came to be, the TPM can: whoever asked for it is asked whether
 * the PC is to boot anew. What is kept of the guest is forgotten when the TPM is this page's again, and not before.
 */
import type { PassphraseKey } from "../../../src/index.ts";
import type { MigrationState } from "../../state/migration.ts";
import type { Store } from "../../state/store.ts";
import { migrationWords } from "../../words/migration.ts";
import { problemOf } from "../problems.ts";
import { type Arrivals, forgetKept, type GuestLoss, GuestLostError, keptMachine, openKept } from "./kept.ts";
import { type TakeOverParts, takeOver } from "./takeOver.ts";
import { problemNamed, sentenceOfLoss } from "./troubles.ts";

export interface TakingBackParts extends TakeOverParts {
  readonly id: string;
  /** Of the move, as its dialog shows it. */
  readonly moving: Store<MigrationState>;
  readonly arrivals: Arrivals;
  /** That the TPM is encrypted with. @throws SealedStateError where this page has not got it. */
  key(): Promise<PassphraseKey | null>;
  /** The images that this page's guest is made of: their digest. @throws where they can't be had */
  guest(): Promise<string>;
  /** Whether the TPM's store says so now. */
  isGivenUp(migration: string): Promise<boolean>;
}

export class TakingBack {
  readonly #parts: TakingBackParts;
  /** What was asked. */
  #asked: { readonly migration: string; readonly loss: GuestLoss } | null = null;
  #underWay: { readonly migration: string; readonly isOurs: Promise<boolean> } | null = null;

  constructor(parts: TakingBackParts) {
    this.#parts = parts;
  }

  /** Somebody is asked whether the PC is to boot anew. */
  get isAsking(): boolean {
    return this.#asked !== null;
  }

  /**
   * @param saved of a move that this page has begun: the machine as it stood; null: what is kept counts.
   * @returns whether the PC goes on here; where its guest can't, that was asked.
   * @throws what keeps the TPM from being opened; all is as it was.
   */
  async takeBack(migration: string, saved: Blob | null): Promise<boolean> {
    const { id, store, tpm, arrivals } = this.#parts;
    try {
      const isBack = await this.takeOver(migration, saved);
      if (!isBack) store.set({ problem: problemOf(tpm.state().error) });
      else await forgetKept(arrivals, id, migration);
      return isBack;
    } catch (error) {
      if (!(error instanceof GuestLostError)) throw error;
      // What somebody else has by now is nobody's to ask for.
      if (tpm.power !== "failed" || (await this.#parts.isGivenUp(migration))) this.ask(migration, error.loss);
      else store.set({ problem: problemNamed("MovedError") });
      return false;
    }
  }

  /**
   * The TPM is this page's, and the guest goes on where it stood.
   * @param saved null: as it is kept.
   * @returns false where somebody else has the TPM.
   * @throws GuestLostError where it can't go on; the TPM may be this page's by then. What keeps this page from its guest's images.
   */
  takeOver(migration: string, saved: Blob | null): Promise<boolean> {
    return this.#alone(migration, () => this.#goOn(migration, saved));
  }

  async #goOn(migration: string, saved: Blob | null): Promise<boolean> {
    const { id, arrivals } = this.#parts;
    const key = await this.#parts.key();
    const machine = saved ?? (await keptMachine(arrivals, id, migration));
    const guest = await openKept(machine, key);
    if (guest.contents.head.guest !== (await this.#parts.guest())) throw new GuestLostError({ kind: "images" });
    return takeOver(this.#parts, { migration, key, guest });
  }

  /** Whether the TPM is to come without its guest. */
  ask(migration: string, loss: GuestLoss): void {
    this.#asked = { migration, loss };
    this.#parts.moving.set({ phase: "lost", done: 0, total: 0, trouble: sentenceOfLoss(loss) });
    this.#parts.store.set({ asking: "move" });
  }

  /** No: all stays as it is, and may be asked again. */
  decline(): void {
    this.#asked = null;
  }

  /** Yes. @throws what keeps the TPM from being opened; nothing is forgotten then. */
  async bootAnew(): Promise<boolean> {
    const asked = this.#asked;
    if (asked === null) return this.#underWay?.isOurs ?? false;
    this.#asked = null;
    return this.#alone(asked.migration, () => this.#boot(asked.migration));
  }

  async #boot(migration: string): Promise<boolean> {
    const { id, arrivals } = this.#parts;
    const onTaken = () => forgetKept(arrivals, id, migration);
    const isOurs = await takeOver(this.#parts, { migration, key: await this.#parts.key(), guest: null, onTaken });
    const { store, tpm } = this.#parts;
    if (!isOurs) store.set({ problem: problemOf(tpm.state().error), asking: null });
    return isOurs;
  }

  /**
   * One at a time: a second one would open the store anew that the first has just opened, find the mark gone, and stop the TPM.
   * Who asks for the same meanwhile gets what the first comes to.
   */
  async #alone(migration: string, work: () => Promise<boolean>): Promise<boolean> {
    if (this.#underWay !== null && this.#underWay.migration !== migration) {
      throw new Error(migrationWords().troubles.underWay);
    }
    this.#underWay ??= {
      migration,
      isOurs: work().finally(() => {
        this.#underWay = null;
      }),
    };
    return this.#underWay.isOurs;
  }
}
