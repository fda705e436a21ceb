/**
 * What QEMU's tests/qtest/tpm-tis-util.c asks of a TIS device, told in our own words: the same accesses, in the same
 * order, with the same expectations. `qemu.integration.test.ts` plays sequences on a real QEMU beside this device.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import {
  ACCESS_ACTIVE_LOCALITY as ACTIVE,
  ACCESS_BEEN_SEIZED as BEEN_SEIZED,
  LOCALITY_COUNT,
  ACCESS_PENDING_REQUEST as PENDING,
  REG_DATA_FIFO,
  REG_DID_VID,
  REG_INTERFACE_ID,
  REG_INTF_CAPABILITY,
  REG_RID,
  REG_STS,
  ACCESS_REQUEST_USE as REQUEST,
  STS_COMMAND_READY,
  STS_DATA_AVAILABLE,
  STS_EXPECT,
  STS_GO,
  STS_VALID,
} from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

/** tpmRegValidSts and tpmEstablishment. */
const REST = 0x81;
/** Locality 4 is the hardware's. */
const SOFTWARE_LOCALITIES = [0, 1, 2, 3];

describe("QEMU's test of", () => {
  let backend: FakeBackend;
  let device: TisDevice;
  let guest: Guest;

  beforeEach(() => {
    backend = new FakeBackend();
    device = new TisDevice({ backend });
    guest = new Guest(device);
  });

  test("the localities: each one identifies the device", () => {
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
      expect(guest.access(locality)).toBe(REST);
      expect(device.read32(guest.at(locality, REG_INTF_CAPABILITY))).toBe(0x3000_0697);
      expect(device.read32(guest.at(locality, REG_INTERFACE_ID))).toBe(0x2100);
      for (const register of [REG_DID_VID, REG_RID]) {
        const id = device.read32(guest.at(locality, register));
        expect(id).not.toBe(0);
        expect(id).not.toBe(0xffff_ffff);
      }
    }
  });

  test("the access register: request, active, release", () => {
    for (const locality of SOFTWARE_LOCALITIES) {
      expect(guest.access(locality)).toBe(REST);
      guest.request(locality);
      expect(guest.access(locality)).toBe(REST | ACTIVE);
      guest.release(locality);
      expect(guest.access(locality)).toBe(REST);
    }
  });

  test("seizing: higher localities take the TPM one after the other, lower ones only wait", () => {
    for (const first of SOFTWARE_LOCALITIES) {
      const lower = SOFTWARE_LOCALITIES.filter((locality) => locality < first);
      const higher = SOFTWARE_LOCALITIES.filter((locality) => locality > first);
      guest.request(first);
      expect(guest.access(first)).toBe(REST | ACTIVE);

      let pending = 0;
      for (const locality of lower) {
        expect(guest.access(locality)).toBe(REST | pending);
        guest.request(locality);
        expect(guest.access(locality)).toBe(REST | REQUEST | pending);
        expect(guest.access(first)).toBe(REST | ACTIVE | PENDING);
        guest.seize(locality);
        expect(guest.access(locality)).toBe(REST | REQUEST | pending);
        expect(guest.access(first)).toBe(REST | ACTIVE | PENDING);
        pending = PENDING;
      }

      let holder = first;
      for (const locality of higher) {
        guest.request(locality);
        expect(guest.access(locality)).toBe(REST | REQUEST | pending);
        expect(guest.access(holder)).toBe(REST | ACTIVE | PENDING);
        guest.seize(locality);
        expect(guest.access(locality)).toBe(REST | ACTIVE | pending);
        expect(guest.access(holder)).toBe(REST | BEEN_SEIZED | pending);
        guest.writeAccess(holder, BEEN_SEIZED);
        expect(guest.access(holder)).toBe(REST | pending);
        holder = locality;
      }

      guest.release(holder);
      expect(guest.access(holder)).toBe(REST | (lower.length > 1 ? PENDING : 0));
      for (const locality of lower.reverse()) {
        expect(guest.access(locality)).toBe(REST | ACTIVE | (locality > 0 ? PENDING : 0));
        guest.release(locality);
      }
      for (const locality of SOFTWARE_LOCALITIES) expect(guest.access(locality)).toBe(REST);
    }
  });

  test("releasing: the TPM goes to the waiting localities from the highest to the lowest", () => {
    for (const first of [...SOFTWARE_LOCALITIES].reverse()) {
      guest.request(first);
      expect(guest.access(first)).toBe(REST | ACTIVE);
      const others = SOFTWARE_LOCALITIES.filter((locality) => locality !== first);
      for (const [i, locality] of others.entries()) {
        guest.request(locality);
        expect(guest.access(locality)).toBe(REST | REQUEST | (i > 0 ? PENDING : 0));
      }
      guest.release(first);
      for (let waiting = others.length - 1; waiting >= 0; waiting--) {
        const locality = others[waiting]!;
        expect(guest.access(locality)).toBe(REST | ACTIVE | (waiting > 0 ? PENDING : 0));
        guest.release(locality);
        expect(guest.access(locality)).toBe(REST | (waiting > 1 ? PENDING : 0));
      }
    }
  });

  test("transmitting: a command byte by byte, its execution, its response byte by byte", async () => {
    const startup = command("Startup", [0, 0]);
    guest.request(0);
    expect(guest.access(0)).toBe(REST | ACTIVE);
    let status = device.read32(REG_STS);
    expect(status & 0xff).toBe(0);
    expect((status >>> 26) & 3).toBe(1);
    let burstCount = (status >>> 8) & 0xffff;
    expect(burstCount).toBeGreaterThanOrEqual(128);

    device.write32(REG_STS, STS_COMMAND_READY);
    expect(device.read32(REG_STS) & 0xff).toBe(STS_COMMAND_READY);
    for (const [i, byte] of startup.entries()) {
      device.write8(REG_DATA_FIFO, byte);
      status = device.read32(REG_STS);
      expect(status & 0xff).toBe(i < startup.length - 1 ? STS_EXPECT | STS_VALID : STS_VALID);
      expect((status >>> 8) & 0xffff).toBe(--burstCount);
    }
    device.write8(REG_STS, STS_GO);
    expect(device.read32(REG_STS) & STS_DATA_AVAILABLE).toBe(0);
    await backend.answer(response("TPM_RC_INITIALIZE"));
    status = device.read32(REG_STS);
    expect(status & 0xff).toBe(STS_VALID | STS_DATA_AVAILABLE);
    burstCount = (status >>> 8) & 0xffff;
    expect(burstCount).toBe(10);

    const received: number[] = [];
    for (let i = 0; i < 10; i++) {
      received.push(device.read8(REG_DATA_FIFO));
      status = device.read32(REG_STS);
      if (status & STS_DATA_AVAILABLE) expect((status >>> 8) & 0xffff).toBe(--burstCount);
    }
    expect(Uint8Array.from(received)).toEqual(response("TPM_RC_INITIALIZE"));
    guest.release(0);
    expect(guest.access(0)).toBe(REST);
  });
});
