/**
 * A TPM is given up, or known not to be. One that failed to be given up may have been all the same: until that is known the guest stands
 * still, because whoever finds the TPM given up may start it elsewhere.
 */
import type { Tpm } from "../../../src/index.ts";
import type { MigrationState } from "../../state/migration.ts";
import type { PageState } from "../../state/model.ts";
import type { Store } from "../../state/store.ts";
import { problemNamed } from "./troubles.ts";

export interface GivingUpParts {
  readonly tpm: Pick<Tpm, "giveUp" | "power" | "state" | "shutDown" | "close">;
  readonly computer: { powerOff(): Promise<void> };
  /** Of the page. */
  readonly store: Store<PageState>;
  /** Of the move, as its dialog shows it. */
  readonly moving: Store<MigrationState>;
  /** Whether the TPM's store says so. @throws where it does not say */
  isGivenUp(migration: string): Promise<boolean>;
}

export class GivingUp {
  readonly #parts: GivingUpParts;
  #look: (() => void) | null = null;

  constructor(parts: GivingUpParts) {
    this.#parts = parts;
  }

  /** Nobody can say whose the TPM is; somebody is asked to look again. */
  get isUnsure(): boolean {
    return this.#look !== null;
  }

  /** @throws what has kept it from being given up: that it is not given up is known then. */
  async giveUp(migration: string): Promise<void> {
    const { tpm, computer, store } = this.#parts;
    try {
      return await tpm.giveUp(migration);
    } catch (error) {
      let isGivenUp = await look(this.#parts, migration);
      while (isGivenUp === null) {
        await this.#askToLook();
        isGivenUp = await look(this.#parts, migration);
      }
      if (!isGivenUp) throw error;
    }
    await stop(tpm, migration);
    store.set({ problem: problemNamed("StoreGivenUpError") });
    await computer.powerOff().catch(() => {});
  }

  lookAgain(): void {
    const look = this.#look;
    if (look === null) return;
    this.#look = null;
    this.#parts.moving.set({ phase: "late" });
    look();
  }

  #askToLook(): Promise<void> {
    const { store, moving } = this.#parts;
    return new Promise((resolve) => {
      this.#look = resolve;
      moving.set({ phase: "unsure", done: 0, total: 0, trouble: null });
      store.set({ asking: "move" });
    });
  }
}

/** @returns null where nobody can say. */
async function look(
  { tpm, isGivenUp }: Pick<GivingUpParts, "tpm" | "isGivenUp">,
  migration: string,
): Promise<boolean | null> {
  if (isGivenUpTo(tpm.state().error, migration)) return true;
  try {
    return await isGivenUp(migration);
  } catch {
    // What the TPM commits is refused once it is given up: one that still can is this page's. The guest stands still, and nothing else gives
    // it commands; the next command of the guest's takes the shutdown back.
    const isOurs = await tpm.shutDown().catch(() => false);
    if (isOurs) return false;
    return isGivenUpTo(tpm.state().error, migration) ? true : null;
  }
}

/** A TPM that has not noticed may not answer any more. */
async function stop(tpm: GivingUpParts["tpm"], migration: string): Promise<void> {
  const hasFailed = () => tpm.power === "failed";
  // Its store finds the mark, and stops it.
  if (!hasFailed()) await tpm.giveUp(migration).catch(() => {});
  if (!hasFailed()) await tpm.close().catch(() => {});
}

const isGivenUpTo = (error: unknown, migration: string): boolean =>
  (error as { readonly migration?: unknown } | null)?.migration === migration;
