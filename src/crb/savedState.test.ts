import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUFFER_SIZE, CRB_SIZE, CTRL_REQ_CMD_READY, DATA_BUFFER, REG_CTRL_REQ, REG_INTF_ID } from "./registers.ts";
import { CrbStateError, packState, unpackState } from "./savedState.ts";
import { setUp } from "./testkit/guest.ts";

const registers = fc.record({
  assigned: fc.boolean(),
  idle: fc.boolean(),
  cancel: fc.boolean(),
  interfaceLocked: fc.boolean(),
  responseSize: fc.oneof(fc.constant(0), fc.integer({ min: 10, max: BUFFER_SIZE })),
  buffer: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((start) => {
    const buffer = new Uint8Array(BUFFER_SIZE);
    buffer.set(start);
    return buffer;
  }),
});

describe("the saved state", () => {
  it("comes back as it went", () => {
    fc.assert(
      fc.property(registers, (given) => {
        expect(unpackState(packState(given))).toEqual(given);
      }),
    );
  });

  it("makes another device read the same everywhere", async () => {
    const { device, guest, backend } = setUp();
    guest.send(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x7b));
    expect(() => device.saveState()).toThrow(CrbStateError);
    await backend.answer(Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 1, 2));
    device.write32(REG_INTF_ID, 1 << 19);
    const other = setUp();
    other.device.restoreState(structuredClone(device.saveState()));
    for (let offset = 0; offset < CRB_SIZE; offset += 4) {
      expect(other.device.read32(offset), `${offset}`).toBe(device.read32(offset));
    }
    // The response is known as one: it is wiped.
    other.device.write32(REG_CTRL_REQ, CTRL_REQ_CMD_READY);
    expect(other.device.read32(DATA_BUFFER)).toBe(0);
  });

  it("anything else is refused, and changes nothing", () => {
    const { device } = setUp();
    const before = device.dumpRegisters();
    const good = device.saveState();
    const [version, numbers, buffer] = good;
    const bad: unknown[] = [
      null,
      {},
      [],
      [version + 1, numbers, buffer],
      [version, numbers.slice(1), buffer],
      ...numbers.map((_, index) => [version, numbers.with(index, 9), buffer]),
      [version, numbers.with(4, BUFFER_SIZE + 1), buffer],
      [version, numbers.with(4, 10.5), buffer],
      [version, numbers, buffer.slice(1)],
      [version, numbers, [...buffer]],
    ];
    for (const state of bad) {
      expect(() => device.restoreState(state), JSON.stringify(state)?.slice(0, 60)).toThrow(CrbStateError);
      expect(device.dumpRegisters()).toBe(before);
    }
    fc.assert(
      fc.property(fc.anything(), (state) => {
        try {
          device.restoreState(state);
        } catch (error) {
          expect(error).toBeInstanceOf(CrbStateError);
        }
      }),
    );
  });
});
