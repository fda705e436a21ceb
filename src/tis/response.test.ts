import { describe, expect, test } from "vitest";
import { TpmPoweredOffError } from "../engine/backend.ts";
import {
  STS_DATA_AVAILABLE as DATA,
  FIFO_SIZE,
  STS_COMMAND_READY as READY,
  REG_DATA_FIFO,
  STS_RESPONSE_RETRY as RETRY,
  STS_VALID as VALID,
} from "./registers.ts";
import { GET_RANDOM, RANDOM, STARTUP, setUp, sized } from "./testkit/exchange.ts";
import { response } from "./testkit/guest.ts";

describe("the response", () => {
  test("is read byte by byte, then 0xFF", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length + 3)).toEqual(Uint8Array.of(...RANDOM, 0xff, 0xff, 0xff));
  });

  test("can be read in 32-bit pieces that end past it", async () => {
    const { device, guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(device.read32(REG_DATA_FIFO)).toBe(0x0000_0180);
    expect(device.read32(REG_DATA_FIFO)).toBe(0x0000_0a00);
    expect(device.read32(REG_DATA_FIFO)).toBe(0xffff_0000);
    expect(guest.status(0)).toBe(VALID);
  });

  test("is read again from its start after responseRetry", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    guest.read(0, 5);
    guest.writeStatus(0, RETRY);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
    expect(guest.status(0)).toBe(VALID);
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(VALID | DATA);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("responseRetry does nothing in other states", () => {
    const { guest, backend } = setUp();
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(0);
    guest.commandReady(0);
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(READY);
    guest.write(0, STARTUP);
    guest.writeStatus(0, RETRY);
    guest.go(0);
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(VALID);
    expect(backend.executed[0]!.command).toEqual(STARTUP);
  });

  test("does not take writes, nor another tpmGo", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    guest.write(0, STARTUP);
    guest.go(0);
    expect(backend.executed).toHaveLength(1);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("is the device's own copy", async () => {
    const { guest, backend } = setUp();
    const answer = RANDOM.slice();
    guest.send(0, GET_RANDOM);
    await backend.answer(answer);
    guest.commandReady(0);
    expect(answer).toEqual(RANDOM);
    guest.send(0, GET_RANDOM);
    await backend.answer(answer);
    answer.fill(0);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("of 4096 bytes passes whole", async () => {
    const { guest, backend, errors } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(sized(FIFO_SIZE, FIFO_SIZE));
    expect(guest.burstCount(0)).toBe(FIFO_SIZE);
    expect(guest.read(0, FIFO_SIZE)).toEqual(sized(FIFO_SIZE, FIFO_SIZE));
    expect(errors).toEqual([]);
  });

  test.each([0, 9, FIFO_SIZE + 1])("of %d bytes is the backend's failure, told as TPM_RC_FAILURE", async (length) => {
    const { guest, backend, errors } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(new Uint8Array(length));
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_FAILURE"));
    expect(guest.status(0)).toBe(VALID);
    expect(String(errors[0])).toContain(`${length} bytes`);
  });
});

describe("a backend that fails", () => {
  test("by rejecting answers TPM_RC_FAILURE, and the next command goes through", async () => {
    const { guest, backend, errors } = setUp();
    guest.send(0, STARTUP);
    await backend.fail(new Error("worker died"));
    expect(guest.status(0)).toBe(VALID | DATA);
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_FAILURE"));
    expect(errors).toEqual([new Error("worker died")]);
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("by throwing does not throw into the bus", async () => {
    const { guest, backend, errors } = setUp();
    backend.onExecute = () => {
      throw new Error("thrown");
    };
    guest.send(0, STARTUP);
    expect(guest.status(0)).toBe(VALID);
    await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)));
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_FAILURE"));
    expect(errors).toHaveLength(1);
  });

  test("by losing power resets the registers: they live on the same chip", async () => {
    const { guest, backend, errors } = setUp();
    guest.send(0, STARTUP);
    guest.request(1);
    await backend.powerOff();
    await backend.fail(new TpmPoweredOffError());
    await backend.powerOn();
    expect(guest.access(0)).toBe(0x81);
    expect(guest.access(1)).toBe(0x81);
    expect(errors).toEqual([]);
    guest.request(0);
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });
});
