/** The page's side of a move of the running PC. What does it is fetched when somebody wants it: a person here, or the tab that asks. */
import type { GuestImages, Tpm } from "../../../src/index.ts";
import type { Plan } from "../../state/choices.ts";
import type { OpenMigration } from "../../state/migration.ts";
import type { PageState } from "../../state/model.ts";
import type { Store } from "../../state/store.ts";
import type { Computer } from "../computer.ts";
import type { Mover } from "./mover.ts";

export interface MigrationParts {
  /** The identifier of the TPM that the PC has. */
  readonly id: string;
  readonly store: Store<PageState>;
  readonly tpm: Tpm;
  readonly computer: Computer<Plan>;
  readonly images: () => Promise<GuestImages>;
  /** All that comes before a boot. The TPM is this page's. */
  readonly prepare: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** In the address of a tab that was opened to move the PC there. */
const ASKS = "#bring-here";
/** What a tab says that wants the PC. */
export const WANTED = "wanted";

export class MigrationDesk {
  readonly #parts: MigrationParts;
  readonly #calls: BroadcastChannel;
  #mover: Promise<Mover> | null = null;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
    this.#calls = new BroadcastChannel(`tabtpm-move/${parts.id}`);
    this.#calls.addEventListener("message", ({ data }) => {
      // Of two tabs without the PC neither has anything to say.
      if (data === WANTED && parts.tpm.power === "on") void this.#load().then((mover) => mover.offer());
    });
  }

  /** Whether this tab was opened for it; asked once. */
  get asks(): boolean {
    if (location.hash !== ASKS) return false;
    history.replaceState(null, "", location.pathname + location.search);
    return true;
  }

  /** Rejects when it does not arrive; the next call tries again. */
  async open(): Promise<OpenMigration> {
    const mover = await this.#load();
    return { actions: mover, store: mover.store };
  }

  /** The tab that has the PC is asked for it. */
  async bringHere(): Promise<void> {
    (await this.#load()).bringHere();
  }

  /** What was given up is this page's again, where nobody else has it. */
  async takeBack(): Promise<void> {
    await (await this.#load()).takeBack();
  }

  /** The file of a move, once more. */
  async saveAgain(): Promise<void> {
    await (await this.#load()).saveAgain();
  }

  #load(): Promise<Mover> {
    this.#mover ??= import("./mover.ts").then(
      ({ Mover }) => new Mover(this.#parts, this.#calls, `${location.pathname}${location.search}${ASKS}`),
    );
    this.#mover.catch(() => {
      this.#mover = null;
    });
    return this.#mover;
  }
}
