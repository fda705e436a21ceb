import { describe, expect, it } from "vitest";
import { TpmPoweredOffError } from "../engine/backend.ts";
import type { UnknownAccess } from "../engine/registerDevice.ts";
import { settle } from "../engine/testkit/fakeBackend.ts";

import {
  BUFFER_SIZE,
  CRB_SIZE,
  CTRL_REQ_CMD_READY,
  CTRL_REQ_GO_IDLE,
  CTRL_STS_IDLE,
  DATA_BUFFER,
  INTF_ID_LOCK,
  LOC_CTRL_RELINQUISH,
  LOC_STATE_ESTABLISHED,
  REG_CTRL_CANCEL,
  REG_CTRL_CMD_SIZE,
  REG_CTRL_REQ,
  REG_CTRL_START,
  REG_CTRL_STS,
  REG_INT_ENABLE,
  REG_INTF_ID,
  REG_INTF_ID2,
  REG_LOC_CTRL,
  REG_LOC_STATE,
  REG_LOC_STS,
} from "./registers.ts";
import { setUp } from "./testkit/guest.ts";

const message = (size: number, code: number, length = size) => {
  const bytes = new Uint8Array(length).fill(0x5a);
  bytes.set([0x80, 0x01]);
  const view = new DataView(bytes.buffer);
  view.setUint32(2, size);
  if (length >= 10) view.setUint32(6, code);
  return bytes;
};
const GET_RANDOM = message(12, 0x17b);
const ANSWER = message(16, 0);

describe("a command", () => {
  it("may be started in Idle, as SeaBIOS does, and again without goIdle", async () => {
    const { device, guest, backend } = setUp();
    expect(device.read32(REG_CTRL_STS)).toBe(CTRL_STS_IDLE);
    guest.write(GET_RANDOM);
    guest.start();
    await backend.answer(ANSWER);
    expect(guest.read(16)).toEqual(ANSWER);
    device.write8(REG_CTRL_REQ, CTRL_REQ_CMD_READY);
    guest.request();
    guest.write(GET_RANDOM);
    guest.start();
    expect(backend.executed.map(({ command }) => command)).toEqual([GET_RANDOM, GET_RANDOM]);
  });

  it("is not started without a locality, nor by another bit, nor twice", () => {
    const { device, guest, backend } = setUp();
    guest.write(GET_RANDOM);
    for (const bits of [0, 2, 4, 0xffff_fffe]) device.write32(REG_CTRL_START, bits);
    device.write8(REG_CTRL_START + 1, 1);
    expect(backend.executed).toEqual([]);
    device.write32(REG_LOC_CTRL, LOC_CTRL_RELINQUISH);
    guest.start();
    expect(backend.executed).toEqual([]);
    guest.request();
    guest.start();
    guest.start();
    expect(backend.executed).toHaveLength(1);
  });

  it.each([
    ["shorter than a header", 4, 10],
    ["of no size", 0, 10],
    ["longer than the buffer", 0x1000, BUFFER_SIZE],
    ["with the largest size that there is", 0xffff_ffff, BUFFER_SIZE],
    ["that fills the buffer", BUFFER_SIZE, BUFFER_SIZE],
  ])("%s is the TPM's to refuse", (_, size, length) => {
    const { guest, backend } = setUp();
    guest.write(message(size, 0x17b, 10));
    guest.start();
    expect(backend.executed[0]!.command).toHaveLength(length);
    expect(backend.executed[0]!.command.slice(0, 10)).toEqual(message(size, 0x17b, 10));
  });

  it("in execution is the TPM's own: writes to the buffer, cmdReady and goIdle do nothing", async () => {
    const { device, guest, backend } = setUp();
    guest.send(GET_RANDOM);
    device.write32(DATA_BUFFER, 0);
    device.write32(REG_CTRL_REQ, CTRL_REQ_GO_IDLE);
    expect(device.read32(REG_CTRL_STS)).toBe(0);
    expect(guest.read(GET_RANDOM.length)).toEqual(GET_RANDOM);
    expect(backend.given[0]).toEqual(new Uint8Array(GET_RANDOM.length));
    await backend.answer(ANSWER);
    expect(guest.read(17)).toEqual(Uint8Array.of(...ANSWER, 0));
  });

  it("goes on when the locality is given up, and its answer is there", async () => {
    const { device, guest, backend } = setUp();
    guest.send(GET_RANDOM);
    device.write32(REG_LOC_CTRL, LOC_CTRL_RELINQUISH);
    expect(device.read32(REG_CTRL_START)).toBe(1);
    await backend.answer(ANSWER);
    expect(device.read32(REG_CTRL_START)).toBe(0);
    expect(guest.read(16)).toEqual(ANSWER);
  });

  it("is told of from START to the answer, which is there by then", async () => {
    const { guest, backend, executions, device } = setUp();
    guest.send(GET_RANDOM);
    expect(executions).toEqual([{ code: 0x17b, hurried: false }]);
    device.write32(REG_CTRL_CANCEL, 1);
    expect(executions.at(-1)).toEqual({ code: 0x17b, hurried: true });
    await backend.answer(ANSWER);
    expect(executions.at(-1)).toBeNull();
    expect(executions).toHaveLength(3);
  });

  it("gives the event loop a turn each time its end is asked for", async () => {
    let polls = 0;
    const { device, guest, backend } = setUp({ onPoll: () => polls++ });
    device.read32(REG_CTRL_START);
    expect(polls).toBe(0);
    guest.send(GET_RANDOM);
    device.read32(REG_CTRL_START);
    device.read8(REG_CTRL_START);
    expect(polls).toBe(2);
    await backend.answer(ANSWER);
    device.read32(REG_CTRL_START);
    expect(polls).toBe(2);
  });
});

