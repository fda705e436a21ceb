// The fixed buffers between the host and the core, and the scratch arena of the command in execution.
import { MAX_COMMAND_SIZE, MAX_RESPONSE_SIZE } from "./limits";

export const commandBuffer: usize = memory.data(4096, 16);
export const responseBuffer: usize = memory.data(4096, 16);

/** One blob of permanent state on its way to or from the store. */
export const STATE_BUFFER_SIZE: u32 = 256 * 1024;
export const stateBuffer: usize = memory.data(262144, 16);

/**
 * Working memory of one command. Areas are taken in order, given back together and wiped when the command ends, so
 * that no secret outlives the command that needed it. A resumable command keeps its areas from slice to slice.
 */
const SCRATCH_SIZE: u32 = 32 * 1024;
const scratch: usize = memory.data(32768, 16);
let scratchUsed: u32 = 0;

/** `size` zeroed bytes, 16-byte aligned, valid until the command ends. Exhaustion is a defect of the core: it traps. */
export function scratchTake(size: u32): usize {
  const address = scratch + scratchUsed;
  scratchUsed += (size + 15) & ~15;
  if (scratchUsed > SCRATCH_SIZE) unreachable();
  return address;
}

/** A mark for {@link scratchRelease}, for areas that need not last as long as the command. */
export function scratchMark(): u32 {
  return scratchUsed;
}

/** Wipes and gives back everything taken since `mark`. */
export function scratchRelease(mark: u32): void {
  memory.fill(scratch + mark, 0, scratchUsed - mark);
  scratchUsed = mark;
}

export function scratchWipe(): void {
  scratchRelease(0);
}

/** Set by the host before a command: how it arrived. */
export let commandSize: u32 = 0;
export let commandLocality: u32 = 0;

export function setCommand(size: u32, locality: u32): void {
  commandSize = min(size, MAX_COMMAND_SIZE);
  commandLocality = locality;
}

/** True when `size` more bytes still fit in the response after `used`. */
export function fitsResponse(used: u32, size: u32): bool {
  return used <= MAX_RESPONSE_SIZE && size <= MAX_RESPONSE_SIZE - used;
}
