import { describe, expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import {
  INTERFACE_ID_LOCK,
  LOCALITY_COUNT,
  REG_ACCESS,
  REG_DATA_FIFO,
  REG_DID_VID,
  REG_INT_ENABLE,
  REG_INT_STATUS,
  REG_INT_VECTOR,
  REG_INTERFACE_ID,
  REG_INTF_CAPABILITY,
  REG_RID,
  REG_STS,
  REG_XDATA_FIFO,
  TIS_SIZE,
} from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

function setUp(options: { vector?: number } = {}) {
  const backend = new FakeBackend();
  const device = new TisDevice({ backend, ...options });
  return { backend, device, guest: new Guest(device) };
}

describe("identification registers", () => {
  test("read the same in every locality", () => {
    const { device, guest } = setUp();
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
      expect(device.read32(guest.at(locality, REG_DID_VID))).toBe(0x0001_1014);
      expect(device.read32(guest.at(locality, REG_RID))).toBe(1);
      expect(device.read32(guest.at(locality, REG_INTF_CAPABILITY))).toBe(0x3000_0697);
      expect(device.read32(guest.at(locality, REG_INTERFACE_ID))).toBe(0x2100);
    }
  });

  test("INTERFACE_ID says FIFO active, five localities, CapTIS on, CapCRB off", () => {
    const { device } = setUp();
    const id = device.read32(REG_INTERFACE_ID);
    expect(id & 0xf).toBe(0);
    expect((id >>> 8) & 1).toBe(1);
    expect((id >>> 13) & 1).toBe(1);
    expect((id >>> 14) & 1).toBe(0);
  });

  test("the interface lock shows in every locality until the next reset", () => {
    const { device, guest } = setUp();
    device.write32(REG_INTERFACE_ID, 0);
    expect(device.read32(REG_INTERFACE_ID)).toBe(0x2100);
    device.write32(REG_INTERFACE_ID, INTERFACE_ID_LOCK);
    device.write32(REG_INTERFACE_ID, 0);
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
      expect(device.read32(guest.at(locality, REG_INTERFACE_ID))).toBe(0x8_2100);
    }
    device.reset();
    expect(device.read32(REG_INTERFACE_ID)).toBe(0x2100);
  });

  test("selecting the CRB interface has no effect", () => {
    const { device } = setUp();
    device.write32(REG_INTERFACE_ID, 1 << 17);
    expect(device.read32(REG_INTERFACE_ID)).toBe(0x2100);
  });

  test("INT_VECTOR is hard-wired to the board's interrupt", () => {
    const { device, guest } = setUp({ vector: 5 });
    guest.request(0);
    device.write8(REG_INT_VECTOR, 11);
    expect(device.read32(REG_INT_VECTOR)).toBe(5);
    expect(setUp().device.read32(REG_INT_VECTOR)).toBe(0);
  });
});

describe("lanes", () => {
  test("8- and 16-bit reads return their part of the 32-bit register", () => {
    const { device } = setUp();
    for (const register of [REG_DID_VID, REG_INTF_CAPABILITY, REG_INTERFACE_ID, REG_ACCESS, REG_INT_ENABLE]) {
      const whole = device.read32(register);
      for (let lane = 0; lane < 4; lane++) {
        expect(device.read8(register + lane)).toBe((whole >>> (8 * lane)) & 0xff);
        if (lane < 3) expect(device.read16(register + lane)).toBe((whole >>> (8 * lane)) & 0xffff);
      }
    }
  });

  test("an unaligned read takes its bytes from both registers", () => {
    const { device } = setUp();
    expect(device.read32(REG_DID_VID + 2)).toBe(0x0001_0001);
    expect(device.read16(REG_DID_VID + 3)).toBe(0x0100);
    expect(device.read32(REG_ACCESS + 1)).toBe(0xff00_0000);
  });

  test("values are unsigned, and a signed value can be written", () => {
    const { device, guest } = setUp();
    guest.request(0);
    device.write32(REG_INT_ENABLE, -1);
    expect(device.read32(REG_INT_ENABLE)).toBe(0x8000_009f);
    expect(device.read32(0x040)).toBe(0xffff_ffff);
  });

  test("a write of some lanes preserves the others", () => {
    const { device, guest } = setUp();
    guest.request(0);
    device.write32(REG_INT_ENABLE, 0x8000_0087);
    device.write8(REG_INT_ENABLE + 3, 0);
    expect(device.read32(REG_INT_ENABLE)).toBe(0x87);
    device.write8(REG_INT_ENABLE, 0x01);
    device.write16(REG_INT_ENABLE + 2, 0x8000);
    expect(device.read32(REG_INT_ENABLE)).toBe(0x8000_0001);
  });

  test("STS is written at the lane of its bits", () => {
    const { device, guest, backend } = setUp();
    guest.request(0);
    guest.send(0, command("GetRandom"));
    device.write8(REG_STS + 3, 0x01);
    expect(backend.cancels).toBe(1);
    device.write8(REG_STS + 1, 0x40);
    expect(guest.status(0)).toBe(0x80);
  });

  test("a 32-bit write to the FIFO adds four bytes, first the lowest", () => {
    const { device, guest, backend } = setUp();
    guest.request(0);
    guest.commandReady(0);
    device.write32(REG_DATA_FIFO, 0x0000_0180);
    device.write16(REG_DATA_FIFO, 0x0c00);
    device.write16(REG_DATA_FIFO, 0x0000);
    device.write32(REG_DATA_FIFO, 0x0000_4401);
    guest.go(0);
    expect(backend.executed[0]!.command).toEqual(command("Startup", [0, 0]));
  });

  test("every byte of XDATA_FIFO is the FIFO", async () => {
    const { device, guest, backend } = setUp();
    const startup = command("Startup", [0, 0]);
    guest.request(0);
    guest.commandReady(0);
    for (const [i, byte] of startup.entries()) device.write8(REG_XDATA_FIFO + ((i * 7) & 0x3f), byte);
    guest.go(0);
    expect(backend.executed[0]!.command).toEqual(startup);
    await backend.answer(response("TPM_RC_SUCCESS"));
    const read: number[] = [];
    for (let i = 0; i < 10; i++) read.push(device.read8(REG_XDATA_FIFO + 0x3f - i));
    expect(Uint8Array.from(read)).toEqual(response("TPM_RC_SUCCESS"));
  });

  test("an access that straddles the end of DATA_FIFO moves only the bytes that lie in it", async () => {
    const { device, guest, backend } = setUp();
    guest.request(0);
    guest.send(0, command("Startup", [0, 0]));
    await backend.answer(Uint8Array.of(0x11, 0x22, 0, 0, 0, 10, 0x33, 0x44, 0x55, 0x66));
    expect(device.read32(REG_DATA_FIFO + 2)).toBe(0xffff_2211);
    expect(guest.burstCount(0)).toBe(8);
    expect(device.read32(REG_XDATA_FIFO + 0x3e)).toBe(0xffff_0000);
    expect(device.read32(REG_XDATA_FIFO + 2)).toBe(0x4433_0a00);
    expect(guest.burstCount(0)).toBe(2);
  });

  test("an unaligned access across two localities reaches both", () => {
    const { device } = setUp();
    expect(device.read32(0x0ffe)).toBe(0x0081_ffff);
    device.write32(0x0ffe, 0x0002_0000);
    expect(device.read8(0x1000)).toBe(0xa1);
  });
});

