import { join } from "node:path";
import { DurableFile, type DurableFileOptions } from "../../store/durableFile.ts";
import { VOLATILE_STATE } from "../../store/file.ts";

/**
 * The volatile state of a TPM that is to be resumed by the next CMD_INIT: `DIR/tpm2.volatile`. Only the holder of the
 * folder's lock may write it.
 */
export class VolatileFile extends DurableFile {
  /** @param options as for the file of the permanent state. */
  constructor(dir: string, options: DurableFileOptions = {}) {
    super(join(dir, VOLATILE_STATE), "the TPM's volatile state", options);
  }
}
