/** What carries the messages between two pages, or whatever else keeps their order. */
export interface MigrationChannel {
  send(message: unknown): void;
  /** @returns a function that removes the listener. */
  listen(listener: (message: unknown) => void): () => void;
  /**
   * Calls back once, when the other side of a migration is known to be dead, never for one that is slow.
   * @returns a function that stops watching.
   */
  watch(migration: string, side: "source" | "target", onGone: () => void): () => void;
  /** This side lives, as the other one's {@link watch} sees it, until the function that is returned is called or the page is gone. */
  live(migration: string, side: "source" | "target"): Promise<() => void>;
}

export interface TabChannelParts {
  /** The same in both tabs. */
  readonly name: string;
  readonly locks?: Pick<LockManager, "request">;
  readonly openChannel?: (name: string) => Pick<BroadcastChannel, "postMessage" | "close" | "addEventListener">;
}

/**
 * Between the tabs of an origin: a BroadcastChannel. A tab that lives holds a Web Lock, which the browser frees with the tab, however that
 * ends: there is no time-out that a busy machine could reach.
 */
export class TabChannel implements MigrationChannel {
  readonly #name: string;
  readonly #locks: Pick<LockManager, "request">;
  readonly #channel: Pick<BroadcastChannel, "postMessage" | "close" | "addEventListener">;
  readonly #listeners = new Set<(message: unknown) => void>();

  constructor({ name, locks = navigator.locks, openChannel = (name) => new BroadcastChannel(name) }: TabChannelParts) {
    this.#name = name;
    this.#locks = locks;
    this.#channel = openChannel(name);
    this.#channel.addEventListener("message", ({ data }) => {
      for (const listener of [...this.#listeners]) listener(data);
    });
  }

  send(message: unknown): void {
    this.#channel.postMessage(message);
  }

  listen(listener: (message: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(migration: string, side: "source" | "target", onGone: () => void): () => void {
    const stop = new AbortController();
    // The other side has it already: it is held before the first message with the migration's name goes out.
    this.#locks
      .request(this.#lock(migration, side), { signal: stop.signal }, async () => {
        if (!stop.signal.aborted) onGone();
      })
      .catch(() => {});
    return () => stop.abort();
  }

  live(migration: string, side: "source" | "target"): Promise<() => void> {
    return new Promise((resolve, reject) => {
      this.#locks
        .request(this.#lock(migration, side), {}, () => new Promise<void>((done) => resolve(() => done())))
        .catch(reject);
    });
  }

  close(): void {
    this.#listeners.clear();
    this.#channel.close();
  }

  #lock(migration: string, side: "source" | "target"): string {
    return `${this.#name}/${migration}/${side}`;
  }
}