describe("addresses without a register", () => {
  test("read all ones inside a locality, and ignore writes", () => {
    const { device } = setUp();
    for (const offset of [0x004, 0x01c, 0x020, 0x028, 0x034, 0x07c, 0x0c0, 0xeff, 0xf08, 0xf90, 0xfff]) {
      device.write8(offset, 0x55);
      expect(device.read8(offset)).toBe(0xff);
    }
  });

  test("read all ones outside of the five localities, and ignore writes", () => {
    const { device } = setUp();
    for (const offset of [TIS_SIZE, 0x5018, 0x7fff, 0x2_0000, -1, -4]) {
      device.write32(offset, 0xffff_ffff);
      expect(device.read8(offset)).toBe(0xff);
      expect(device.read16(offset)).toBe(0xffff);
    }
    expect(device.read32(TIS_SIZE - 2)).toBe(0xffff_ffff);
  });
});

describe("power", () => {
  test("every register reads 0 while the backend has failed, and writes are ignored", () => {
    const { device, backend, guest } = setUp();
    backend.power = "failed";
    guest.request(0);
    const others: number[] = [];
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
      for (let register = 0; register < 0x1000; register += 4) {
        const offset = guest.at(locality, register);
        if (device.read32(offset) !== 0) others.push(offset);
      }
    }
    expect(others).toEqual([]);
    backend.power = "on";
    expect(guest.access(0)).toBe(0x81);
  });

  test("tpmRegValidSts is 0 while the TPM has no power", () => {
    const { backend, guest } = setUp();
    backend.power = "off";
    expect(guest.access(0)).toBe(0);
    backend.power = "on";
    expect(guest.access(0)).toBe(0x81);
  });

  test("reset brings every register back to its default", async () => {
    const { device, backend, guest } = setUp();
    const defaults = dump(device);
    guest.request(2);
    guest.request(1);
    device.write32(guest.at(2, REG_INT_ENABLE), 0x8000_0087);
    guest.send(2, command("SelfTest", [1]));
    await backend.answer(response("TPM_RC_SUCCESS"));
    device.write32(REG_INTERFACE_ID, INTERFACE_ID_LOCK);
    guest.seize(3);
    expect(device.read32(guest.at(2, REG_INT_STATUS))).not.toBe(0);
    expect(dump(device)).not.toEqual(defaults);
    device.reset();
    expect(dump(device)).toEqual(defaults);
    guest.request(0);
    expect(guest.status(0)).toBe(0);
  });

  test("a disposed device is off the bus", () => {
    const { device, guest, backend } = setUp();
    guest.request(0);
    device.dispose();
    guest.send(0, command("Startup", [0, 0]));
    expect(device.read32(REG_DID_VID)).toBe(0xffff_ffff);
    expect(backend.executed).toEqual([]);
  });
});

function dump(device: TisDevice): number[] {
  const values: number[] = [];
  for (let offset = 0; offset < TIS_SIZE; offset += 4) values.push(device.read32(offset));
  return values;
}
