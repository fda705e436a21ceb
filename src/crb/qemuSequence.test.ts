/** What QEMU's tests/qtest/tpm-crb-test.c asks of a CRB device, told in our own words, in its order. */
import { expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { CrbDevice } from "./device.ts";
import {
  CRB_BASE_ADDRESS,
  REG_CTRL_CMD_HADDR,
  REG_CTRL_CMD_LADDR,
  REG_CTRL_CMD_SIZE,
  REG_CTRL_REQ,
  REG_CTRL_RSP_ADDR,
  REG_CTRL_RSP_HADDR,
  REG_CTRL_RSP_SIZE,
  REG_CTRL_START,
  REG_CTRL_STS,
  REG_INTF_ID,
  REG_LOC_CTRL,
  REG_LOC_STATE,
  REG_LOC_STS,
} from "./registers.ts";

const COMMAND = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0);
const RESPONSE = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0);

const field = (value: number, shift: number, width: number) => (value >>> shift) & ((1 << width) - 1);

test("QEMU's test of the device: from the identification to the response and back to rest", async () => {
  const backend = new FakeBackend();
  const device = new CrbDevice({ backend });
  const id = device.read32(REG_INTF_ID);
  const fields = { type: field(id, 0, 4), version: field(id, 4, 4), localities: field(id, 8, 1) };
  expect(fields).toEqual({ type: 1, version: 1, localities: 0 });
  expect({ idleBypass: field(id, 9, 1), transfer: field(id, 11, 2) }).toEqual({ idleBypass: 0, transfer: 3 });
  expect({ fifo: field(id, 13, 1), crb: field(id, 14, 1), selector: field(id, 17, 2), rid: id >>> 24 }).toEqual({
    fifo: 0,
    crb: 1,
    selector: 1,
    rid: 0,
  });
  for (const register of [REG_CTRL_CMD_SIZE, REG_CTRL_RSP_SIZE]) {
    expect(device.read32(register)).toBeGreaterThanOrEqual(128);
  }
  const [command, response] = [device.read32(REG_CTRL_CMD_LADDR), device.read32(REG_CTRL_RSP_ADDR)];
  expect([command > CRB_BASE_ADDRESS, response > CRB_BASE_ADDRESS]).toEqual([true, true]);
  expect([device.read32(REG_CTRL_CMD_HADDR), device.read32(REG_CTRL_RSP_HADDR)]).toEqual([0, 0]);

  expect(device.read8(REG_LOC_STATE)).toBe(0b1000_0001);
  expect(device.read32(REG_LOC_CTRL)).toBe(0);
  expect(device.read32(REG_LOC_STS)).toBe(0);
  expect(device.read32(REG_CTRL_STS)).toBe(0b10);

  device.write8(REG_LOC_CTRL, 1);
  expect(device.read32(REG_LOC_STS)).toBe(0b01);
  expect(device.read8(REG_LOC_STATE)).toBe(0b1000_0011);

  device.write32(REG_CTRL_REQ, 1);
  expect(device.read32(REG_CTRL_STS)).toBe(0);

  for (const [index, byte] of COMMAND.entries()) device.write8(command - CRB_BASE_ADDRESS + index, byte);
  device.write32(REG_CTRL_START, 1);
  expect(device.read32(REG_CTRL_START)).toBe(1);
  expect(backend.executed).toEqual([{ command: COMMAND, locality: 0 }]);
  await backend.answer(RESPONSE);
  expect(device.read32(REG_CTRL_START)).toBe(0);
  expect(device.read32(REG_CTRL_STS)).toBe(0);
  const read = RESPONSE.map((_, index) => device.read8(response - CRB_BASE_ADDRESS + index));
  expect(read).toEqual(RESPONSE);

  device.write32(REG_CTRL_REQ, 2);
  expect(device.read32(REG_CTRL_STS)).toBe(0b10);
  device.write32(REG_LOC_CTRL, 2);
  expect(device.read32(REG_LOC_STS)).toBe(0);
  expect(device.read8(REG_LOC_STATE)).toBe(0b1000_0001);
});
