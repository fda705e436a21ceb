/** What a TPM that runs elsewhere is to {@link ForeignTpm}: one connection to it, whatever protocol that has. */
import type { Locality } from "../engine/backend.ts";

/**
 * One connection. One call at a time, but for {@link cancel}, {@link close} and the two that are looked at. Each call rejects with
 * {@link TpmLinkError} when the connection is lost, and with whatever else says why it was refused.
 */
export interface TpmLink {
  /** What the TPM is, for people: "swtpm at 127.0.0.1:2321". */
  readonly name: string;
  /**
   * The TPM has its power from elsewhere and is used by others too: {@link init} and {@link stop} do nothing to it, and a new
   * connection finds it as the last one has left it.
   */
  readonly shared: boolean;
  /** tpmEstablished, as far as it is known. */
  readonly established: boolean;
  /** Resolves with the reason when the connection is lost or was closed; never rejects. */
  readonly lost: Promise<Error>;
  /** @returns the response, 10 bytes or more. Rejects with TpmPoweredOffError when the TPM has no power. */
  execute(command: Uint8Array, locality: Locality): Promise<Uint8Array>;
  /** Asks the command in execution to end, where the protocol can. */
  cancel(): void;
  /** _TPM_Init. @param bufferSize the device's, bytes, where it is smaller than 4096. */
  init(bufferSize: number | undefined): Promise<void>;
  /** Cuts the TPM's power. */
  stop(): Promise<void>;
  hashStart(): Promise<void>;
  hashData(data: Uint8Array): Promise<void>;
  hashEnd(): Promise<void>;
  resetEstablished(locality: Locality): Promise<boolean>;
  close(): Promise<void>;
}

/** There is no connection to the TPM: it could not be made, or it was lost. The message says to whom, why, and what to do. */
export class TpmLinkError extends Error {
  override name = "TpmLinkError";
}

/** The TPM's place, or the way to it, can't do what was asked for. */
export class TpmUnsupportedError extends Error {
  override name = "TpmUnsupportedError";
}
