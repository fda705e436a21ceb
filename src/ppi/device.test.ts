import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PpiDevice } from "./device.ts";
import {
  PP_FLAGS_DEFAULT,
  PPI_MEMORY_OVERWRITE,
  PPI_PAGE_SIZE,
  PPI_REQUEST,
  PPI_REQUEST_PARAMETER,
  PPI_SIZE,
  STATUS_BEING_STORED,
  STATUS_NOT_STORED,
  STATUS_STORED,
  VARIABLE_DISABLED_HIERARCHIES,
  VARIABLE_PP_FLAGS,
  VARIABLES_COMMIT,
  VARIABLES_LOCK,
  VARIABLES_OFFSET,
  VARIABLES_SIGNATURE,
  VARIABLES_STATUS,
  VARIABLES_VERSION,
} from "./registers.ts";
import { setUp } from "./testkit/bench.ts";

const WINDOW = Array.from({ length: PPI_SIZE - PPI_PAGE_SIZE }, (_, index) => VARIABLES_OFFSET + index);
/** And what a write changes elsewhere in the window: the lock, and the status by a commit. */
const WRITABLE = [...[0, 1, 2, 3, 4].map((byte) => VARIABLE_PP_FLAGS + byte), VARIABLES_LOCK, VARIABLES_STATUS];
const access = fc.record({
  size: fc.constantFrom(1, 2, 4),
  offset: fc.nat(PPI_SIZE + 8),
  value: fc.integer({ min: 0, max: 0xffff_ffff }),
});

function write(device: ReturnType<typeof setUp>["device"], size: number, offset: number, value: number): void {
  if (size === 1) device.write8(offset, value);
  else if (size === 2) device.write16(offset, value);
  else device.write32(offset, value);
}

function read(device: ReturnType<typeof setUp>["device"], size: number, offset: number): number {
  return size === 1 ? device.read8(offset) : size === 2 ? device.read16(offset) : device.read32(offset);
}

describe("the page", () => {
  it("is memory for accesses of any width and alignment, in little endian", () => {
    fc.assert(
      fc.property(fc.array(access), (accesses) => {
        const { device } = setUp();
        const memory = new Uint8Array(PPI_SIZE + 16);
        for (const { size, offset, value } of accesses) {
          if (offset + size > PPI_PAGE_SIZE) continue;
          write(device, size, offset, value);
          for (let i = 0; i < size; i++) memory[offset + i] = value >>> (8 * i);
          for (const width of [1, 2, 4]) {
            const at = Math.min(offset, PPI_PAGE_SIZE - width);
            let expected = 0;
            for (let i = 0; i < width; i++) expected += memory[at + i]! * 2 ** (8 * i);
            expect(read(device, width, at)).toBe(expected);
          }
        }
      }),
    );
  });

  it("takes the unaligned fields of a request whole", () => {
    const { device } = setUp();
    device.write32(PPI_REQUEST, 23);
    device.write32(PPI_REQUEST_PARAMETER, 0xfedc_ba98);
    expect(device.read32(PPI_REQUEST)).toBe(23);
    expect(device.read32(PPI_REQUEST_PARAMETER)).toBe(0xfedc_ba98);
    expect(device.read8(PPI_REQUEST_PARAMETER + 3)).toBe(0xfe);
  });

  it("survives a reset and not a loss of power", () => {
    const { device } = setUp();
    for (let at = 0; at < PPI_PAGE_SIZE; at++) device.write8(at, at ^ 0x5a);
    device.reset();
    for (let at = 0; at < PPI_PAGE_SIZE; at++) expect(device.read8(at)).toBe((at ^ 0x5a) & 0xff);
    device.losePower();
    for (let at = 0; at < PPI_PAGE_SIZE; at++) expect(device.read8(at)).toBe(0);
  });

  it("tells of a memory overwrite request by bit 0, which a reset leaves as it is", () => {
    fc.assert(
      fc.property(fc.nat(255), (value) => {
        const { device } = setUp();
        device.write8(PPI_MEMORY_OVERWRITE, value);
        expect(device.memoryOverwriteRequested).toBe(value % 2 === 1);
        device.reset();
        expect(device.memoryOverwriteRequested).toBe(value % 2 === 1);
        device.losePower();
        expect(device.memoryOverwriteRequested).toBe(false);
      }),
    );
  });

  it("is off the bus once disposed", () => {
    const { device } = setUp();
    device.write8(PPI_REQUEST, 5);
    device.dispose();
    device.write8(PPI_REQUEST, 5);
    device.write8(VARIABLES_COMMIT, 1);
    expect(device.read32(PPI_REQUEST)).toBe(0xffff_ffff);
    expect(device.read8(VARIABLES_STATUS)).toBe(0xff);
  });
});

