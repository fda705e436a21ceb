/**
 * The moments at which a thread of a tab may be killed: before it stores something or asks its store, when a transaction of its is over
 * and it does not know yet, and around each message to the other tab. At the one that is chosen the thread stands still, inside a request
 * that the soak does not answer before it has killed whom it wants.
 */
let left = Number.POSITIVE_INFINITY;
let address = "";

/** @param count of the moment that is chosen, from now on. @param whose told to the soak there */
export function chooseMoment(count: number, whose: string): void {
  left = count;
  address = `moment?${whose}`;
}

function moment(): void {
  left--;
  if (left !== 0) return;
  const request = new XMLHttpRequest();
  request.open("POST", new URL(address, location.origin), false);
  try {
    request.send();
  } catch {
    // The soak has ended; nothing waits for it.
  }
}

type Method = (...args: never[]) => unknown;

function around(prototype: object, names: readonly string[], when: "before" | "around"): void {
  const methods = prototype as Record<string, Method>;
  for (const name of names) {
    const method = methods[name] as Method;
    methods[name] = function (this: unknown, ...args: never[]) {
      moment();
      const result = method.apply(this, args);
      if (when === "around") moment();
      return result;
    };
  }
}

/** Once in each thread, before the product's code runs. */
export function watchMoments(): void {
  around(IDBObjectStore.prototype, ["get", "put", "add", "delete"], "before");
  around(BroadcastChannel.prototype, ["postMessage"], "around");
  around(LockManager.prototype, ["request"], "before");
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args: Parameters<IDBDatabase["transaction"]>) {
    const begun = transaction.apply(this, args);
    begun.addEventListener("complete", moment);
    return begun;
  };
}
