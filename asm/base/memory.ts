// The fixed buffers between the host and the core, and the scratch arena of the command in execution.
import { MAX_COMMAND_SIZE, MAX_RESPONSE_SIZE } from "./limits";

export const commandBuffer: usize = memory.data(4096, 16);
export const responseBuffer: usize = memory.data(4096, 16);

// Areas of which little is used as a rule. A page of memory that was never touched costs the host nothing, and many TPMs
// live in one process: nobody writes to these areas beyond what is used of them, zeros included.

/** One blob of permanent state on its way to or from the store. */
export const STATE_BUFFER_SIZE: u32 = 256 * 1024;
/** Room for all NV Indices and persistent objects together. */
export const NV_STORE_SIZE: u32 = 192 * 1024;

const ON_DEMAND_SIZE: u32 = STATE_BUFFER_SIZE + 2 * NV_STORE_SIZE;
const onDemand: usize = memory.data(655360, 16);
if (ON_DEMAND_SIZE != 655360) ERROR("The areas that are used on demand have another size");

export const stateBuffer: usize = onDemand;
export const nvStore: usize = stateBuffer + STATE_BUFFER_SIZE;
/** What {@link nvStore} had at the last commit. */
export const nvShadow: usize = nvStore + NV_STORE_SIZE;

let transferred: u32 = 0;

/** To be called when the first `size` bytes of stateBuffer were written. */
export function transferUsed(size: u32): void {
  transferred = max(transferred, size);
}

/** The transfer area holds secrets only while the host copies them. */
export function wipeTransfer(): void {
  memory.fill(stateBuffer, 0, transferred);
  transferred = 0;
}

/** Wipes everything else: all that is not used on demand, constants included. Nothing works after it. */
export function wipeMemory(): void {
  const end = onDemand + ON_DEMAND_SIZE;
  memory.fill(0, 0, onDemand);
  memory.fill(end, 0, __heap_base - end);
}

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
