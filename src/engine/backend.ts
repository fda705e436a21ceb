/**
 * What a device model (TIS, CRB), a server or a page sees of a TPM, wherever the TPM runs: in this thread, in a
 * Worker, or elsewhere. The device models depend on this file only.
 */

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
  /** Cuts the power at once; without a prior TPM2_Shutdown that is a non-orderly shutdown. */
  powerOff(): Promise<void>;
}

/** The command in flight was lost to a power cut or _TPM_Init. */
export class TpmPoweredOffError extends Error {
  override name = "TpmPoweredOffError";
}