describe("cancelling", () => {
  it("reaches the command in execution, and reads back until it is written 0", async () => {
    const { device, guest, backend } = setUp();
    device.write32(REG_CTRL_CANCEL, 1);
    expect(backend.cancels).toBe(0);
    expect(device.read32(REG_CTRL_CANCEL)).toBe(1);
    device.write32(REG_CTRL_CANCEL, 0);
    expect(device.read32(REG_CTRL_CANCEL)).toBe(0);
    guest.send(GET_RANDOM);
    device.write8(REG_CTRL_CANCEL + 1, 1);
    expect(backend.cancels).toBe(0);
    device.write32(REG_CTRL_CANCEL, 1);
    expect(backend.cancels).toBe(1);
    await backend.answer(ANSWER);
    expect(guest.read(16)).toEqual(ANSWER);
  });
});

describe("the response", () => {
  it.each([
    ["cmdReady", CTRL_REQ_CMD_READY],
    ["goIdle", CTRL_REQ_GO_IDLE],
  ])("is wiped by %s", async (_, request) => {
    const { device, guest, backend } = setUp();
    guest.send(GET_RANDOM);
    await backend.answer(ANSWER);
    device.write32(REG_CTRL_REQ, CTRL_REQ_CMD_READY | CTRL_REQ_GO_IDLE);
    expect(guest.read(16)).toEqual(ANSWER);
    device.write32(REG_CTRL_REQ, request);
    expect(guest.read(16)).toEqual(new Uint8Array(16));
    expect(device.read32(REG_CTRL_REQ)).toBe(0);
  });

  it("is not wiped where the guest has written a command over it", async () => {
    const { device, guest, backend } = setUp();
    guest.send(GET_RANDOM);
    await backend.answer(ANSWER);
    guest.write(GET_RANDOM);
    device.write32(REG_CTRL_REQ, CTRL_REQ_CMD_READY);
    expect(guest.read(12)).toEqual(GET_RANDOM);
  });

  it("of a backend that fails, or answers too much or too little, is TPM_RC_FAILURE", async () => {
    const { guest, backend, errors } = setUp();
    const failed = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1);
    const error = new Error("broken");
    guest.send(GET_RANDOM);
    await backend.fail(error);
    expect(guest.read(10)).toEqual(failed);
    for (const length of [9, BUFFER_SIZE + 1]) {
      guest.send(GET_RANDOM);
      await backend.answer(new Uint8Array(length));
      expect(guest.read(10)).toEqual(failed);
    }
    expect(errors).toEqual([error, expect.any(RangeError), expect.any(RangeError)]);
  });
});

