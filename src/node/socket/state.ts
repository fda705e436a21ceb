import type { Socket } from "node:net";
import type { Tpm } from "../../engine/api.ts";
import type { Locality } from "../../engine/backend.ts";

/** What the control channel does to the TPM and its server. */
export interface SwtpmState {
  readonly tpm: Tpm;
  /** Between CMD_INIT and CMD_STOP. */
  readonly isRunning: boolean;
  readonly rejectLocality4: boolean;
  readonly hasDataDescriptor: boolean;
  /** Of bare commands on the data channel. */
  locality: Locality;
  /** _TPM_Init; resumes from a stored volatile state. @param deletesVolatile non-zero: forget that state then. */
  init(deletesVolatile: number): Promise<void>;
  storeVolatile(): Promise<void>;
  /** For CMD_GET_CONFIG. */
  readonly config: number;
  /** The device's buffer, bytes. */
  bufferSize: number;
  /** Cuts the power, after TPM2_Shutdown where that is wanted. */
  powerOff(): Promise<void>;
  /** @param type BLOB_*; null for other types. @param flags STATE_DECRYPTED or not; STATE_ENCRYPTED comes back. */
  getBlob(type: number, flags: number): Promise<{ blob: Uint8Array; flags: number } | null>;
  /**
   * @param flags STATE_ENCRYPTED or not.
   * @returns false when there is no such type.
   * @throws MissingKeyError, SealError; Error when the blob is no good.
   */
  setBlob(type: number, blob: Uint8Array, flags: number): Promise<boolean>;
  /** Serves commands that come over this socket. */
  serveDescriptor(socket: Socket): void;
  /** JSON, by the bits of CMD_GET_INFO. */
  describe(flags: number): Promise<string>;
  /** Ends the server. */
  stop(): void;
  /** @param level from which on the line is of interest. */
  log(level: number, text: string): void;
}
