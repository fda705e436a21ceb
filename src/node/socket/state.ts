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
  /** @param type BLOB_*; null for other types. */
  getBlob(type: number): Promise<Uint8Array | null>;
  /** @returns false when there is no such type. @throws when the blob is no good. */
  setBlob(type: number, blob: Uint8Array): Promise<boolean>;
  /** Serves commands that come over this socket. */
  serveDescriptor(socket: Socket): void;
  /** JSON, by the bits of CMD_GET_INFO. */
  describe(flags: number): Promise<string>;
  /** Ends the server. */
  stop(): void;
  /** @param level from which on the line is of interest. */
  log(level: number, text: string): void;
}
