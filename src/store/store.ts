import type { PassphraseKey } from "../passphrase/index.ts";

/** A passphrase, or the key that was made of it. */
export type Secret = string | PassphraseKey;

/**
 * Where a TPM's permanent state lives. A store holds one blob; the blob's format, version and integrity belong to
 * the core (`asm/tpm`), not to the store.
 */
export interface TpmStore {
  /** What it is, for messages and for the page: "indexeddb", "file", "memory", or an embedder's own word. */
  readonly kind: string;
  /**
   * Takes the exclusive lock of this TPM and reads its blob.
   * @returns the last committed blob, or null when there is none yet.
   * @throws StoreLockedError when another live owner has it; StoreGivenUpError, NotGivenUpError; StoreError for what the medium reports.
   */
  open(options?: StoreOpenOptions): Promise<Uint8Array | null>;
  /**
   * Replaces the blob, atomically and durably: after a crash at any moment a later {@link open} finds the old blob
   * or the new one. Resolves only when the new blob is durable. The store may use `blob` until then.
   * @throws StoreFencedError when another owner has taken over; StoreError (quota, disk full, abort): the old blob stays.
   */
  commit(blob: Uint8Array, options?: CommitOptions): Promise<void>;
  /** The blob as it is stored now, damaged or not: to save it elsewhere. Needs no lock. It has the TPM's secrets in it. */
  exportBlob(): Promise<Uint8Array | null>;
  /**
   * Moves the blob aside, never to be read by {@link open} again and never deleted: what happens to a damaged one
   * when the user asks for a new TPM. Needs the lock.
   * @returns the name under which it is kept, or null when there was no blob.
   */
  archive(): Promise<string | null>;
  /**
   * Copies the blob aside as it is stored, durably; what {@link open} finds stays what it is. What happens to a state that is about to be
   * replaced by an earlier one. Never read by {@link open} and never deleted. Needs the lock. A store without it replaces none.
   * @returns the name under which it is kept, or null when there is no blob.
   */
  keepCopy?(): Promise<string | null>;
  /**
   * A second, small blob beside the first, for a platform's firmware: its variables. Needs the lock. A store without these two has no
   * place for it.
   * @returns what was committed last, or null.
   */
  readVariables?(): Promise<Uint8Array | null>;
  /** As {@link commit}, of that blob. @param variables null removes it. */
  commitVariables?(variables: Uint8Array | null): Promise<void>;
  /**
   * Why what {@link open} gave is not what was committed, where the store itself found that: a clause, "is damaged: ...". The blob is
   * one that no TPM takes then.
   */
  readonly damage?: string | null;
  /**
   * What is stored is encrypted with this: what {@link open} takes from now on. A store that can't be encrypted so lacks these two.
   * @param secret a passphrase, or the key that was made of it.
   */
  unlock?(secret: Secret): void;
  /**
   * All that is stored is encrypted with this secret from now on; null: no longer. Needs the lock. All of it or nothing.
   * @throws StoreFencedError, StoreError: it is as it was.
   */
  protect?(secret: Secret | null): Promise<void>;
  /**
   * Gives the TPM up to a migration, durably, and then the lock back. Nothing more is stored from here, and {@link open} refuses from then on,
   * here and elsewhere, but for that migration. Needs the lock. A store without it gives nothing up.
   * @param migration its name, as `open` is to be told.
   */
  giveUp?(migration: string): Promise<void>;
  /** Gives the lock back. Idempotent. */
  close(): Promise<void>;
  /** Calls back once, as soon as the store learns that another owner took over; not every medium tells before a commit. */
  onFenced?(listener: (error: StoreFencedError) => void): void;
}

export interface StoreOpenOptions {
  /**
   * Take the TPM away from another tab: its queued commits then fail with {@link StoreFencedError}. The file store
   * takes a lock only from a holder that it can't examine (another host or container), never from a live process.
   */
  takeOver?: boolean;
  /**
   * The TPM was given up to this migration, and is wanted: for its target, or back. The first one that asks has it; it is given up no more
   * then, and whoever asks later gets NotGivenUpError.
   */
  migration?: string | undefined;
}

export interface CommitOptions {
  /** What the blob before had and this one has not (a deleted key, a seed) is overwritten too before the commit is done, where the medium lets it. */
  erases?: boolean | undefined;
}

/** A store that can commit without waiting (memory): what the synchronous in-thread `executeSync` needs. */
export interface SyncTpmStore extends TpmStore {
  openSync(options?: StoreOpenOptions): Uint8Array | null;
  commitSync(blob: Uint8Array): void;
}

