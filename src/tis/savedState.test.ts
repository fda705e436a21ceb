import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeBackend, settle } from "../engine/testkit/fakeBackend.ts";
import { COMPLETION, EXECUTION, IDLE, READY, RECEPTION } from "./commandCycle.ts";
import { TisDevice } from "./device.ts";
import {
  ACCESS_BEEN_SEIZED,
  ACCESS_REQUEST_USE,
  ACCESS_SEIZE,
  FIFO_SIZE,
  INT_GLOBAL_ENABLE,
  INT_SUPPORTED,
  INTERFACE_ID_LOCK,
  LOCALITY_COUNT,
  NO_LOCALITY,
  REG_INT_ENABLE,
  REG_INTERFACE_ID,
  TIS_SIZE,
} from "./registers.ts";
import { packState, type TisSavedState, TisStateError, unpackState } from "./savedState.ts";
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

/** A saved state in the words of its fields: no locality is active, nothing has happened. */
function saved(
  {
    active = NO_LOCALITY as number,
    state = IDLE as number,
    selfTestDone = 0,
    locked = 0,
    position = 0,
    bytes = { command: new Uint8Array(0) as unknown, response: new Uint8Array(0) as unknown },
  } = {},
  perLocality: Readonly<Record<number, readonly unknown[]>> = {},
): unknown[] {
  const registers = Array.from({ length: LOCALITY_COUNT }, (_, locality) => perLocality[locality] ?? [0, 0, 0]);
  return [1, [active, state, selfTestDone, locked, position, ...registers.flat()], bytes.command, bytes.response];
}
const received = (command: unknown) => ({ command, response: new Uint8Array(0) });
const answered = (response: unknown) => ({ command: new Uint8Array(0), response });
const octets = (length: number) => new Uint8Array(length);

describe("each register of a saved state", () => {
  test.each([
    ["no locality", saved()],
    ["the first locality", saved({ active: 0, state: READY })],
    ["the last that software has", saved({ active: 3, state: READY, selfTestDone: 1, locked: 1 })],
    ["a byte received", saved({ active: 1, state: RECEPTION, bytes: received(octets(1)) })],
    ["all bytes received", saved({ active: 1, state: RECEPTION, bytes: received(octets(FIFO_SIZE)) })],
    ["a byte to read", saved({ active: 1, state: COMPLETION, bytes: answered(octets(1)) })],
    ["all read", saved({ active: 1, state: COMPLETION, position: FIFO_SIZE, bytes: answered(octets(FIFO_SIZE)) })],
    ["a request that waits", saved({ active: 0 }, { 3: [ACCESS_REQUEST_USE, 0, 0] })],
    ["localities that were seized from", saved({ active: 0 }, { 0: [ACCESS_BEEN_SEIZED, 0, 0] })],
    ["both", saved({ active: 0 }, { 1: [ACCESS_BEEN_SEIZED | ACCESS_REQUEST_USE, 0, 0] })],
    ["all bits of the interrupts", saved({}, { 4: [0, 0xffff_ffff, 0xffff_ffff] })],
  ])("is taken: %s", (_what, state) => {
    expect(packState(unpackState(state))).toEqual(state);
  });

  test.each([
    ["version", "version 1;", ["1", ...saved().slice(1)]],
    ["one register too few", "number of registers", [1, (saved()[1] as number[]).slice(1), octets(0), octets(0)]],
    ["one too many", "number of registers", [1, [...(saved()[1] as number[]), 0], octets(0), octets(0)]],
    ["the hardware's locality", "active locality is 4", saved({ active: 4 })],
    ["a locality between", "active locality is 254", saved({ active: 254 })],
    ["a negative one", "active locality is -1", saved({ active: -1 })],
    ["half a locality", "active locality is 0.5", saved({ active: 0.5 })],
    ["execution", "state is 3", saved({ active: 0, state: EXECUTION })],
    ["a state that there is not", "state is 5", saved({ active: 0, state: COMPLETION + 1 })],
    ["Ready for nobody", "state without a locality is 1", saved({ state: READY })],
    ["selfTestDone", "selfTestDone is 2", saved({ selfTestDone: 2 })],
    ["the lock", "interface lock is 2", saved({ locked: 2 })],
    ["bytes of no command", "command is 1 bytes", saved({ active: 0, state: READY, bytes: received(octets(1)) })],
    ["no bytes of a command", "command is 0 bytes", saved({ active: 0, state: RECEPTION })],
    [
      "a command too long",
      `command is ${FIFO_SIZE + 1} bytes`,
      saved({ active: 0, state: RECEPTION, bytes: received(octets(FIFO_SIZE + 1)) }),
    ],
    ["a command as text", "command is string", saved({ active: 0, state: RECEPTION, bytes: received("8001") })],
    ["bytes of no response", "response is 1 bytes", saved({ active: 0, state: READY, bytes: answered(octets(1)) })],
    ["no response", "response is 0 bytes", saved({ active: 0, state: COMPLETION })],
    [
      "a response too long",
      `response is ${FIFO_SIZE + 1} bytes`,
      saved({ active: 0, state: COMPLETION, bytes: answered(octets(FIFO_SIZE + 1)) }),
    ],
    [
      "a position behind the response",
      "position in the response is 2",
      saved({ active: 0, state: COMPLETION, position: 2, bytes: answered(octets(1)) }),
    ],
    ["a position in no response", "position in the response is 1", saved({ position: 1 })],
    ["a request of hardware", "TPM_ACCESS_4 is 2", saved({ active: 0 }, { 4: [ACCESS_REQUEST_USE, 0, 0] })],
    ["a bit that is not kept", "TPM_ACCESS_2 is 8", saved({ active: 0 }, { 2: [ACCESS_SEIZE, 0, 0] })],
    ["a request that nobody hinders", "TPM_ACCESS_1 is 2", saved({}, { 1: [ACCESS_REQUEST_USE, 0, 0] })],
    ["a request of who has it", "TPM_ACCESS_1 is 2", saved({ active: 1 }, { 1: [ACCESS_REQUEST_USE, 0, 0] })],
    ["33 bits", "TPM_INT_ENABLE_0 is 4294967296", saved({}, { 0: [0, 2 ** 32, 0] })],
    ["no number", "TPM_INT_STATUS_3 is NaN", saved({}, { 3: [0, 0, Number.NaN] })],
    ["a number as text", "TPM_INT_STATUS_3 is 1", saved({}, { 3: [0, 0, "1"] })],
  ])("is refused by its name: %s", (_what, message, state) => {
    expect(() => unpackState(state)).toThrow(TisStateError);
    expect(() => unpackState(state)).toThrow(message);
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
