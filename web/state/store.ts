/**
 * Holds one immutable value and tells its listeners, at most once per `interval` milliseconds: the emulator runs on
 * this same thread, so every redraw that is saved is time for the guest.
 */
export class Store<T extends object> {
  readonly #listeners = new Set<() => void>();
  readonly #interval: number;
  #value: T;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(initial: T, interval: number) {
    this.#value = initial;
    this.#interval = interval;
  }

  get value(): T {
    return this.#value;
  }

  /** What is the same as before is no news. */
  set(change: Partial<T>): void {
    const names = Object.keys(change) as (keyof T)[];
    if (names.every((name) => Object.is(this.#value[name], change[name]))) return;
    this.#value = { ...this.#value, ...change };
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      for (const listener of this.#listeners) listener();
    }, this.#interval);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
