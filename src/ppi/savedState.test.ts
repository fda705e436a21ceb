import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  PPI_PAGE_SIZE,
  PPI_SIZE,
  STATUS_NOT_STORED,
  STATUS_STORED,
  VARIABLE_PP_FLAGS,
  VARIABLES_COMMIT,
  VARIABLES_LOCK,
} from "./registers.ts";
import { PpiStateError, packState, unpackState } from "./savedState.ts";
import { setUp } from "./testkit/bench.ts";

const registers = fc.record({
  locked: fc.boolean(),
  status: fc.constantFrom(STATUS_STORED, STATUS_NOT_STORED),
  written: fc.record({ ppFlags: fc.integer({ min: 0, max: 0xffff_ffff }), disabledHierarchies: fc.nat(3) }),
  page: fc.uint8Array({ minLength: PPI_PAGE_SIZE, maxLength: PPI_PAGE_SIZE }),
});

describe("the saved state", () => {
  it("comes back as it went", () => {
    fc.assert(
      fc.property(registers, (given) => {
        expect(unpackState(packState(given))).toEqual(given);
      }),
      { numRuns: 20 },
    );
  });

  it("makes another device read the same everywhere", async () => {
    const { device, pending } = setUp();
    for (let at = 0; at < PPI_PAGE_SIZE; at++) device.write8(at, at * 7);
    device.write32(VARIABLE_PP_FLAGS, 0x1234_5678);
    device.write8(VARIABLES_COMMIT, 1);
    expect(() => device.saveState()).toThrow(PpiStateError);
    await pending[0]!.fail();
    device.write8(VARIABLES_LOCK, 1);
    const other = setUp();
    other.device.restoreState(structuredClone(device.saveState()));
    for (let at = 0; at < PPI_SIZE; at++) expect(other.device.read8(at), `${at}`).toBe(device.read8(at));
  });

  it("anything else is refused, and changes nothing", () => {
    const { device } = setUp();
    const good = device.saveState();
    const [version, numbers, page] = good;
    const bad: unknown[] = [
      null,
      {},
      [],
      [version + 1, numbers, page],
      [version, numbers.slice(1), page],
      ...[2, 1, -1, 4].map((wrong, index) => [version, numbers.with(index, wrong), page]),
      [version, numbers.with(2, 2 ** 32), page],
      [version, numbers, page.slice(1)],
      [version, numbers, [...page]],
    ];
    for (const saved of bad) expect(() => device.restoreState(saved)).toThrow(PpiStateError);
    expect(device.saveState()).toEqual(good);
  });
});
