import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FakeBackend, settle } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import {
  INT_COMMAND_READY,
  INT_DATA_AVAILABLE,
  INT_GLOBAL_ENABLE,
  INT_LOCALITY_CHANGED,
  INT_STS_VALID,
  INT_SUPPORTED,
  REG_INT_ENABLE,
  REG_INT_STATUS,
} from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

const STARTUP = command("Startup", [0, 0]);

/** A device with its interrupt line traced; locality 0 is active. */
function setUp() {
  const backend = new FakeBackend();
  const line: boolean[] = [];
  const device = new TisDevice({ backend, irq: (asserted) => line.push(asserted), vector: 5 });
  const guest = new Guest(device);
  guest.request(0);
  const enable = (locality: number, events: number) =>
    device.write32(guest.at(locality, REG_INT_ENABLE), INT_GLOBAL_ENABLE | events);
  const status = (locality: number) => device.read32(guest.at(locality, REG_INT_STATUS));
  const acknowledge = (locality: number, events: number) => device.write32(guest.at(locality, REG_INT_STATUS), events);
  return { backend, device, guest, line, enable, status, acknowledge };
}

describe("TPM_INT_ENABLE", () => {
  test("resets to disabled, low level", () => {
    const { device } = setUp();
    expect(device.read32(REG_INT_ENABLE)).toBe(0x0000_0008);
  });

  test("takes globalIntEnable, polarity and the four events only", () => {
    const { device } = setUp();
    device.write32(REG_INT_ENABLE, 0xffff_ffff);
    expect(device.read32(REG_INT_ENABLE)).toBe(0x8000_009f);
  });

  test("is one register per locality", () => {
    const { device, guest, enable } = setUp();
    enable(0, INT_STS_VALID);
    expect(device.read32(guest.at(1, REG_INT_ENABLE))).toBe(8);
  });
});

describe("interrupts", () => {
  test("are silent until they are enabled", async () => {
    const { backend, guest, line, status } = setUp();
    guest.send(0, STARTUP);
    await backend.answer(response("TPM_RC_SUCCESS"));
    guest.read(0, 10);
    await settle();
    expect(line).toEqual([]);
    expect(status(0)).toBe(0);
  });

  test("are silent while globalIntEnable is 0", async () => {
    const { device, guest, line, status } = setUp();
    device.write32(REG_INT_ENABLE, INT_SUPPORTED);
    guest.commandReady(0);
    await settle();
    expect(line).toEqual([]);
    expect(status(0)).toBe(0);
  });

  test("are never raised inside of a register access", async () => {
    const { device, guest, line, enable } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    expect(device.read32(REG_INT_STATUS)).toBe(INT_COMMAND_READY);
    expect(line).toEqual([]);
    await settle();
    expect(line).toEqual([true]);
  });

  test("are raised by the scheduler that was injected", () => {
    const tasks: (() => void)[] = [];
    const line: boolean[] = [];
    const device = new TisDevice({
      backend: new FakeBackend(),
      irq: (asserted) => line.push(asserted),
      schedule: (task) => tasks.push(task),
    });
    const guest = new Guest(device);
    guest.request(0);
    device.write32(REG_INT_ENABLE, 0x8000_0080);
    guest.commandReady(0);
    expect(tasks).toHaveLength(1);
    tasks[0]!();
    expect(line).toEqual([true]);
  });

  test("commandReady: the TPM became Ready", async () => {
    const { guest, enable, status } = setUp();
    enable(0, INT_SUPPORTED);
    guest.commandReady(0);
    expect(status(0)).toBe(INT_COMMAND_READY);
  });

  test("commandReady: not when it was Ready already", () => {
    const { guest, enable, status, acknowledge } = setUp();
    enable(0, INT_SUPPORTED);
    guest.commandReady(0);
    acknowledge(0, INT_COMMAND_READY);
    guest.commandReady(0);
    expect(status(0)).toBe(0);
  });

  test("commandReady: after an abort, when the command is over", async () => {
    const { backend, guest, enable, status } = setUp();
    guest.send(0, STARTUP);
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    expect(status(0)).toBe(0);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(status(0)).toBe(INT_COMMAND_READY);
  });

  test("stsValid: with the first byte of a command", () => {
    const { guest, enable, status } = setUp();
    guest.commandReady(0);
    enable(0, INT_SUPPORTED);
    guest.write(0, [0x80]);
    expect(status(0)).toBe(INT_STS_VALID);
  });

  test("dataAvail and stsValid: a response is there", async () => {
    const { backend, guest, enable, status } = setUp();
    guest.send(0, STARTUP);
    enable(0, INT_SUPPORTED);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(status(0)).toBe(INT_DATA_AVAILABLE | INT_STS_VALID);
  });

  test("stsValid: the last byte of the response was read", async () => {
    const { backend, guest, enable, status } = setUp();
    guest.send(0, STARTUP);
    await backend.answer(response("TPM_RC_SUCCESS"));
    enable(0, INT_SUPPORTED);
    guest.read(0, 9);
    expect(status(0)).toBe(0);
    guest.read(0, 1);
    expect(status(0)).toBe(INT_STS_VALID);
  });

  test("only the enabled ones of several events become pending", async () => {
    const { backend, guest, enable, status } = setUp();
    guest.send(0, STARTUP);
    enable(0, INT_DATA_AVAILABLE);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(status(0)).toBe(INT_DATA_AVAILABLE);
  });

  test("localityChanged: told to the locality that got the TPM", () => {
    const { guest, enable, status } = setUp();
    guest.release(0);
    guest.request(1);
    enable(1, INT_SUPPORTED);
    guest.release(1);
    expect(status(1)).toBe(0);
    guest.request(1);
    expect(status(1)).toBe(INT_LOCALITY_CHANGED);
    expect(status(0)).toBe(0);
  });
});

