/** The page's side of a move of the running PC. What does it is fetched when somebody wants it: a person here, or the tab that asks. */
import type { OpenMigration } from "../../state/migration.ts";
import type { Mover } from "./mover.ts";
import { type MigrationParts, type NoOffer, WANTED } from "./parts.ts";

/** In the address of a tab that was opened to move the PC there. */
const ASKS = "#bring-here";
export class MigrationDesk {
  readonly #parts: MigrationParts;
  readonly #calls: BroadcastChannel;
  #mover: Promise<Mover> | null = null;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
    this.#calls = new BroadcastChannel(`tabtpm-move/${parts.id}`);
    this.#calls.addEventListener("message", ({ data }) => {
      // Of two tabs without the PC neither has anything to say.
      if (data === WANTED && parts.tpm.power === "on") void this.#offer();
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

  async #offer(): Promise<void> {
    try {
      await (await this.#load()).offer();
    } catch (error) {
      // Who waits there would wait for ever.
      this.#calls.postMessage({ why: (error as Error).message } satisfies NoOffer);
    }
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
