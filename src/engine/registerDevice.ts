/** What the device models (TIS, CRB) have in common: an access of any size and alignment, and who hears of a wrong one. */
import type { Locality } from "./backend.ts";

/** An access to an address where no register is: a driver's mistake, or a register that this device does not have. */
export interface UnknownAccess {
  kind: "read" | "write";
  /** Bytes from the device's base address. */
  offset: number;
  /** Null beyond the localities' pages. */
  locality: Locality | null;
  /** Bytes, 1 to 4: an access is told of for each 32-bit register that it touches. */
  size: number;
  /** Unsigned: what was written and ignored, or what was read. */
  value: number;
}

/** An access is one access per 32-bit register it touches, in ascending order. */
export abstract class RegisterDevice {
  readonly #onUnknownAccess: ((access: UnknownAccess) => void) | undefined;

  /** @param onUnknownAccess called during the access; what it throws is reported as any uncaught error. */
  constructor(onUnknownAccess?: (access: UnknownAccess) => void) {
    this.#onUnknownAccess = onUnknownAccess;
  }

  /** @param offset from the base address; any alignment. Outside of the device all ones, as from an empty bus. */
  read8(offset: number): number {
    return this.#read(offset >>> 0, 1);
  }
  read16(offset: number): number {
    return this.#read(offset >>> 0, 2);
  }
  read32(offset: number): number {
    return this.#read(offset >>> 0, 4);
  }

  /** @param value signed or unsigned; its lowest 8, 16 or 32 bits count. */
  write8(offset: number, value: number): void {
    this.#write(offset >>> 0, value, 1);
  }
  write16(offset: number, value: number): void {
    this.#write(offset >>> 0, value, 2);
  }
  write32(offset: number, value: number): void {
    this.#write(offset >>> 0, value, 4);
  }

  /** Reads `count` bytes (1..4) that lie within one 32-bit register. @returns them in the lowest bits; signed or not. */
  protected abstract readRegister(at: number, count: number): number;
  /** Writes `count` bytes (1..4) that lie within one 32-bit register. @param value they are its lowest bits, the rest 0. */
  protected abstract writeRegister(at: number, value: number, count: number): void;

  /** Tells of an access where nothing is decoded. */
  protected unknownAccess(access: UnknownAccess): void {
    try {
      this.#onUnknownAccess?.({ ...access, value: access.value >>> 0 });
    } catch (error) {
      // Who looks on can't break the access.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #read(offset: number, size: number): number {
    let value = 0;
    for (let done = 0; done < size; ) {
      const at = offset + done;
      const count = Math.min(size - done, 4 - (at & 3));
      value |= this.readRegister(at, count) << (8 * done);
      done += count;
    }
    return value >>> 0;
  }

  #write(offset: number, value: number, size: number): void {
    for (let done = 0; done < size; ) {
      const at = offset + done;
      const count = Math.min(size - done, 4 - (at & 3));
      this.writeRegister(at, (value >>> (8 * done)) & byteMask(count), count);
      done += count;
    }
  }
}

/** The lowest `count` bytes set, 1..4. */
export function byteMask(count: number): number {
  return count === 4 ? -1 : (1 << (8 * count)) - 1;
}
