/** `--migration`: a store in a folder that two hosts share, of which one at a time has the lock. */
import { keepCopy } from "../../engine/besideState.ts";
import {
  type CommitOptions,
  StoreError,
  StoreFencedError,
  type StoreOpenOptions,
  type TpmStore,
} from "../../store/store.ts";

export interface MigrationOptions {
  /** The state is neither read nor locked until somebody brings one, or asks for the TPM. */
  incoming: boolean;
  /** The lock is given back once a client has taken all of the state. */
  releaseLockOutgoing: boolean;
}

/** Between two tries to get the lock, as swtpm waits. */
const RETRY_MS = 10;

export class MovableStore implements TpmStore {
  readonly kind: string;
  readonly #inner: TpmStore;
  readonly #options: MigrationOptions;
  #admit!: () => void;
  #abandon!: (error: StoreError) => void;
  readonly #admitted: Promise<void>;
  #isWaiting: boolean;
  #isReleased = false;
  /** What was read or committed last. */
  #last: Uint8Array | null = null;

  constructor(inner: TpmStore, options: MigrationOptions) {
    this.kind = inner.kind;
    this.#inner = inner;
    this.#options = options;
    this.#isWaiting = options.incoming;
    this.#admitted = new Promise((resolve, reject) => {
      this.#admit = resolve;
      this.#abandon = reject;
    });
    this.#admitted.catch(() => {});
    if (!options.incoming) this.#admit();
  }

  /** Nobody has asked for the TPM yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  async open(options?: StoreOpenOptions): Promise<Uint8Array | null> {
    await this.#admitted;
    this.#last = await this.#inner.open(options);
    this.#isReleased = false;
    return this.#last;
  }

  /**
   * Lets {@link open} go on, or takes the lock again that was released.
   * @param retries how often it is tried again when another host has it.
   * @throws StoreLockedError, StoreError; StoreFencedError when another host has gone on with the TPM.
   */
  async lock(retries = 0): Promise<void> {
    this.#isWaiting = false;
    this.#admit();
    if (!this.#isReleased) return;
    const found = await this.#openAgain(retries);
    const isSame = found !== null && this.#last !== null && Buffer.from(found).equals(this.#last);
    if (!isSame) {
      await this.#inner.close();
      throw new StoreFencedError(
        "Another host has gone on with this TPM: its state is no longer the one that is here.",
      );
    }
    this.#isReleased = false;
  }

  async #openAgain(retries: number): Promise<Uint8Array | null> {
    for (let left = retries; ; left--) {
      try {
        return await this.#inner.open();
      } catch (error) {
        if (left <= 0 || (error as StoreError).code !== "locked") throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** A client has taken all of the state: another host may have the lock, if that is wanted. */
  async release(): Promise<void> {
    if (!this.#options.releaseLockOutgoing || this.#isWaiting || this.#isReleased) return;
    this.#isReleased = true;
    await this.#inner.close();
  }

  /** Whoever waits in {@link open} waits no longer. */
  abandon(): void {
    this.#abandon(new StoreError("The server has ended before a state came.", { code: "closed" }));
  }

  get damage(): string | null {
    return this.#inner.damage ?? null;
  }

  async commit(blob: Uint8Array, options?: CommitOptions): Promise<void> {
    await this.lock();
    const copy = blob.slice();
    await this.#inner.commit(blob, options);
    this.#last = copy;
  }

  exportBlob(): Promise<Uint8Array | null> {
    return this.#inner.exportBlob();
  }

  archive(): Promise<string | null> {
    return this.#inner.archive();
  }

  async keepCopy(): Promise<string | null> {
    return keepCopy(this.#inner);
  }

  async readVariables(): Promise<Uint8Array | null> {
    return (await this.#inner.readVariables?.()) ?? null;
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    await this.lock();
    await this.#inner.commitVariables?.(variables);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}