describe("power and reset", () => {
  it("lost power is a reset, and registers read 0 until it is back", async () => {
    const { device, guest, backend, executions } = setUp();
    guest.send(GET_RANDOM);
    backend.power = "off";
    await backend.fail(new TpmPoweredOffError());
    expect(executions.at(-1)).toBeNull();
    for (const register of [REG_LOC_STATE, REG_INTF_ID, REG_CTRL_CMD_SIZE]) expect(device.read32(register)).toBe(0);
    device.write32(REG_LOC_CTRL, 1);
    backend.power = "on";
    expect(device.read32(REG_LOC_STS)).toBe(0);
    expect(guest.read(12)).toEqual(new Uint8Array(12));
  });

  it("a late answer is nobody's after a reset", async () => {
    const { device, guest, backend } = setUp();
    device.write32(REG_INTF_ID, 0x2_0000);
    device.write32(REG_INTF_ID, INTF_ID_LOCK);
    expect(device.read32(REG_INTF_ID) & INTF_ID_LOCK).toBe(INTF_ID_LOCK);
    guest.send(GET_RANDOM);
    device.reset();
    expect(device.read32(REG_INTF_ID) & INTF_ID_LOCK).toBe(0);
    expect(device.read32(REG_CTRL_START)).toBe(0);
    await backend.answer(ANSWER);
    expect(guest.read(16)).toEqual(new Uint8Array(16));
  });

  it("without a TPM on the bus everything reads all ones", async () => {
    const { device, guest, backend } = setUp();
    guest.send(GET_RANDOM);
    device.dispose();
    await backend.answer(ANSWER);
    expect([device.read8(0), device.read16(REG_LOC_STS), device.read32(DATA_BUFFER)]).toEqual([
      0xff, 0xffff, 0xffff_ffff,
    ]);
  });

  it("whenNotBusy waits for the command", async () => {
    const { device, guest, backend } = setUp();
    let done = false;
    guest.send(GET_RANDOM);
    void device.whenNotBusy().then(() => {
      done = true;
    });
    await settle();
    expect(done).toBe(false);
    await backend.answer(ANSWER);
    expect(done).toBe(true);
  });
});

describe("registers", () => {
  it("tpmEstablished is active low, and locality 0 can't reset it", () => {
    const { device, backend } = setUp();
    backend.established = true;
    expect(device.read8(REG_LOC_STATE) & LOC_STATE_ESTABLISHED).toBe(0);
    device.write32(REG_LOC_CTRL, 8);
    expect(backend.establishmentResets).toEqual([]);
  });

  it("may be read at any size and alignment", () => {
    const { device } = setUp();
    expect(device.read32(REG_INTF_ID2)).toBe(0x1014);
    expect(device.read16(REG_CTRL_CMD_SIZE)).toBe(BUFFER_SIZE);
    expect(device.read8(REG_CTRL_CMD_SIZE + 1)).toBe(BUFFER_SIZE >> 8);
    expect(device.read32(REG_LOC_STS + 2)).toBe(0);
    expect(device.read32(CRB_SIZE - 2)).toBe(0xffff_0000);
  });

  it("the interrupts' are there and do nothing", () => {
    const { device } = setUp();
    device.write32(REG_INT_ENABLE, 0x8000_000f);
    expect(device.read32(REG_INT_ENABLE)).toBe(0);
  });

  it("accesses to what there is not are told of, and a listener that throws breaks none", () => {
    const seen: UnknownAccess[] = [];
    const { device } = setUp({ onUnknownAccess: (access) => seen.push(access) });
    device.read32(0x10);
    device.write8(0x71, 0x5a);
    device.read16(CRB_SIZE);
    device.read32(REG_INTF_ID);
    device.write32(DATA_BUFFER, 1);
    expect(seen).toEqual([
      { kind: "read", offset: 0x10, locality: 0, size: 4, value: 0 },
      { kind: "write", offset: 0x71, locality: 0, size: 1, value: 0x5a },
      { kind: "read", offset: CRB_SIZE, locality: null, size: 2, value: 0xffff },
    ]);
  });

  it("a dump names them all, and tells nothing of the buffer but sizes", async () => {
    const { device, guest, backend } = setUp();
    guest.send(GET_RANDOM);
    expect(device.dumpRegisters()).toContain("executing a command");
    await backend.answer(ANSWER);
    const dump = device.dumpRegisters();
    expect(dump).toContain("buffer: 16 bytes of a response");
    expect(dump).toMatch(/^CRB_CTRL_CMD_SIZE {3}0x00000f80$/m);
    expect(dump).not.toContain("5a5a");
    backend.power = "off";
    expect(device.dumpRegisters()).toContain("no power");
  });
});
