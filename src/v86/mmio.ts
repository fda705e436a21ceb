/** Maps a register model into the physical address space of v86. */
import type { V86Cpu } from "./internals.ts";

/** v86 maps blocks of this size: the TIS localities share theirs with what else lies at 0xFED40000-0xFED5FFFF. */
const BLOCK_SIZE = 0x2_0000;
const BLOCK_SHIFT = 17;

export interface RegisterBlock {
  /** Offsets are 0..0x1FFFF; what the model does not decode reads as all ones. Values are unsigned. */
  read8(offset: number): number;
  read32(offset: number): number;
  write8(offset: number, value: number): void;
  write32(offset: number, value: number): void;
}

/** Registers that lie among those of another model. */
export interface Window {
  /** Offset of the first. */
  at: number;
  /** Bytes. */
  size: number;
  /** Its offsets begin with 0. */
  registers: RegisterBlock;
}

/** One block of two models; an access across their border is one access for each byte. */
export function withWindow(block: RegisterBlock, { at, size, registers }: Window): RegisterBlock {
  const isIn = (offset: number) => offset >= at && offset < at + size;
  const read8 = (offset: number) => (isIn(offset) ? registers.read8(offset - at) : block.read8(offset));
  const write8 = (offset: number, value: number) =>
    isIn(offset) ? registers.write8(offset - at, value) : block.write8(offset, value);
  return {
    read8,
    write8,
    read32(offset) {
      if (isIn(offset) !== isIn(offset + 3)) {
        return [0, 1, 2, 3].reduce((value, byte) => value | (read8(offset + byte) << (8 * byte)), 0) >>> 0;
      }
      return isIn(offset) ? registers.read32(offset - at) : block.read32(offset);
    },
    write32(offset, value) {
      if (isIn(offset) !== isIn(offset + 3)) {
        for (let byte = 0; byte < 4; byte++) write8(offset + byte, (value >>> (8 * byte)) & 0xff);
      } else if (isIn(offset)) registers.write32(offset - at, value);
      else block.write32(offset, value);
    },
  };
}

/**
 * v86 calls with 8- and 32-bit accesses only (16 bits arrive as two of 8, 64 as two of 32), at any alignment, with
 * signed addresses and values.
 *
 * @param address physical, a multiple of 128 KiB.
 * @returns the undo: the block's former handlers are put back.
 */
export function mapRegisters(cpu: V86Cpu, address: number, registers: RegisterBlock): () => void {
  const block = address >>> BLOCK_SHIFT;
  const { memory_map_read8: r8, memory_map_write8: w8, memory_map_read32: r32, memory_map_write32: w32 } = cpu;
  const former = [r8[block]!, w8[block]!, r32[block]!, w32[block]!] as const;
  cpu.io.mmap_register(
    address | 0,
    BLOCK_SIZE,
    (at) => registers.read8((at - address) >>> 0),
    (at, value) => registers.write8((at - address) >>> 0, value & 0xff),
    (at) => registers.read32((at - address) >>> 0) | 0,
    (at, value) => registers.write32((at - address) >>> 0, value >>> 0),
  );
  return () => cpu.io.mmap_register(address | 0, BLOCK_SIZE, ...former);
}
