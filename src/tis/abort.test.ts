import { describe, expect, test } from "vitest";
import { TpmPoweredOffError } from "../engine/backend.ts";
import { FakeBackend, settle } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import {
  ACCESS_ACTIVE_LOCALITY as ACTIVE,
  ACCESS_BEEN_SEIZED as BEEN_SEIZED,
  STS_DATA_AVAILABLE as DATA,
  ACCESS_PENDING_REQUEST as PENDING,
  STS_COMMAND_READY as READY,
  ACCESS_REQUEST_USE as REQUEST,
  STS_SELF_TEST_DONE,
  STS_VALID as VALID,
} from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

const REST = 0x81;
const STARTUP = command("Startup", [0, 0]);
const GET_RANDOM = command("GetRandom", [0, 2]);
const RANDOM = response("TPM_RC_SUCCESS", [0, 2, 0xab, 0xcd]);

/** Locality 0 has a command in execution. */
function executing() {
  const backend = new FakeBackend();
  const device = new TisDevice({ backend });
  const guest = new Guest(device);
  guest.request(0);
  guest.send(0, STARTUP);
  return { backend, device, guest };
}

/** The locality sends a command and gets its own answer. */
async function expectToWork(guest: Guest, backend: FakeBackend, locality: number): Promise<void> {
  guest.send(locality, GET_RANDOM);
  expect(backend.executed.at(-1)).toEqual({ command: GET_RANDOM, locality });
  await backend.answer(RANDOM);
  expect(guest.status(locality) & (VALID | DATA)).toBe(VALID | DATA);
  expect(guest.read(locality, RANDOM.length)).toEqual(RANDOM);
}

describe("commandReady during execution", () => {
  test("cancels the command, discards its answer and shows Ready only then", async () => {
    const { backend, guest } = executing();
    guest.commandReady(0);
    expect(backend.cancels).toBe(1);
    expect(guest.status(0)).toBe(VALID);
    await backend.answer(response("TPM_RC_CANCELED"));
    expect(guest.status(0)).toBe(READY);
    await expectToWork(guest, backend, 0);
  });

  test("written again while the abort goes on cancels only once", () => {
    const { backend, guest } = executing();
    guest.commandReady(0);
    guest.commandReady(0);
    expect(backend.cancels).toBe(1);
  });

  test("also ends well when the backend rejects the aborted command", async () => {
    const { backend, guest } = executing();
    guest.commandReady(0);
    await backend.fail(new Error("gone"));
    expect(guest.status(0)).toBe(READY);
    await expectToWork(guest, backend, 0);
  });

  test("counts a TPM2_SelfTest that succeeded all the same", async () => {
    const { backend, guest } = executing();
    await backend.answer(response("TPM_RC_SUCCESS"));
    guest.send(0, command("SelfTest", [1]));
    guest.commandReady(0);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(READY | STS_SELF_TEST_DONE);
  });
});

describe("Seize during execution", () => {
  test("cancels the command and changes the locality when it is over", async () => {
    const { backend, guest } = executing();
    guest.seize(2);
    expect(backend.cancels).toBe(1);
    expect(guest.access(0)).toBe(REST | ACTIVE);
    expect(guest.access(2)).toBe(REST);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(0)).toBe(REST | BEEN_SEIZED);
    expect(guest.access(2)).toBe(REST | ACTIVE);
    expect(guest.status(2)).toBe(0);
    expect(guest.read(2, 1)).toEqual(Uint8Array.of(0xff));
    await expectToWork(guest, backend, 2);
  });

  test("by a still higher locality wins over the first one", async () => {
    const { backend, guest } = executing();
    guest.seize(1);
    guest.seize(3);
    guest.seize(2);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(3)).toBe(REST | ACTIVE);
    expect(guest.access(1)).toBe(REST);
    expect(guest.access(2)).toBe(REST);
    expect(backend.cancels).toBe(1);
  });

  test("goes before requests that waited", async () => {
    const { backend, guest } = executing();
    guest.request(3);
    guest.seize(1);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(1)).toBe(REST | ACTIVE | PENDING);
    expect(guest.access(3)).toBe(REST | REQUEST);
  });

  test("can be withdrawn: the interrupted locality keeps the TPM, Ready for a new command", async () => {
    const { backend, guest } = executing();
    guest.seize(2);
    guest.release(2);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(2)).toBe(REST);
    expect(guest.access(0)).toBe(REST | ACTIVE);
    expect(guest.status(0)).toBe(READY);
  });

  test("is not called off by commandReady, or by the interrupted locality's giving up", async () => {
    for (const act of ["commandReady", "release"] as const) {
      const { backend, guest } = executing();
      guest.seize(2);
      guest[act](0);
      await backend.answer(response("TPM_RC_SUCCESS"));
      expect(guest.access(2)).toBe(REST | ACTIVE);
    }
  });
});

