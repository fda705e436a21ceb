import { describe, expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import {
  STS_DATA_AVAILABLE as DATA,
  STS_EXPECT as EXPECT,
  FIFO_SIZE,
  STS_GO as GO,
  STS_COMMAND_READY as READY,
  REG_STS,
  STS_RESPONSE_RETRY as RETRY,
  STS_SELF_TEST_DONE,
  STS_VALID as VALID,
} from "./registers.ts";
import { GET_RANDOM, RANDOM, STARTUP, setUp, sized } from "./testkit/exchange.ts";
import { command, Guest, response } from "./testkit/guest.ts";

describe("STS", () => {
  test("says TPM family 2.0 in every state", async () => {
    const { device, guest, backend } = setUp();
    const family = () => (device.read32(REG_STS) >>> 26) & 3;
    expect(family()).toBe(1);
    guest.commandReady(0);
    expect(family()).toBe(1);
    guest.write(0, STARTUP);
    expect(family()).toBe(1);
    guest.go(0);
    expect(family()).toBe(1);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(family()).toBe(1);
  });

  test("goes through Idle, Ready, Reception, Execution and Completion", async () => {
    const { guest, backend } = setUp();
    expect(guest.status(0)).toBe(0);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY);
    guest.write(0, STARTUP.subarray(0, 11));
    expect(guest.status(0)).toBe(VALID | EXPECT);
    guest.write(0, STARTUP.subarray(11));
    expect(guest.status(0)).toBe(VALID);
    guest.go(0);
    expect(guest.status(0)).toBe(VALID);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(VALID | DATA);
    guest.read(0, 9);
    expect(guest.status(0)).toBe(VALID | DATA);
    guest.read(0, 1);
    expect(guest.status(0)).toBe(VALID);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY);
  });

  test("commandReady, tpmGo and responseRetry are ignored when written together", () => {
    const { guest, backend } = setUp();
    guest.writeStatus(0, READY | GO);
    expect(guest.status(0)).toBe(0);
    guest.commandReady(0);
    guest.write(0, STARTUP);
    guest.writeStatus(0, READY | GO);
    guest.writeStatus(0, GO | RETRY);
    expect(backend.executed).toEqual([]);
    expect(guest.status(0)).toBe(VALID);
  });

  test("selfTestDone is set when TPM2_SelfTest succeeded, and stays until reset", async () => {
    const { device, guest, backend } = setUp();
    guest.send(0, command("SelfTest", [1]));
    await backend.answer(response("TPM_RC_FAILURE"));
    expect(guest.status(0)).toBe(VALID | DATA);
    guest.send(0, command("SelfTest", [1]));
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(VALID | DATA | STS_SELF_TEST_DONE);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY | STS_SELF_TEST_DONE);
    device.reset();
    guest.request(0);
    expect(guest.status(0)).toBe(0);
  });

  test("selfTestDone is not set by other commands that succeed", async () => {
    const { guest, backend } = setUp();
    guest.send(0, STARTUP);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(VALID | DATA);
  });
});

describe("onPoll", () => {
  test("tells of each look at the status while a command is in execution, and of no other", async () => {
    const backend = new FakeBackend();
    let polls = 0;
    const guest = new Guest(new TisDevice({ backend, onPoll: () => polls++ }));
    guest.request(0);
    guest.commandReady(0);
    guest.write(0, GET_RANDOM);
    guest.status(0);
    expect(polls).toBe(0);
    guest.go(0);
    guest.status(0);
    guest.status(0);
    expect(polls).toBe(2);
    // Another locality sees nothing of it.
    guest.status(1);
    expect(polls).toBe(2);
    await backend.answer(RANDOM);
    guest.status(0);
    expect(polls).toBe(2);
  });
});

describe("burstCount", () => {
  test("is the room in the FIFO, then 0 during execution, then what is left of the response", async () => {
    const { guest, backend } = setUp();
    expect(guest.burstCount(0)).toBe(FIFO_SIZE);
    guest.commandReady(0);
    for (const [i, byte] of GET_RANDOM.entries()) {
      expect(guest.burstCount(0)).toBe(FIFO_SIZE - i);
      guest.write(0, [byte]);
    }
    guest.go(0);
    expect(guest.burstCount(0)).toBe(0);
    await backend.answer(RANDOM);
    for (let left = RANDOM.length; left > 0; left--) {
      expect(guest.burstCount(0)).toBe(left);
      guest.read(0, 1);
    }
    expect(guest.burstCount(0)).toBe(0);
  });

  test("read by bytes never takes 256 for 0", async () => {
    const { device, guest, backend } = setUp();
    expect(device.read8(REG_STS + 1)).toBe(0xff);
    expect(device.read8(REG_STS + 2)).toBe(0);
    guest.send(0, STARTUP);
    await backend.answer(sized(0x100, 0x100));
    expect(device.read8(REG_STS + 1)).toBe(0xff);
    expect(device.read8(REG_STS + 2)).toBe(0);
    expect(device.read16(REG_STS + 1)).toBe(0x100);
    expect(device.read32(REG_STS + 1) & 0xffff).toBe(0x100);
    expect(device.read32(REG_STS - 2) >>> 24).toBe(0xff);
  });
});
