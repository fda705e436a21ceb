/**
 * `etc/e820`: the memory map that SeaBIOS reads before anything else, in QEMU's form: 20-byte entries of address
 * (u64), length (u64) and type (u32), little endian. [QEMU docs/specs/fw_cfg.rst; SeaBIOS src/fw/paravirt.c]
 */

export const E820_RAM = 1;
export const E820_RESERVED = 2;

const ENTRY_SIZE = 20;

export interface E820Entry {
  /** First byte, physical. */
  address: number;
  /** Size in bytes. */
  length: number;
  type: typeof E820_RAM | typeof E820_RESERVED;
}

/** Later entries override earlier ones where they overlap: SeaBIOS adds them in order. */
export function e820File(entries: readonly E820Entry[]): Uint8Array {
  const file = new Uint8Array(entries.length * ENTRY_SIZE);
  const view = new DataView(file.buffer);
  entries.forEach((entry, index) => {
    const offset = index * ENTRY_SIZE;
    view.setBigUint64(offset, BigInt(entry.address), true);
    view.setBigUint64(offset + 8, BigInt(entry.length), true);
    view.setUint32(offset + 16, entry.type, true);
  });
  return file;
}