describe("giving up during execution", () => {
  test("with another locality waiting changes hands when the command is over", async () => {
    const { backend, guest } = executing();
    guest.request(1);
    guest.release(0);
    expect(backend.cancels).toBe(1);
    expect(guest.access(0)).toBe(REST | ACTIVE | PENDING);
    expect(guest.access(1)).toBe(REST | REQUEST);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(0)).toBe(REST);
    expect(guest.access(1)).toBe(REST | ACTIVE);
    await expectToWork(guest, backend, 1);
  });

  test("goes to the highest of those waiting when the command is over", async () => {
    const { backend, guest } = executing();
    guest.request(1);
    guest.release(0);
    guest.request(3);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(3)).toBe(REST | ACTIVE | PENDING);
  });

  test("leaves no locality active when the one waiting has withdrawn", async () => {
    const { backend, guest } = executing();
    guest.request(1);
    guest.release(0);
    guest.release(1);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(0)).toBe(REST);
    expect(guest.access(1)).toBe(REST);
  });

  test("with nobody waiting frees the TPM at once", () => {
    const { backend, guest } = executing();
    guest.release(0);
    expect(backend.cancels).toBe(1);
    expect(guest.access(0)).toBe(REST);
  });

  test.each([0, 1])("lets locality %d in at once, Ready when the old command is over", async (locality) => {
    const { backend, guest } = executing();
    guest.release(0);
    guest.request(locality);
    expect(guest.access(locality)).toBe(REST | ACTIVE);
    guest.commandReady(locality);
    expect(guest.status(locality)).toBe(0);
    guest.write(locality, STARTUP);
    guest.go(locality);
    expect(backend.executed).toHaveLength(1);
    await backend.answer(response("TPM_RC_CANCELED"));
    expect(guest.status(locality)).toBe(READY);
    await expectToWork(guest, backend, locality);
  });

  test("does not make a locality Ready that did not ask for it", async () => {
    const { backend, guest } = executing();
    guest.release(0);
    guest.request(1);
    guest.commandReady(1);
    guest.seize(2);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.access(2)).toBe(REST | ACTIVE);
    expect(guest.status(2)).toBe(0);
    guest.commandReady(2);
    expect(guest.status(2)).toBe(READY);
  });
});

describe("reset", () => {
  test("during execution forgets the command: its late answer reaches nobody", async () => {
    const { backend, device, guest } = executing();
    device.reset();
    expect(device.busy).toBe(false);
    guest.request(0);
    guest.send(0, GET_RANDOM);
    await backend.answer(response("TPM_RC_SUCCESS", [1, 1, 1, 1]));
    expect(guest.status(0)).toBe(VALID);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("during an abort forgets the abort", async () => {
    const { backend, device, guest } = executing();
    guest.seize(1);
    device.reset();
    guest.request(0);
    guest.commandReady(0);
    guest.write(0, GET_RANDOM.subarray(0, 4));
    await backend.answer(response("TPM_RC_CANCELED"));
    expect(guest.access(0)).toBe(REST | ACTIVE);
    guest.write(0, GET_RANDOM.subarray(4));
    guest.go(0);
    expect(backend.executed.at(-1)!.command).toEqual(GET_RANDOM);
  });

  test("is not undone by the old command's loss of power", async () => {
    const { backend, device, guest } = executing();
    device.reset();
    guest.request(0);
    guest.send(0, GET_RANDOM);
    await backend.fail(new TpmPoweredOffError());
    expect(guest.access(0)).toBe(REST | ACTIVE);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });
});

describe("whenNotBusy", () => {
  test("resolves when the command in flight is over, aborted or not, and at a reset", async () => {
    for (const end of ["answer", "abort", "reset"] as const) {
      const { backend, device, guest } = executing();
      let idle = false;
      void device.whenNotBusy().then(() => {
        idle = true;
      });
      if (end === "abort") guest.release(0);
      await settle();
      expect(device.busy).toBe(true);
      expect(idle).toBe(false);
      if (end === "reset") device.reset();
      else await backend.answer(response("TPM_RC_SUCCESS"));
      await settle();
      expect(device.busy).toBe(false);
      expect(idle).toBe(true);
    }
  });

  test("resolves at once when there is none", async () => {
    const device = new TisDevice({ backend: new FakeBackend() });
    await device.whenNotBusy();
    expect(device.busy).toBe(false);
  });
});
