import { type CommitOptions, StoreError, StoreFencedError, type StoreOpenOptions, type TpmStore } from "./store.ts";

/**
 * What happens to one commit:
 * - `ok`: it is stored.
 * - a promise: it is stored once that resolves (a slow medium).
 * - `abort`, `quota`: it fails and the old blob stays.
 * - `fenced`: another owner has taken over.
 * - `die-before`, `die-after`: the process dies just before or just after the write; nothing settles any more.
 */
export type Fault = "ok" | "abort" | "quota" | "fenced" | "die-before" | "die-after" | Promise<void>;

/** A store for tests: it fails where its plan says so, and keeps count. */
export class FaultyStore implements TpmStore {
  readonly kind: string;
  /** Commits asked for so far; the first one is number 1. */
  commits = 0;
  /** Commits that reached the medium. */
  stored = 0;
  /** Resolves when the plan's death came. */
  readonly died: Promise<void>;
  readonly #inner: TpmStore;
  readonly #plan: (commit: number) => Fault;
  #die!: () => void;
  #isDead = false;

  constructor(inner: TpmStore, plan: (commit: number) => Fault = () => "ok") {
    this.kind = inner.kind;
    this.#inner = inner;
    this.#plan = plan;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  async open(options?: StoreOpenOptions): Promise<Uint8Array | null> {
    await this.#living();
    return this.#inner.open(options);
  }

  get damage(): string | null {
    return this.#inner.damage ?? null;
  }

  async commit(blob: Uint8Array, options?: CommitOptions): Promise<void> {
    await this.#living();
    const fault = this.#plan(++this.commits);
    switch (fault) {
      case "abort":
        throw new StoreError("Injected: the transaction was aborted.", { code: "aborted" });
      case "quota":
        throw new StoreError("Injected: the quota is used up.", { code: "full" });
      case "fenced":
        throw new StoreFencedError("Injected: another owner took over.");
      case "die-before":
        return this.#death();
      case "die-after":
        await this.#inner.commit(blob, options);
        this.stored++;
        return this.#death();
      default:
        if (fault !== "ok") await fault;
        await this.#inner.commit(blob, options);
        this.stored++;
    }
  }

  async exportBlob(): Promise<Uint8Array | null> {
    await this.#living();
    return this.#inner.exportBlob();
  }

  async archive(): Promise<string | null> {
    await this.#living();
    return this.#inner.archive();
  }

  /** Not among those that the plan counts. */
  async keepCopy(): Promise<string | null> {
    await this.#living();
    return (await this.#inner.keepCopy?.()) ?? null;
  }

  async readVariables(): Promise<Uint8Array | null> {
    await this.#living();
    return (await this.#inner.readVariables?.()) ?? null;
  }

  /** Not among those that the plan counts. */
  async commitVariables(variables: Uint8Array | null): Promise<void> {
    await this.#living();
    await this.#inner.commitVariables?.(variables);
  }

  async close(): Promise<void> {
    await this.#living();
    await this.#inner.close();
  }

  #living(): Promise<void> {
    return this.#isDead ? new Promise<void>(() => {}) : Promise.resolve();
  }

  #death(): Promise<void> {
    this.#isDead = true;
    this.#die();
    return this.#living();
  }
}
