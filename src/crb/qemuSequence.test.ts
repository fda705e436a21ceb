/** What QEMU's tests/qtest/tpm-crb-test.c and tpm-crb-swtpm-test.c ask of a CRB device, told in our own words, in its order. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
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

/** What QEMU's tests/qtest/tpm-util.c sends through a device to a real TPM, and the answers that it wants. */
const EXTEND = Buffer.from(
  `800200000041000001820000000a0000000940000009000000000000000001000b74657374${"00".repeat(28)}`,
  "hex",
);
const EXTENDED = Buffer.from("80020000001300000000000000000000010000", "hex");
const READ = Buffer.from("8001000000140000017e00000001000b03000400", "hex");
/** SHA-256 of a PCR of zeros and of "test" with zeros behind it. */
const PCR_10 = createHash("sha256")
  .update(Buffer.concat([Buffer.alloc(32), Buffer.from("test"), Buffer.alloc(28)]))
  .digest("hex");
/** Where the answer to READ has the counter of PCR updates, which is the TPM's own. */
const COUNTER = 13;

test("QEMU's test with a TPM: Startup, an extended PCR, and its value, also on a device that was saved and restored", async () => {
  const tpm = new TestTpm();
  const backend = new FakeBackend();
  let device = new CrbDevice({ backend });
  const transfer = async (request: Uint8Array) => {
    const buffer = device.read32(REG_CTRL_CMD_LADDR) - CRB_BASE_ADDRESS;
    device.write8(REG_LOC_CTRL, 1);
    for (const [index, byte] of request.entries()) device.write8(buffer + index, byte);
    device.write32(REG_CTRL_START, 1);
    await backend.answer(tpm.run(backend.pending[0]!.command, 0).bytes);
    expect(device.read32(REG_CTRL_START) & 1).toBe(0);
    expect(device.read32(REG_CTRL_STS) & 1).toBe(0);
    const response = Buffer.from(Array.from({ length: 1024 }, (_, index) => device.read8(buffer + index)));
    // As much as the TPM has answered; the rest is of no command.
    return response.subarray(0, response.readUInt32BE(2));
  };
  const pcr = async () => {
    const response = await transfer(READ);
    response[COUNTER] = 0;
    return response.toString("hex");
  };
  expect(await transfer(COMMAND)).toEqual(Buffer.from("80010000000a00000000", "hex"));
  expect(await transfer(EXTEND)).toEqual(EXTENDED);
  const expected = `80010000003e000000000000000000000001000b03000400000000010020${PCR_10}`;
  expect(PCR_10).toMatch(/^f68598e5868de68b/);
  expect(await pcr()).toBe(expected);

  const saved = structuredClone(device.saveState());
  device = new CrbDevice({ backend });
  device.restoreState(saved);
  expect(device.read32(REG_LOC_STS)).toBe(1);
  expect(await pcr()).toBe(expected);
});
