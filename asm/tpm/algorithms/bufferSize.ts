// The size of the platform's command and response buffer, where it is smaller than the core's own: what
// TPM_PT_MAX_COMMAND_SIZE and TPM_PT_MAX_RESPONSE_SIZE say, so that software sends nothing that would not fit.
import { MAX_COMMAND_SIZE, MAX_CONTEXT_SIZE } from "../../base/index";

/** As libtpms has it: the largest context, and room for what goes with it. */
export const MIN_BUFFER_SIZE: u32 = MAX_CONTEXT_SIZE + 128;

let size: u32 = MAX_COMMAND_SIZE;

export function bufferSize(): u32 {
  return size;
}

/** Takes the nearest size that there is. Lasts as long as this instance. */
export function setBufferSize(wanted: u32): void {
  size = max(MIN_BUFFER_SIZE, min(wanted, MAX_COMMAND_SIZE));
}