describe("the window of the variables", () => {
  it("shows signature, version, defaults, and zeros between and behind them", () => {
    const { device, variables } = setUp();
    expect(String.fromCharCode(...WINDOW.slice(0, 4).map((at) => device.read8(at)))).toBe("TPMV");
    expect(device.read8(VARIABLES_VERSION)).toBe(1);
    expect(device.read8(VARIABLES_LOCK)).toBe(0);
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_STORED);
    expect(variables()).toEqual({ ppFlags: PP_FLAGS_DEFAULT, disabledHierarchies: 0 });
    expect(PP_FLAGS_DEFAULT).toBe(0x700e2);
    for (const at of WINDOW.slice(0x0d)) expect(device.read8(at)).toBe(0);
    expect(device.read32(PPI_SIZE)).toBe(0xffff_ffff);
  });

  it("changes by writes only in its variables, of which the reserved bits stay 0, and in its lock", () => {
    fc.assert(
      fc.property(fc.array(access), (accesses) => {
        const { device, pending } = setUp();
        for (const { size, offset, value } of accesses) {
          const before = WINDOW.map((at) => device.read8(at));
          const locked = before[VARIABLES_LOCK - VARIABLES_OFFSET] === 1;
          write(device, size, offset, value);
          const after = WINDOW.map((at) => device.read8(at));
          const changed = WINDOW.filter((_, index) => after[index] !== before[index]);
          expect(locked ? changed : changed.filter((at) => !WRITABLE.includes(at))).toEqual([]);
          expect(after[VARIABLE_DISABLED_HIERARCHIES - VARIABLES_OFFSET]).toBeLessThanOrEqual(3);
        }
        expect(pending.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("stores both variables by one commit, and says what has become of it", async () => {
    const { device, pending, storing, store, variables } = setUp();
    device.write32(VARIABLE_PP_FLAGS, 0x8000_0012);
    expect(pending).toEqual([]);
    // Hierarchies and commit by one access: in the order of their addresses.
    device.write16(VARIABLE_DISABLED_HIERARCHIES, 0x0103);
    expect(pending.map((commit) => commit.variables)).toEqual([{ ppFlags: 0x8000_0012, disabledHierarchies: 3 }]);
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_BEING_STORED);
    // What is being stored stays what it is, and there is one commit at a time.
    device.write32(VARIABLE_PP_FLAGS, 0);
    device.write8(VARIABLES_COMMIT, 1);
    expect(pending).toHaveLength(1);
    expect(storing).toEqual([true]);
    await pending[0]!.succeed();
    expect(storing).toEqual([true, false]);
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_STORED);
    expect(variables()).toEqual(store.variables);
    device.reset();
    expect(variables()).toEqual({ ppFlags: 0x8000_0012, disabledHierarchies: 3 });
  });

  it("forgets by a reset what was not committed, or could not be stored", async () => {
    const { device, pending, errors, variables } = setUp();
    const before = variables();
    device.write8(VARIABLE_DISABLED_HIERARCHIES, 1);
    expect(variables()).not.toEqual(before);
    device.reset();
    expect(variables()).toEqual(before);
    device.write8(VARIABLE_DISABLED_HIERARCHIES, 1);
    device.write8(VARIABLES_COMMIT, 1);
    await pending[0]!.fail();
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_NOT_STORED);
    expect(String(errors)).toContain("The disk is full.");
    device.reset();
    expect(variables()).toEqual(before);
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_STORED);
  });

  it("lets a commit end after a reset, which then holds what was stored once it is loaded", async () => {
    const { device, pending, store, variables } = setUp();
    device.write8(VARIABLE_DISABLED_HIERARCHIES, 2);
    device.write8(VARIABLES_COMMIT, 1);
    device.reset();
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_STORED);
    await pending[0]!.succeed();
    device.load(store.variables);
    expect(variables().disabledHierarchies).toBe(2);
  });

  it("is locked by firmware until the next reset: nothing changes and nothing is stored", () => {
    const { device, pending, variables } = setUp();
    const before = variables();
    for (const value of [0, 2, 0xff]) device.write8(VARIABLES_LOCK, value);
    expect(device.read8(VARIABLES_LOCK)).toBe(0);
    device.write8(VARIABLES_LOCK, 1);
    expect(device.read8(VARIABLES_LOCK)).toBe(1);
    for (const at of WINDOW) for (const value of [0, 1, 0xff]) device.write8(at, value);
    expect(device.read8(VARIABLES_LOCK)).toBe(1);
    expect(variables()).toEqual(before);
    expect(pending).toEqual([]);
    device.reset();
    expect(device.read8(VARIABLES_LOCK)).toBe(0);
  });

  it("is locked as soon as something else than firmware runs, and stays so", () => {
    const { device, pending, store, variables } = setUp();
    const before = variables();
    store.osRuns = true;
    device.write32(VARIABLE_PP_FLAGS, 0);
    device.write8(VARIABLES_COMMIT, 1);
    // An operating system that turns paging off again is no firmware.
    store.osRuns = false;
    device.write32(VARIABLE_PP_FLAGS, 0);
    device.write8(VARIABLES_COMMIT, 1);
    expect(variables()).toEqual(before);
    expect(pending).toEqual([]);
    expect(device.read8(VARIABLES_LOCK)).toBe(1);
  });

  it("takes a store that throws as one that refuses", async () => {
    const device = new PpiDevice({
      store: () => {
        throw new Error("broken");
      },
    });
    device.write8(VARIABLES_COMMIT, 1);
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_BEING_STORED);
    await device.whenStored();
    expect(device.read8(VARIABLES_STATUS)).toBe(STATUS_NOT_STORED);
  });

  it("leaves what is written to the signature as it is", () => {
    const { device } = setUp();
    device.write32(VARIABLES_SIGNATURE, 0);
    expect(device.read32(VARIABLES_SIGNATURE)).toBe(0x564d_5054);
  });
});
