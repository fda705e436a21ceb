import { join } from "node:path";
import { DurableFile, type DurableFileOptions } from "../../store/durableFile.ts";
import { volatileBeside } from "../../store/file.ts";
import type { StateLocation } from "../stateLocation.ts";

/**
 * The volatile state of a TPM that is to be resumed by the next CMD_INIT: `DIR/tpm2.volatile`, or beside the one file of
 * a state. Only the holder of its lock may write it.
 */
export class VolatileFile extends DurableFile {
  /** @param options as for the file of the permanent state. */
  constructor({ dir, file }: StateLocation, options: DurableFileOptions = {}) {
    super(join(dir, volatileBeside(file)), "the TPM's volatile state", options);
  }
}
