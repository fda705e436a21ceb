/** What helps who debugs a driver: reports of accesses to no register, and a dump of the registers. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { UnknownAccess } from "../engine/registerDevice.ts";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice, type TisDeviceOptions } from "./device.ts";
import { TIS_SIZE } from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

const LOCALITY_0 = 0;
const STARTUP = command("Startup", [0, 0]);

function setUp(options: Partial<TisDeviceOptions> = {}) {
  const backend = new FakeBackend();
  const told: UnknownAccess[] = [];
  const device = new TisDevice({ backend, onUnknownAccess: (access) => told.push(access), ...options });
  return { backend, device, guest: new Guest(device), told };
}

/** As in the register map of PTP's FIFO interface: offsets in a page that software of this device may use. */
const isRegister = (offset: number) => {
  const register = offset & 0xffc;
  const single = [0x000, 0x008, 0x00c, 0x010, 0x014, 0x018, 0x024, 0x030, 0xf00, 0xf04].includes(register);
  return single || (register >= 0x080 && register < 0x0c0);
};

describe("onUnknownAccess", () => {
  test("tells of reads, which give all ones, and of writes, which are ignored, with their size", () => {
    const { device, told } = setUp();
    expect(device.read8(0x0028)).toBe(0xff);
    expect(device.read16(0x1032)).toBe(0);
    expect(device.read32(0x3f08)).toBe(0xffff_ffff);
    device.write8(0x2044, 0x1a5);
    device.write32(0x4020, -2);
    expect(told).toEqual([
      { kind: "read", offset: 0x0028, locality: 0, size: 1, value: 0xff },
      { kind: "read", offset: 0x3f08, locality: 3, size: 4, value: 0xffff_ffff },
      { kind: "write", offset: 0x2044, locality: 2, size: 1, value: 0xa5 },
      { kind: "write", offset: 0x4020, locality: 4, size: 4, value: 0xffff_fffe },
    ]);
  });

  test("tells of each 32-bit register that an access touches, and only of those that are none", () => {
    const { device, told } = setUp();
    device.read32(0x0f06);
    device.write32(0x002e, 0x4433_2211);
    expect(told).toEqual([
      { kind: "read", offset: 0x0f08, locality: 0, size: 2, value: 0xffff },
      { kind: "write", offset: 0x002e, locality: 0, size: 2, value: 0x2211 },
    ]);
  });

  test("tells of what lies beyond the localities' pages", () => {
    const { device, told } = setUp();
    expect(device.read8(TIS_SIZE)).toBe(0xff);
    device.write16(0x1_fffe, 0x1234);
    expect(told).toEqual([
      { kind: "read", offset: 0x5000, locality: null, size: 1, value: 0xff },
      { kind: "write", offset: 0x1_fffe, locality: null, size: 2, value: 0x1234 },
    ]);
  });

  test("tells nothing of registers, be they read-only, another locality's or the hardware's", () => {
    const { device, told } = setUp();
    for (let offset = 0; offset < TIS_SIZE; offset++) {
      if (!isRegister(offset)) continue;
      device.read8(offset);
      device.write8(offset, 0);
    }
    expect(told).toEqual([]);
  });

  test("tells nothing without power, or when the device is off the bus: there is nobody who could decode", () => {
    const { device, backend, told } = setUp();
    backend.power = "off";
    expect([device.read32(0x0040), device.read32(TIS_SIZE)]).toEqual([0, 0xffff_ffff]);
    device.write32(0x0040, 1);
    backend.power = "on";
    device.dispose();
    device.read32(0x0040);
    device.write32(0x0040, 1);
    expect(told).toEqual([]);
  });

  test("who throws does not break the access; the error is reported as any uncaught one", () => {
    const error = new Error("the listener's own");
    const { device } = setUp({
      onUnknownAccess() {
        throw error;
      },
    });
    const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    expect(device.read32(0x0040)).toBe(0xffff_ffff);
    const tasks = later.mock.calls.map(([task]) => task);
    later.mockRestore();
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toThrow(error);
  });

  test("changes nothing: any accesses, with and without it, and it hears of exactly those that are of no register", () => {
    const access = fc.record({
      kind: fc.constantFrom("read", "write"),
      size: fc.constantFrom(1, 2, 4),
      offset: fc.oneof(
        fc.integer({ min: 0, max: 0x1_ffff }),
        fc
          .tuple(
            fc.integer({ min: 0, max: 4 }),
            fc.constantFrom(0, 8, 0x14, 0x18, 0x20, 0x24, 0x28, 0x30, 0x80, 0xbc, 0xc0),
          )
          .map(([locality, register]) => (locality << 12) + register),
      ),
      value: fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 60 }), (accesses) => {
        const { device, told } = setUp();
        const silent = setUp({ onUnknownAccess: undefined }).device;
        const expected: [string, number][] = [];
        for (const { kind, size, offset, value } of accesses) {
          for (let at = offset; at < offset + size; at++) {
            const isFirst = at === offset || (at & 3) === 0;
            if (isFirst && (at >= TIS_SIZE || !isRegister(at))) expected.push([kind, at]);
          }
          const both = [device, silent].map((each) => {
            if (kind === "write")
              return [each.write8, each.write16, each.write32][size >> 1]!.call(each, offset, value);
            return [each.read8, each.read16, each.read32][size >> 1]!.call(each, offset);
          });
          expect(both[0]).toBe(both[1]);
        }
        expect(told.map(({ kind, offset }) => [kind, offset])).toEqual(expected);
        if (!device.busy) expect(device.saveState()).toEqual(silent.saveState());
      }),
    );
  });
});

