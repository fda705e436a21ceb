import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TisDevice } from "./device.ts";
import {
  INT_GLOBAL_ENABLE,
  INT_SUPPORTED,
  INTERFACE_ID_LOCK,
  REG_INT_ENABLE,
  REG_INTERFACE_ID,
  TIS_SIZE,
} from "./registers.ts";
import { type TisSavedState, TisStateError } from "./savedState.ts";
import { FakeBackend, settle } from "./testkit/fakeBackend.ts";
import { command, Guest, response } from "./testkit/guest.ts";

const GET_RANDOM = command("GetRandom", [0, 2]);
const RANDOM = response("TPM_RC_SUCCESS", [0, 2, 0xab, 0xcd]);

function setUp() {
  const backend = new FakeBackend();
  const line: boolean[] = [];
  const device = new TisDevice({ backend, irq: (asserted) => line.push(asserted) });
  return { backend, device, guest: new Guest(device), line };
}

/** What an emulator's snapshot does to it. */
function copy(state: TisSavedState): unknown {
  return structuredClone(state);
}

describe("a restored device", () => {
  test("goes on in the middle of receiving a command", () => {
    const saved = setUp();
    saved.guest.request(2);
    saved.guest.request(1);
    saved.guest.commandReady(2);
    saved.guest.write(2, GET_RANDOM.subarray(0, 7));

    const { device, guest, backend } = setUp();
    device.restoreState(copy(saved.device.saveState()));
    guest.write(2, GET_RANDOM.subarray(7));
    guest.go(2);
    expect(backend.executed).toEqual([{ command: GET_RANDOM, locality: 2 }]);
    expect(guest.access(1)).toBe(0x83);
  });

  test("goes on in the middle of reading a response, which can be retried", async () => {
    const saved = setUp();
    saved.guest.request(0);
    saved.guest.send(0, GET_RANDOM);
    await saved.backend.answer(RANDOM);
    saved.guest.read(0, 4);

    const { device, guest } = setUp();
    device.restoreState(copy(saved.device.saveState()));
    expect(guest.read(0, 10)).toEqual(RANDOM.subarray(4));
    guest.writeStatus(0, 2);
    expect(guest.read(0, 14)).toEqual(RANDOM);
  });

  test("has the registers that were saved, and drives its interrupt line", async () => {
    const saved = setUp();
    saved.guest.request(1);
    saved.guest.seize(2);
    saved.device.write32(saved.guest.at(2, REG_INT_ENABLE), INT_GLOBAL_ENABLE | INT_SUPPORTED);
    saved.device.write32(REG_INTERFACE_ID, INTERFACE_ID_LOCK);
    saved.guest.send(2, command("SelfTest", [1]));
    await saved.backend.answer(response("TPM_RC_SUCCESS"));

    const { device, line } = setUp();
    device.restoreState(copy(saved.device.saveState()));
    expect(device.saveState()).toEqual(saved.device.saveState());
    await settle();
    expect(line).toEqual([true]);
    const different: number[] = [];
    for (let offset = 0; offset < TIS_SIZE; offset += 4)
      if (device.read32(offset) !== saved.device.read32(offset)) different.push(offset);
    expect(different).toEqual([]);
  });

  test("ignores the answer to what was in flight before", async () => {
    const { device, guest, backend } = setUp();
    const fresh = copy(device.saveState());
    guest.request(0);
    guest.send(0, GET_RANDOM);
    device.restoreState(fresh);
    await backend.answer(RANDOM);
    expect(guest.access(0)).toBe(0x81);
  });
});

describe("saveState", () => {
  test("refuses while a command is in flight, and works when it is over", async () => {
    const { device, guest, backend } = setUp();
    guest.request(0);
    guest.send(0, GET_RANDOM);
    expect(() => device.saveState()).toThrow(/whenNotBusy/);
    guest.release(0);
    expect(() => device.saveState()).toThrow(TisStateError);
    await backend.answer(RANDOM);
    expect(device.saveState()).toHaveLength(4);
  });

  test("is made of arrays, numbers and bytes only", () => {
    const [version, numbers, commandBytes, responseBytes] = setUp().device.saveState();
    expect(version).toBe(1);
    expect(numbers.every((n) => Number.isInteger(n) && n >= 0)).toBe(true);
    expect(commandBytes).toEqual(new Uint8Array(0));
    expect(responseBytes).toEqual(new Uint8Array(0));
  });
});

describe("a damaged state", () => {
  test.each([
    ["nothing", undefined],
    ["an object", {}],
    ["a newer version", [2, [], new Uint8Array(0), new Uint8Array(0)]],
    ["no registers", [1, [], new Uint8Array(0), new Uint8Array(0)]],
    ["numbers that are none", [1, new Array(20).fill("0"), new Uint8Array(0), new Uint8Array(0)]],
  ])("is refused: %s", (_what, state) => {
    expect(() => setUp().device.restoreState(state)).toThrow(TisStateError);
  });

  test("leaves the device as it was, or gives one that works as any other", async () => {
    const donor = setUp();
    donor.guest.request(1);
    donor.guest.request(0);
    donor.guest.send(1, GET_RANDOM);
    await donor.backend.answer(RANDOM);
    donor.guest.read(1, 3);
    const intact = donor.device.saveState();
    const element = fc.oneof(fc.nat(40), fc.integer(), fc.constantFrom(0xff, 8, 1.5, "x", null));
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant(new Uint8Array(5000)), fc.constant([1, 2]));
    const commands = fc.oneof({ weight: 5, arbitrary: fc.constant(intact[2]) }, { weight: 1, arbitrary: bytes });
    const responses = fc.oneof({ weight: 5, arbitrary: fc.constant(intact[3]) }, { weight: 1, arbitrary: bytes });
    let refused = 0;
    let taken = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(19), element), { minLength: 1, maxLength: 3 }),
        commands,
        responses,
        (changes, commandBytes, responseBytes) => {
          const numbers: unknown[] = [...intact[1]];
          for (const [index, value] of changes) numbers[index] = value;
          const { device, guest, backend } = setUp();
          const before = device.saveState();
          try {
            device.restoreState([1, numbers, commandBytes, responseBytes]);
            taken++;
          } catch (error) {
            refused++;
            expect(error).toBeInstanceOf(TisStateError);
            expect(device.saveState()).toEqual(before);
          }
          for (const locality of [3, 2, 1, 0]) guest.release(locality);
          for (const locality of [3, 2, 1, 0]) guest.release(locality);
          guest.request(0);
          guest.send(0, GET_RANDOM);
          expect(backend.executed).toEqual([{ command: GET_RANDOM, locality: 0 }]);
        },
      ),
      { numRuns: 500 },
    );
    // An eighth is taken.
    expect(refused).toBeGreaterThan(100);
    expect(taken).toBeGreaterThan(20);
  });
});
