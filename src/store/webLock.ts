/**
 * One Web Lock, held until released or stolen (W3C Web Locks API). The browser frees it when its tab or worker dies,
 * so a crashed tab never blocks the next one.
 */

/** The part of `navigator.locks` that is used; tests bring their own. */
export interface LockManagerLike {
  request(name: string, options: LockOptions, callback: (lock: unknown) => Promise<unknown>): Promise<unknown>;
  query(): Promise<LockManagerSnapshot>;
}

export interface HeldLock {
  /** Gives it back; resolves when the next one may have it. Idempotent. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Take it from its holder. */
  steal: boolean;
  /** How long to wait for a holder that is about to go, such as the page that a reload replaces. Milliseconds. */
  waitMs: number;
  /** Called once when somebody steals it. */
  onStolen(): void;
}

/** @returns the lock, or null when another holder still has it after `waitMs`. */
export function acquireWebLock(
  locks: LockManagerLike,
  name: string,
  { steal, waitMs, onStolen }: AcquireOptions,
): Promise<HeldLock | null> {
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const timer = steal ? undefined : setTimeout(() => waiting.abort(), waitMs);
    let state: "waiting" | "held" | "released" = "waiting";
    let letGo: () => void = () => {};
    const untilReleased = new Promise<void>((done) => {
      letGo = done;
    });
    const finished = locks
      // The API refuses a signal together with `steal`, which never waits anyway.
      .request(name, steal ? { steal: true } : { signal: waiting.signal }, () => {
        clearTimeout(timer);
        state = "held";
        resolve({
          release: async () => {
            state = "released";
            letGo();
            await finished;
          },
        });
        return untilReleased;
      })
      .catch((error: unknown) => {
        clearTimeout(timer);
        if (state === "held") {
          state = "released";
          onStolen();
        } else if (state === "waiting") {
          if (waiting.signal.aborted) resolve(null);
          else reject(error);
        }
      });
  });
}

/** Words for the holder of a lock, for messages. */
export async function describeHolder(locks: LockManagerLike, name: string): Promise<string> {
  try {
    const { held = [] } = await locks.query();
    const client = held.find((lock) => lock.name === name)?.clientId;
    return client ? `another tab or window (client ${client})` : "another tab or window";
  } catch {
    // Only the wording depends on it.
    return "another tab or window";
  }
}
