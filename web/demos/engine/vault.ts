/**
 * A secret that is sealed to a boot: how the boot is measured, that the same boot opens it, and that another one does not.
 * Demos "honest-boot" and "evil-maid" are two views of it.
 */
import { type BootComparison, type BootRecord, compareBoots } from "../../../src/index.ts";
import { toHex } from "../../pc/hex.ts";
import { CHANGED_PCR, type ChangeName, changeOf } from "./changes.ts";
import { Demo, type DemoState, initialDemo, isSealed, type Opening, openingOf, Unproven } from "./demo.ts";
import type { DemoGround } from "./ground.ts";
import { HANDLE, IMA_COPY, mendLine, openLines, sealLines, spoilLine } from "./lines.ts";

/** A boot with something changed, beside the good one. */
export interface Attack {
  readonly change: ChangeName;
  readonly comparison: BootComparison;
  readonly opening: Opening;
}

export interface VaultState extends DemoState {
  /** authPolicy of the object that holds the secret, in hex, as the TPM tells of it. */
  readonly sealed: string | null;
  /** The boot to which it is sealed, after it was opened in it. */
  readonly good: BootRecord | null;
  /** In the next boot with nothing changed. */
  readonly again: Opening | null;
  readonly attack: Attack | null;
  /** After the attack, with everything as before. */
  readonly undone: Opening | null;
}

const initial: VaultState = { ...initialDemo, sealed: null, good: null, again: null, attack: null, undone: null };

export class Vault extends Demo<VaultState> {
  /** The script on the disk has the maid's line. */
  #isSpoiled = false;

  constructor(ground: DemoGround) {
    super(ground, initial);
  }

  /** A boot as it is, link by link. */
  boot(): Promise<void> {
    return this.attempt(() => this.#bootAnew());
  }

  /** Seals a secret to the present boot, and opens it once. */
  seal(): Promise<void> {
    return this.attempt(() => this.#seal());
  }

  /** Both: a boot as it is, and a secret that is sealed to it. */
  bootAndSeal(): Promise<void> {
    return this.attempt(async () => {
      await this.#bootAnew();
      await this.#seal();
    });
  }

  /** The next boot, with nothing changed. */
  again(): Promise<void> {
    return this.attempt(async () => {
      await this.bootMeasured({});
      const again = await this.#open();
      this.store.set({ again });
      if (!again.isOpen) throw new Unproven("not-opened");
    });
  }

  /** A boot with one thing changed, and a try to open the secret in it. */
  attack(change: ChangeName): Promise<void> {
    return this.attempt(async () => {
      const { good } = this.store.value;
      if (good === null) throw new Unproven("not-sealed");
      this.store.set({ attack: null, undone: null });
      if (this.#isSpoiled !== (change === "script")) await this.#spoil(change === "script");
      await this.bootMeasured(changeOf(change));
      const opening = await this.#open();
      const comparison = compareBoots(good, await this.#record());
      this.store.set({ attack: { change, comparison, opening } });
      const isExpected = comparison.first === CHANGED_PCR[change];
      if (opening.isOpen || opening.refused === null || !isExpected) throw new Unproven("not-refused");
    });
  }

  /** Everything as it was, and a boot. */
  undo(): Promise<void> {
    return this.attempt(async () => {
      if (this.#isSpoiled) await this.#spoil(false);
      await this.bootMeasured({});
      const undone = await this.#open();
      this.store.set({ undone });
      if (!undone.isOpen) throw new Unproven("not-opened");
    });
  }

  async #spoil(isSpoiled: boolean): Promise<void> {
    await this.type([isSpoiled ? spoilLine : mendLine]);
    this.#isSpoiled = isSpoiled;
  }

  async #bootAnew(): Promise<void> {
    const { activity: _, ...fresh } = initial;
    this.store.set(fresh);
    await this.bootMeasured({});
  }

  async #seal(): Promise<void> {
    this.store.set({ sealed: null, good: null, again: null, attack: null, undone: null });
    await this.type(sealLines((await this.kept(HANDLE)) !== undefined));
    this.#isSpoiled = false;
    const object = await this.kept(HANDLE);
    if (!isSealed(object)) throw new Unproven("not-sealed");
    this.store.set({ sealed: toHex(object.publicArea.authPolicy) });
    if (!(await this.#open()).isOpen) throw new Unproven("not-opened");
    this.store.set({ good: await this.#record() });
  }

  async #open(): Promise<Opening> {
    return openingOf(await this.type(openLines));
  }

  async #record(): Promise<BootRecord> {
    return this.hands.witness.record(await this.hands.read(IMA_COPY));
  }
}
