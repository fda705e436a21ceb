import type { LockManagerLike } from "../webLock.ts";

interface Request {
  grant(): void;
}
interface Holder {
  clientId: string;
  steal(): void;
}

/**
 * Web Locks for tests under Node: exclusive locks, `signal` and `steal`, after the W3C draft. All clients of one
 * origin share a {@link FakeLockOrigin}; each has a manager of its own.
 */
export class FakeLockOrigin {
  readonly held = new Map<string, Holder>();
  readonly queues = new Map<string, Request[]>();

  client(clientId: string): LockManagerLike {
    return {
      request: (name, options, callback) => this.#request(clientId, name, options, callback),
      query: async () => ({
        held: [...this.held].map(([name, { clientId }]) => ({ name, clientId, mode: "exclusive" as const })),
        pending: [],
      }),
    };
  }

  #request(
    clientId: string,
    name: string,
    options: LockOptions,
    callback: (lock: unknown) => Promise<unknown>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const grant = () => {
        const holder: Holder = {
          clientId,
          steal: () =>
            reject(new DOMException("Lock broken by another request with the 'steal' option.", "AbortError")),
        };
        this.held.set(name, holder);
        // The callback runs in a task of its own, as in a browser.
        setTimeout(() => {
          callback({ name, mode: "exclusive" })
            .then(resolve, reject)
            .finally(() => {
              if (this.held.get(name) !== holder) return;
              this.held.delete(name);
              this.queues.get(name)?.shift()?.grant();
            });
        });
      };
      const holder = this.held.get(name);
      if (options.steal) {
        holder?.steal();
        grant();
      } else if (!holder) {
        grant();
      } else {
        const queue = this.queues.get(name) ?? [];
        this.queues.set(name, queue);
        const request = { grant };
        queue.push(request);
        options.signal?.addEventListener("abort", () => {
          const index = queue.indexOf(request);
          if (index < 0) return;
          queue.splice(index, 1);
          reject(new DOMException("The request was aborted.", "AbortError"));
        });
      }
    });
  }
}
