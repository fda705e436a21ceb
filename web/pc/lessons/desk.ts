/** The page's side of lessons and demos: where their drawer is. What runs them is fetched when it is first opened. */
import type { OpenLearning } from "../../state/learn.ts";
import { hashOf, type Place, placeOf } from "../../state/place.ts";
import type { LearnDeskOptions } from "./deskOptions.ts";

export class LearnDesk {
  readonly #options: LearnDeskOptions;
  #last: Place = { kind: "list" };
  #opened: Promise<OpenLearning> | null = null;
  /** A lesson or demo of the page's address is there, so that it misses nothing of the boot. Never rejects. */
  readonly prepared: Promise<void> = Promise.resolve();

  constructor(options: LearnDeskOptions) {
    this.#options = options;
    const place = placeOf(location.hash);
    this.#show(place);
    if (place !== null && place.kind !== "list")
      this.prepared = this.open().then(
        () => {},
        () => {},
      );
    addEventListener("hashchange", () => this.#show(placeOf(location.hash)));
  }

  /** Opens the drawer at a place, closes it for null; the page's address has it, so that a reload finds it. */
  show(place: Place | null): void {
    const url = new URL(location.href);
    // Another hash is none of the drawer's.
    if (place !== null || placeOf(url.hash) !== null) url.hash = hashOf(place);
    history.replaceState(history.state, "", url);
    this.#show(place);
  }

  /** What the drawer needs. Rejects when it does not arrive; the next call tries again. */
  open(): Promise<OpenLearning> {
    this.#opened ??= import("./page.ts").then(({ openLearning }) => openLearning(this.#options));
    this.#opened.catch(() => {
      this.#opened = null;
    });
    return this.#opened;
  }

  /** Closes it, or opens it where it was. */
  toggle(): void {
    this.show(this.#options.store.value.learning === null ? this.#last : null);
  }

  #show(learning: Place | null): void {
    if (learning !== null) this.#last = learning;
    this.#options.store.set({ learning });
  }
}
