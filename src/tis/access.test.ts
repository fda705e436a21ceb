import { describe, expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import {
  ACCESS_ACTIVE_LOCALITY as ACTIVE,
  ACCESS_BEEN_SEIZED as BEEN_SEIZED,
  LOCALITY_COUNT,
  ACCESS_PENDING_REQUEST as PENDING,
  REG_DATA_FIFO,
  REG_INT_ENABLE,
  REG_STS,
  ACCESS_REQUEST_USE as REQUEST,
  ACCESS_SEIZE as SEIZE,
  STS_RESET_ESTABLISHMENT,
} from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

/** tpmRegValidSts and the (active low) establishment bit. */
const REST = 0x81;

function setUp() {
  const backend = new FakeBackend();
  const device = new TisDevice({ backend });
  return { backend, device, guest: new Guest(device) };
}

describe("requestUse and activeLocality", () => {
  test("after reset no locality is active", () => {
    const { guest } = setUp();
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) expect(guest.access(locality)).toBe(REST);
  });

  test("a request is granted at once when no locality is active, and requestUse reads 0 again", () => {
    const { guest } = setUp();
    guest.request(2);
    expect(guest.access(2)).toBe(REST | ACTIVE);
  });

  test("a request waits while another locality is active, and that one sees pendingRequest", () => {
    const { guest } = setUp();
    guest.request(0);
    guest.request(3);
    expect(guest.access(3)).toBe(REST | REQUEST);
    expect(guest.access(0)).toBe(REST | ACTIVE | PENDING);
    expect(guest.access(4)).toBe(REST | PENDING);
  });

  test("pendingRequest speaks of other localities only", () => {
    const { guest } = setUp();
    guest.request(0);
    guest.request(1);
    guest.request(2);
    expect(guest.access(1)).toBe(REST | REQUEST | PENDING);
    guest.release(2);
    expect(guest.access(1)).toBe(REST | REQUEST);
  });

  test("a request of the active locality changes nothing", () => {
    const { guest } = setUp();
    guest.request(1);
    guest.request(1);
    expect(guest.access(1)).toBe(REST | ACTIVE);
  });

  test("giving up activates the highest locality that asked", () => {
    const { guest } = setUp();
    guest.request(1);
    guest.request(0);
    guest.request(3);
    guest.request(2);
    guest.release(1);
    expect(guest.access(1)).toBe(REST | PENDING);
    expect(guest.access(3)).toBe(REST | ACTIVE | PENDING);
    guest.release(3);
    expect(guest.access(2)).toBe(REST | ACTIVE | PENDING);
    guest.release(2);
    expect(guest.access(0)).toBe(REST | ACTIVE);
    guest.release(0);
    expect(guest.access(0)).toBe(REST);
  });

  test("a locality that isn't active withdraws its request by writing activeLocality", () => {
    const { guest } = setUp();
    guest.request(0);
    guest.request(1);
    guest.release(1);
    expect(guest.access(1)).toBe(REST);
    guest.release(0);
    expect(guest.access(1)).toBe(REST);
  });

  test("read-only bits can't be written", () => {
    const { guest } = setUp();
    guest.writeAccess(0, 0x81 | PENDING);
    expect(guest.access(0)).toBe(REST);
  });
});

describe("Seize", () => {
  test("takes the TPM from a lower locality, which sees beenSeized", () => {
    const { guest } = setUp();
    guest.request(1);
    guest.seize(2);
    expect(guest.access(2)).toBe(REST | ACTIVE);
    expect(guest.access(1)).toBe(REST | BEEN_SEIZED);
  });

  test("never takes it from a higher one", () => {
    const { guest } = setUp();
    guest.request(2);
    guest.seize(1);
    expect(guest.access(2)).toBe(REST | ACTIVE);
    expect(guest.access(1)).toBe(REST);
  });

  test("of the active locality changes nothing", () => {
    const { guest } = setUp();
    guest.request(2);
    guest.seize(2);
    expect(guest.access(2)).toBe(REST | ACTIVE);
  });

  test("works when no locality is active, and nobody has been seized then", () => {
    const { guest } = setUp();
    guest.seize(0);
    expect(guest.access(0)).toBe(REST | ACTIVE);
    expect(guest.access(1)).toBe(REST);
  });

  test("is never read", () => {
    const { guest } = setUp();
    guest.request(0);
    guest.send(0, command("Startup", [0, 0]));
    guest.seize(1);
    expect(guest.access(1) & SEIZE).toBe(0);
  });

  test("goes before requestUse and activeLocality in one write", () => {
    const { guest } = setUp();
    guest.request(0);
    guest.writeAccess(1, SEIZE | REQUEST | ACTIVE);
    expect(guest.access(1)).toBe(REST | ACTIVE);
  });

  test("keeps the requests of others waiting", () => {
    const { guest } = setUp();
    guest.request(1);
    guest.request(0);
    guest.seize(3);
    expect(guest.access(3)).toBe(REST | ACTIVE | PENDING);
    guest.release(3);
    expect(guest.access(0)).toBe(REST | ACTIVE);
  });

  test("beenSeized stays until 1 is written to it", () => {
    const { guest } = setUp();
    guest.request(0);
    guest.seize(1);
    guest.writeAccess(0, REQUEST);
    guest.release(1);
    expect(guest.access(0)).toBe(REST | BEEN_SEIZED | ACTIVE);
    guest.writeAccess(0, BEEN_SEIZED);
    expect(guest.access(0)).toBe(REST | ACTIVE);
  });
});

