/**
 * What a device model (TIS, CRB), a server or a page sees of a TPM, wherever the TPM runs: in this thread, in a
 * Worker, or elsewhere. The device models depend on this file only.
 */

import type { TpmProfile } from "./core.ts";

/** Localities 0..4; 0..3 are software's, 4 is the hardware's (dynamic launch). */
export type Locality = 0 | 1 | 2 | 3 | 4;

/**
 * - `off`: no power; nothing answers.
 * - `on`: _TPM_Init was received; commands are executed (an un-started TPM answers TPM_RC_INITIALIZE).
 * - `failed`: the backend could not start (no WASM, damaged state, lock held by another tab). A device model shows
 *   registers that read 0, and no ACPI table is offered. Not to be confused with the TPM's own failure mode, which
 *   is `on`.
 */
export type TpmPower = "off" | "on" | "failed";

export interface TpmBackend {
  /** Resolves when the TPM is compiled, its state loaded or manufactured; rejects with the reason when it cannot start. */
  readonly ready: Promise<void>;
  /** Kept up to date without a round trip, because bus handlers are synchronous. */
  readonly power: TpmPower;
  /** tpmEstablished: set by a hash sequence from locality 4. Synchronous for the ACCESS register. */
  readonly established: boolean;

  /**
   * Executes one command; commands queue in the order of the calls.
   * @param command 1..4096 bytes, which stay the caller's. The TPM copies them before the call returns, and wipes its
   * copy when the promise settles.
   * @returns the response (10..4096 bytes), only after every permanent change it made is durable.
   * Rejects only when power is lost before the response ({@link TpmPoweredOffError}) or the backend failed.
   * @param options.signal cancels this very command, as {@link cancel} does for the one in execution.
   */
  execute(command: Uint8Array, options?: { locality?: Locality; signal?: AbortSignal }): Promise<Uint8Array>;
  /** Asks the command in execution (if any) to end with TPM_RC_CANCELED; one that can't be cancelled ends as usual. */
  cancel(): void;

  /** _TPM_Hash_Start/_Data/_End at locality 4: a host API, never reachable from a guest's writes. */
  hashStart(): Promise<void>;
  hashData(data: Uint8Array): Promise<void>;
  hashEnd(): Promise<void>;
  /** TPM_RESET_ESTABLISHMENT: true when the locality (3 or 4) may clear the flag, and it was cleared. */
  resetEstablished(locality: Locality): Promise<boolean>;

  /**
   * _TPM_Init: applies power, or resets a TPM that has it. A command in flight is lost, as on a real reset.
   * @param options.bufferSize of the device in bytes, where it is smaller than 4096: what TPM_PT_MAX_COMMAND_SIZE and
   * TPM_PT_MAX_RESPONSE_SIZE say until the next _TPM_Init.
   */
  powerOn(options?: { bufferSize?: number }): Promise<void>;
  /**
   * TPM2_Shutdown(TPM_SU_CLEAR) on behalf of software that is about to lose its TPM and can't send it any more, so that
   * what follows is no power cut for the TPM: one that found a DA-protected object in use would count a failed try. Only a
   * TPM that belongs to this page or process has it.
   * @returns whether it was sent and succeeded. It is not sent without power, while a command of the guest's is in
   * flight, or when TPM2_Shutdown was the last one.
   */
  shutDown?(): Promise<boolean>;
  /**
   * The variables that a platform's firmware keeps beside the TPM's state, in its own bytes; null when it has stored none. Only a
   * TPM that belongs to this page or process has a place for them. Rejects with what the store reports.
   */
  readVariables?(): Promise<Uint8Array | null>;
  /**
   * Replaces them, all or nothing, and resolves when they are durable. A new TPM in the place of this one begins without.
   * Rejects with StoreError; the old ones stay.
   */
  storeVariables?(variables: Uint8Array): Promise<void>;
  /**
   * The TPM as it stands between two commands, after those that were given before. Only a TPM that belongs to this page or process can be
   * saved. Rejects with TpmPoweredOffError without power, TpmStateError when it has failed.
   */
  snapshot?(): Promise<TpmSnapshot>;
  /**
   * Puts a TPM that has power back to a snapshot, after the commands that were given before: durably, or not at all. What must not happen
   * twice does not come back: random numbers, pending TPM2_Commit and TPM2_EC_Ephemeral, contextIDs. failedTries, lockout and Clock are the
   * later ones, and Clock is not safe. Rejects with {@link RollbackRefusedError} by default when something permanent has changed since; with TpmStateError when the
   * snapshot is damaged, newer, of another layout or of another profile; with StoreError when it can't be stored. The TPM goes on as it was then.
   */
  restore?(snapshot: SavedTpm, options?: RestoreOptions): Promise<RestoreResult>;
  /** Cuts the power at once; without a prior TPM2_Shutdown that is a non-orderly shutdown. */
  powerOff(): Promise<void>;
}

/** The command in flight was lost to a power cut or _TPM_Init. */
export class TpmPoweredOffError extends Error {
  override name = "TpmPoweredOffError";
}

/** What another TPM needs to go on from there. It has all of the TPM's secrets in it. */
export interface SavedTpm {
  permanent: Uint8Array;
  volatile: Uint8Array;
}

export interface TpmSnapshot extends SavedTpm {
  profile: TpmProfile;
  /** By which the TPM is known from others: 64 hexadecimal digits, no secret. A clone with a new identity has another one. */
  identity: string;
}

/**
 * What becomes of a TPM whose permanent state has moved on since the snapshot:
 * - `refuse`: it stays as it is.
 * - `rollback`: it is put back. The state that is replaced is kept aside in its store.
 * - `clone`: it is put back and is another TPM from then on, whether it has moved on or not: its endorsement hierarchy is new, as by TPM2_ChangeEPS, and EK and
 *   platform certificates are removed from NV. What was sealed under the storage hierarchy stays readable.
 */
export type OnMovedOn = "refuse" | "rollback" | "clone";

export interface RestoreOptions {
  onMovedOn?: OnMovedOn;
  /** As that of {@link TpmBackend.powerOn}. */
  bufferSize?: number;
}

export interface RestoreResult {
  /**
   * - `resumed`: nothing permanent had changed.
   * - `adopted`: the TPM that was there had never been used; this one is in its place.
   * - `rolled-back`, `cloned`: as was asked for.
   */
  how: "resumed" | "adopted" | "rolled-back" | "cloned";
  /** Under which name the store keeps the state that was replaced; null where nothing was lost. */
  keptAs: string | null;
  /** As that of {@link TpmSnapshot}. */
  identity: string;
}
