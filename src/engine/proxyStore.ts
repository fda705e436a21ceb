import type { CommitOptions, StoreFencedError, StoreOpenOptions, TpmStore } from "../store/store.ts";
import { commitVariables, giveUp, keepCopy, readVariables } from "./besideState.ts";
import { fromWire, toWire, type WireError } from "./errors.ts";
import { type Outcome, toOutcome } from "./outcome.ts";
import type { StoreCall, StoreCalls, ToWorker } from "./protocol.ts";

/** A store that lives in the page, as the worker sees it. */
export class ProxyStore implements TpmStore {
  readonly kind: string;
  readonly #send: (id: number, name: StoreCall, args: unknown[]) => void;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextId = 1;
  #fencedListener: ((error: StoreFencedError) => void) | undefined;

  constructor(kind: string, send: (id: number, name: StoreCall, args: unknown[]) => void) {
    this.kind = kind;
    this.#send = send;
  }

  open(options: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    return this.#call("open", options.takeOver ?? false, options.migration);
  }

  commit(blob: Uint8Array, { erases = false }: CommitOptions = {}): Promise<void> {
    return this.#call("commit", blob, erases);
  }

  exportBlob(): Promise<Uint8Array | null> {
    return this.#call("exportBlob");
  }

  archive(): Promise<string | null> {
    return this.#call("archive");
  }

  keepCopy(): Promise<string | null> {
    return this.#call("keepCopy");
  }

  readVariables(): Promise<Uint8Array | null> {
    return this.#call("readVariables");
  }

  commitVariables(variables: Uint8Array | null): Promise<void> {
    return this.#call("commitVariables", variables);
  }

  giveUp(migration: string): Promise<void> {
    return this.#call("giveUp", migration);
  }

  close(): Promise<void> {
    return this.#call("close");
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#fencedListener = listener;
  }

  reply(id: number, outcome: Outcome): void {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (outcome.ok) call?.resolve(outcome.value);
    else call?.reject(fromWire(outcome.error));
  }

  fenced(error: WireError): void {
    this.#fencedListener?.(fromWire(error) as StoreFencedError);
  }

  #call<Name extends StoreCall>(
    name: Name,
    ...args: Parameters<StoreCalls[Name]>
  ): Promise<ReturnType<StoreCalls[Name]>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send(id, name, args);
    });
  }
}

/** The page's side of it: carries out what the worker asks of `store`. */
export class StoreHost {
  readonly #store: TpmStore;
  readonly #post: (message: ToWorker) => void;

  constructor(store: TpmStore, post: (message: ToWorker) => void) {
    this.#store = store;
    this.#post = post;
    store.onFenced?.((error) => post({ type: "storeFenced", error: toWire(error) }));
  }

  async serve(id: number, name: StoreCall, args: unknown[]): Promise<void> {
    this.#post({ type: "storeReply", id, outcome: await toOutcome(this.#call(name, args)) });
  }

  async #call(name: StoreCall, args: unknown[]): Promise<unknown> {
    switch (name) {
      case "open":
        return this.#store.open({ takeOver: args[0] as boolean, migration: args[1] as string | undefined });
      case "giveUp":
        return giveUp(this.#store, args[0] as string);
      case "commit":
        return this.#store.commit(args[0] as Uint8Array, { erases: args[1] as boolean });
      case "keepCopy":
        return keepCopy(this.#store);
      case "readVariables":
        return readVariables(this.#store);
      case "commitVariables":
        return commitVariables(this.#store, args[0] as Uint8Array | null);
      default:
        return this.#store[name]();
    }
  }
}