export function isSyncStore(store: TpmStore): store is SyncTpmStore {
  return typeof (store as Partial<SyncTpmStore>).commitSync === "function";
}

/**
 * A store in words, so that it can be opened in the TPM's own thread:
 * - `indexeddb`: one database per `name`, in browsers.
 * - `file`: a folder, in Node; made when missing.
 * - `memory`: forgotten when the TPM is closed.
 *
 * With a `passphrase` everything in it is encrypted. A TPM that is there and is not encrypted yet is refused then, as is one
 * that is encrypted where none is given (SealedStateError).
 */
export type StoreSpec =
  | { kind: "indexeddb"; name: string; passphrase?: string | undefined }
  | { kind: "file"; dir: string; passphrase?: string | undefined }
  | { kind: "memory" };

/**
 * - `unavailable`: there is no such medium here (no IndexedDB in private mode, insecure context, not a folder).
 * - `permission`, `read-only`: the medium forbids writing.
 * - `full`: quota exceeded, disk full.
 * - `aborted`: the medium gave the commit up; it may work again.
 * - `closed`: the store is not open.
 * - `locked`, `fenced`, `given-up`, `not-given-up`: another owner, see the subclasses.
 * - `io`: anything else.
 */
export type StoreErrorCode =
  | "unavailable"
  | "permission"
  | "read-only"
  | "full"
  | "aborted"
  | "closed"
  | "locked"
  | "fenced"
  | "given-up"
  | "not-given-up"
  | "io";

/** The medium failed; the old blob stays. `cause` has the original error. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly code: StoreErrorCode;
  constructor(message: string, options: { code: StoreErrorCode; cause?: unknown }) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
  }
}

/** Another live owner holds the TPM; `holder` names it where known (a pid, a tab). */
export class StoreLockedError extends StoreError {
  override name = "StoreLockedError";
  readonly holder: string;
  constructor(message: string, holder: string) {
    super(message, { code: "locked" });
    this.holder = holder;
  }
}

/**
 * - `missing`: no passphrase or key was given.
 * - `wrong-passphrase`: another one was given; what is stored is whole.
 * - `wrong-key`: another key than the one of `--key` was given, or it is damaged: with a key the two can't be told apart.
 * - `damaged`: octets have changed, are missing or are too many.
 * - `newer`: a later version of tabtpm encrypted it.
 * - `other`: it is another TPM's, or something else of this one.
 * - `plain`: it is not encrypted, or damaged where that is told, and a passphrase or key was given.
 * - `unusable`: what was given can't be a passphrase.
 */
export type SealedStateProblem =
  | "missing"
  | "wrong-passphrase"
  | "wrong-key"
  | "damaged"
  | "newer"
  | "other"
  | "plain"
  | "unusable";

/** What is stored is encrypted and can't be opened with what was given, or is to be and is not. It stays as it is. */
export class SealedStateError extends StoreError {
  override name = "SealedStateError";
  readonly reason: SealedStateProblem;
  constructor(message: string, reason: SealedStateProblem, options: { cause?: unknown } = {}) {
    super(message, { ...options, code: "permission" });
    this.reason = reason;
  }
}

/** Another owner took the TPM over; this one must stop. */
export class StoreFencedError extends StoreError {
  override name = "StoreFencedError";
  constructor(message: string) {
    super(message, { code: "fenced" });
  }
}

/** The TPM was given up to a migration: it runs elsewhere, or is to. It is there, and starts only by {@link StoreOpenOptions.migration}. */
export class StoreGivenUpError extends StoreError {
  override name = "StoreGivenUpError";
  readonly migration: string;
  constructor(message: string, migration: string) {
    super(message, { code: "given-up" });
    this.migration = migration;
  }
}

/** The TPM is not given up to that migration any more: the other side of it was first. */
export class NotGivenUpError extends StoreError {
  override name = "NotGivenUpError";
  constructor(message: string) {
    super(message, { code: "not-given-up" });
  }
}

/** What a store says of a TPM that was given up. */
export const givenUpError = (migration: string): StoreGivenUpError =>
  new StoreGivenUpError(
    "This TPM was given up to move elsewhere. Take it back only if it does not run there: it would be there twice.",
    migration,
  );

export const notGivenUpError = (): NotGivenUpError =>
  new NotGivenUpError("This TPM is not given up to this move any more: it was taken back, or is elsewhere already.");
