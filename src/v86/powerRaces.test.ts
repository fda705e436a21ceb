/** Resets and power cuts that come while an earlier one is not through. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { attachTpm } from "./attach.ts";
import { GuestClock } from "./guestClock.ts";
import { attach, SlowBackend, word } from "./testkit/attached.ts";
import { loaded, makeEmulator, until } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const DONE = 0x600;
const program = [x86.increment(DONE), x86.spin()];

/** Its TPM2_Shutdown ends when the test says so. */
class ShutdownBackend extends SlowBackend {
  end: (() => void)[] = [];
  shutDown(): Promise<boolean> {
    if (this.power !== "on") return Promise.resolve(false);
    this.calls.push("shutDown");
    return new Promise((resolve) => this.end.push(() => resolve(true)));
  }
}

let tpm: ShutdownBackend;
beforeEach(() => {
  tpm = new ShutdownBackend();
  tpm.becomeReady();
});
afterEach(() => vi.useRealTimers());

async function running() {
  const made = attach(tpm, program);
  await made.attachment.ready;
  await until(() => word(made.emulator, DONE) === 1);
  return made;
}
const shuttingDown = () => until(() => tpm.end.length > 0);

it("a power-off during a reset is a power-off", async () => {
  const { emulator, attachment } = await running();
  emulator.restart();
  await shuttingDown();
  const off = attachment.pullPlug();
  tpm.end[0]!();
  await off;
  expect([tpm.power, attachment.poweredOff]).toEqual(["off", true]);
  expect(tpm.calls).toEqual(["powerOn", "shutDown", "powerOff"]);
});

it("a plug that is pulled during a power-off takes the power at once, and it can be turned on again", async () => {
  const { emulator, attachment } = await running();
  const off = attachment.powerOff();
  await shuttingDown();
  await attachment.pullPlug();
  expect(tpm.calls).toEqual(["powerOn", "shutDown", "powerOff"]);
  await attachment.powerOn();
  await until(() => tpm.power === "on" && word(emulator, DONE) > 0);
  tpm.end[0]!();
  await off;
  expect([tpm.power, attachment.poweredOff]).toEqual(["on", false]);
});

it("power on waits for the power-off before it, also for the guest's own", async () => {
  const { emulator, attachment } = attach(tpm, [x86.increment(DONE), x86.out16(0xb004, 0x2000), x86.spin()]);
  const told: string[] = [];
  attachment.on("powered-off", () => told.push("powered-off"));
  await shuttingDown();
  const on = attachment.powerOn().then(() => told.push("on"));
  tpm.end[0]!();
  await on;
  expect(told).toEqual(["powered-off", "on"]);
  await until(() => tpm.calls.length >= 4);
  expect(tpm.calls.slice(0, 4)).toEqual(["powerOn", "shutDown", "powerOff", "powerOn"]);
  emulator.stop();
});

it("a TPM that never ends its TPM2_Shutdown loses its power all the same", async () => {
  const { attachment } = await running();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const off = attachment.powerOff();
  await shuttingDown();
  vi.advanceTimersByTime(2000);
  await off;
  expect(tpm.power).toBe("off");
});

it("a TPM that was detached meanwhile is left alone", async () => {
  const { emulator, attachment } = await running();
  emulator.restart();
  await shuttingDown();
  attachment.detach();
  tpm.end[0]!();
  await new Promise((resolve) => setImmediate(resolve));
  expect(tpm.calls).toEqual(["powerOn", "shutDown"]);
});

it("a clock that v86 does not have is refused", async () => {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(emulator);
  expect(() => attachTpm(emulator, { tpm, clock: new GuestClock() })).toThrow(/clock that v86 does not have/);
});