describe("localities other than the active one", () => {
  test("read all ones from STS and the FIFO", async () => {
    const { device, guest, backend } = setUp();
    guest.request(1);
    guest.send(1, command("Startup", [0, 0]));
    await backend.answer(response("TPM_RC_SUCCESS"));
    for (const locality of [0, 2, 3, 4]) {
      expect(device.read32(guest.at(locality, REG_STS))).toBe(0xffff_ffff);
      expect(device.read32(guest.at(locality, REG_DATA_FIFO))).toBe(0xffff_ffff);
    }
    expect(guest.read(1, 10)).toEqual(response("TPM_RC_SUCCESS"));
  });

  test("can't write STS, the FIFO or INT_ENABLE", () => {
    const { device, guest, backend } = setUp();
    guest.request(1);
    guest.commandReady(1);
    guest.write(0, command("Startup", [0, 0]));
    guest.go(0);
    guest.commandReady(0);
    device.write32(guest.at(0, REG_INT_ENABLE), 0x8000_0087);
    expect(device.read32(guest.at(0, REG_INT_ENABLE))).toBe(8);
    expect(guest.status(1)).toBe(0x40);
    expect(guest.burstCount(1)).toBe(4096);
    expect(backend.executed).toEqual([]);
  });

  test("a command carries the locality that sent it", () => {
    const { guest, backend } = setUp();
    for (const locality of [0, 1, 2, 3] as const) {
      guest.request(locality);
      guest.send(locality, command("Startup", [0, locality]));
      guest.device.reset();
    }
    expect(backend.executed.map((executed) => executed.locality)).toEqual([0, 1, 2, 3]);
  });

  test("a locality finds the TPM Idle and empty, whatever the one before left", async () => {
    const { guest, backend } = setUp();
    guest.request(0);
    guest.send(0, command("GetRandom", [0, 8]));
    await backend.answer(response("TPM_RC_SUCCESS", [0, 2, 0xaa, 0xbb]));
    guest.seize(1);
    expect(guest.status(1)).toBe(0);
    expect(guest.read(1, 4)).toEqual(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    guest.release(1);
    guest.request(0);
    expect(guest.status(0)).toBe(0);
    expect(guest.burstCount(0)).toBe(4096);
    expect(guest.read(0, 1)).toEqual(Uint8Array.of(0xff));
  });
});

describe("locality 4", () => {
  test("ignores every write of software", () => {
    const { device, guest, backend } = setUp();
    guest.request(4);
    guest.seize(4);
    for (let register = 0; register < 0x1000; register += 4) device.write32(guest.at(4, register), 0xffff_ffff);
    expect(guest.access(4)).toBe(REST);
    expect(guest.access(0)).toBe(REST);
    expect(backend.executed).toEqual([]);
    expect(backend.establishmentResets).toEqual([]);
  });
});

describe("tpmEstablishment", () => {
  test("reads 0 after a dynamic launch, in every locality", () => {
    const { guest, backend } = setUp();
    backend.established = true;
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) expect(guest.access(locality)).toBe(0x80);
  });

  test("locality 3 clears it with resetEstablishmentBit", () => {
    const { guest, backend } = setUp();
    backend.established = true;
    guest.request(3);
    guest.writeStatus(3, STS_RESET_ESTABLISHMENT);
    expect(backend.establishmentResets).toEqual([3]);
    expect(guest.access(3)).toBe(REST | ACTIVE);
  });

  test("localities 0 to 2 can't clear it", () => {
    const { guest, backend } = setUp();
    backend.established = true;
    for (const locality of [0, 1, 2]) {
      guest.request(locality);
      guest.writeStatus(locality, STS_RESET_ESTABLISHMENT);
      guest.release(locality);
    }
    expect(backend.establishmentResets).toEqual([]);
    expect(guest.access(0)).toBe(0x80);
  });

  test("locality 3 can't clear it without being active", () => {
    const { guest, backend } = setUp();
    backend.established = true;
    guest.request(0);
    guest.writeStatus(3, STS_RESET_ESTABLISHMENT);
    expect(backend.establishmentResets).toEqual([]);
  });
});