describe("dumpRegisters", () => {
  test("shows the registers of all localities and where the device stands", async () => {
    const { device, guest, backend } = setUp({ vector: 5 });
    guest.request(1);
    guest.request(3);
    guest.send(1, STARTUP);
    await backend.answer(response("TPM_RC_SUCCESS", [1, 2]));
    guest.read(1, 10);
    expect(device.dumpRegisters()).toBe(`\
locality 1 is active; Completion
FIFO: 0 bytes of a command; 10 of the response's 12 bytes were read
no command is with the TPM
                      locality 0  locality 1  locality 2  locality 3  locality 4
TPM_ACCESS            0x00000085  0x000000a5  0x00000085  0x00000083  0x00000085
TPM_INT_ENABLE        0x00000008  0x00000008  0x00000008  0x00000008  0x00000008
TPM_INT_VECTOR        0x00000005  0x00000005  0x00000005  0x00000005  0x00000005
TPM_INT_STATUS        0x00000000  0x00000000  0x00000000  0x00000000  0x00000000
TPM_INTF_CAPABILITY   0x30000697  0x30000697  0x30000697  0x30000697  0x30000697
TPM_STS               0xffffffff  0x04000290  0xffffffff  0xffffffff  0xffffffff
TPM_INTERFACE_ID      0x00002100  0x00002100  0x00002100  0x00002100  0x00002100
TPM_DID_VID           0x00011014  0x00011014  0x00011014  0x00011014  0x00011014
TPM_RID               0x00000001  0x00000001  0x00000001  0x00000001  0x00000001`);
  });

  test("tells of a command in execution without giving the event loop a turn", () => {
    const onPoll = vi.fn();
    const { device, guest } = setUp({ onPoll });
    guest.request(LOCALITY_0);
    guest.send(LOCALITY_0, STARTUP);
    expect(device.dumpRegisters()).toMatch(/^locality 0 is active; Execution\n.*\na command is with the TPM\n/);
    expect(onPoll).not.toHaveBeenCalled();
  });

  test("counts the bytes of a command and does not show them", () => {
    const { device, guest } = setUp();
    guest.request(LOCALITY_0);
    guest.commandReady(LOCALITY_0);
    guest.write(LOCALITY_0, [0x80, 0x02, 0xde, 0xad, 0xbe]);
    const dump = device.dumpRegisters();
    expect(dump).toContain("; Reception\nFIFO: 5 bytes of a command; 0 of the response's 0 bytes were read\n");
    expect(dump).not.toMatch(/de.?ad/i);
  });

  test("of a device without power says so; of an idle one, too", () => {
    const { device, backend } = setUp();
    expect(device.dumpRegisters()).toMatch(/^no locality is active; Idle\n/);
    backend.power = "off";
    const dump = device.dumpRegisters();
    expect(dump).toMatch(/^no power: every register reads 0\n/);
    expect(dump.match(/0x[0-9a-f]{8}/g)).toEqual(Array(9 * 5).fill("0x00000000"));
  });

  test("shows what would be read, and changes nothing of it", async () => {
    const names = ["ACCESS", "INT_ENABLE", "INT_VECTOR", "INT_STATUS", "INTF_CAPABILITY", "STS", "INTERFACE_ID"];
    const offsets = [0x000, 0x008, 0x00c, 0x010, 0x014, 0x018, 0x030];
    const step = fc.tuple(fc.constantFrom(0, 8, 0x10, 0x18, 0x24, 0x30), fc.nat(4), fc.nat(0xff), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { device, backend, guest } = setUp();
        for (const [register, locality, value, isAnswered] of steps) {
          device.write8(guest.at(locality, register), value);
          if (isAnswered && backend.pending.length > 0) await backend.answer(response("TPM_RC_SUCCESS", [1]));
        }
        while (backend.pending.length > 0) await backend.answer(response("TPM_RC_SUCCESS", [1]));
        const before = device.saveState();
        const lines = device.dumpRegisters().split("\n");
        expect(device.saveState()).toEqual(before);
        for (const [i, name] of names.entries()) {
          const read = [0, 1, 2, 3, 4].map((locality) => device.read32(guest.at(locality, offsets[i]!)));
          const shown = lines
            .find((line) => line.startsWith(`TPM_${name} `))!
            .split(/ +/)
            .slice(1);
          expect(shown.map(Number), name).toEqual(read);
        }
      }),
    );
  });
});