describe("TPM_INT_STATUS", () => {
  test("writing 1 clears a bit, and the line falls with the last one", async () => {
    const { backend, guest, line, enable, status, acknowledge } = setUp();
    guest.send(0, STARTUP);
    enable(0, INT_SUPPORTED);
    await backend.answer(response("TPM_RC_SUCCESS"));
    await settle();
    acknowledge(0, INT_DATA_AVAILABLE);
    await settle();
    expect(status(0)).toBe(INT_STS_VALID);
    acknowledge(0, INT_STS_VALID);
    await settle();
    expect(status(0)).toBe(0);
    expect(line.at(-1)).toBe(false);
  });

  test("an acknowledgement that leaves another event pending gives an edge, however the two come together", async () => {
    const { backend, guest, line, enable, acknowledge } = setUp();
    guest.send(0, STARTUP);
    enable(0, INT_SUPPORTED);
    await backend.answer(response("TPM_RC_SUCCESS"));
    await settle();
    acknowledge(0, INT_DATA_AVAILABLE);
    await settle();
    expect(line).toEqual([true, false, true]);
    // What is not pending leaves the line alone.
    acknowledge(0, INT_DATA_AVAILABLE | INT_LOCALITY_CHANGED);
    await settle();
    expect(line).toEqual([true, false, true]);
    acknowledge(0, INT_STS_VALID);
    await settle();
    expect(line).toEqual([true, false, true, false]);
  });

  test("an event behind the acknowledgement of all gives an edge, before the line was told of the fall", async () => {
    const { backend, guest, line, enable, status, acknowledge } = setUp();
    guest.send(0, STARTUP);
    enable(0, INT_SUPPORTED);
    await backend.answer(response("TPM_RC_SUCCESS"));
    await settle();
    acknowledge(0, INT_SUPPORTED);
    guest.read(0, 10);
    expect(status(0)).toBe(INT_STS_VALID);
    expect(line).toEqual([true]);
    await settle();
    expect(line).toEqual([true, false, true]);
  });

  test("a reset and an event of the time after it: an edge", async () => {
    const { device, guest, line, enable } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    await settle();
    device.reset();
    guest.request(0);
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    await settle();
    expect(line).toEqual([true, false, true]);
  });

  test("whatever happens, the line alternates, ends at the level of what is pending, and rises after each look at it", async () => {
    const steps = ["ready", "first", "acknowledge one", "acknowledge all", "release", "request", "off", "on"] as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...steps, "settle" as const), { maxLength: 40 }), async (acts) => {
        const { device, guest, line, enable, status, acknowledge } = setUp();
        let lookedAt = 0;
        for (const act of acts) {
          if (act === "ready") guest.commandReady(0);
          else if (act === "first") guest.write(0, [0x80]);
          else if (act === "acknowledge one") acknowledge(0, status(0) & -status(0));
          else if (act === "acknowledge all") acknowledge(0, status(0));
          else if (act === "release") guest.release(0);
          else if (act === "request") guest.request(0);
          else if (act === "off") device.write32(REG_INT_ENABLE, INT_SUPPORTED);
          else if (act === "on") enable(0, INT_SUPPORTED);
          else await settle();
          if (act.startsWith("acknowledge")) lookedAt = line.length;
        }
        await settle();
        expect(line.every((asserted, index) => asserted === (index % 2 === 0))).toBe(true);
        const active = (device.read8(0) & 0x20) !== 0;
        const enabled = device.read32(REG_INT_ENABLE) >= INT_GLOBAL_ENABLE;
        const pending = active && enabled && status(0) !== 0;
        expect(line.at(-1) ?? false).toBe(pending);
        // The driver has looked for the last time, and something is there: it hears of it.
        if (pending && lookedAt > 0 && acts.at(-1)?.startsWith("acknowledge")) {
          expect(line.slice(lookedAt)).toContain(true);
        }
      }),
    );
  });

  test("can be cleared by the active locality only", async () => {
    const { guest, enable, status, acknowledge } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    guest.release(0);
    acknowledge(0, INT_COMMAND_READY);
    expect(status(0)).toBe(INT_COMMAND_READY);
  });

  test("clearing globalIntEnable lets the line fall", async () => {
    const { device, guest, line, enable } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    await settle();
    device.write32(REG_INT_ENABLE, INT_COMMAND_READY);
    await settle();
    expect(line).toEqual([true, false]);
  });

  test("drives the line only while its locality is active: nobody else could clear it", async () => {
    const { guest, line, enable, status } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    await settle();
    guest.release(0);
    await settle();
    expect(line).toEqual([true, false]);
    expect(status(0)).toBe(INT_COMMAND_READY);
    guest.request(0);
    await settle();
    expect(line).toEqual([true, false, true]);
  });

  test("an event that was acknowledged before the line moved leaves it alone", async () => {
    const { guest, line, enable, acknowledge } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    acknowledge(0, INT_COMMAND_READY);
    await settle();
    expect(line).toEqual([]);
  });

  test.each(["reset", "dispose"] as const)("%s lets the line fall", async (act) => {
    const { device, guest, line, enable } = setUp();
    enable(0, INT_COMMAND_READY);
    guest.commandReady(0);
    await settle();
    device[act]();
    await settle();
    expect(line).toEqual([true, false]);
  });
});

test("a browser's queueMicrotask, which is nobody's method, is called as a function", async () => {
  const queue = queueMicrotask;
  vi.stubGlobal("queueMicrotask", function (this: unknown, task: () => void) {
    if (this !== undefined && this !== globalThis) throw new TypeError("Illegal invocation");
    queue(task);
  });
  const { guest, line, enable } = setUp();
  enable(0, INT_COMMAND_READY);
  guest.send(0, STARTUP);
  await settle();
  vi.unstubAllGlobals();
  expect(line).toContain(true);
});
