import { readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { createMachine, type Machine, type MachineOptions } from "./machine.ts";
import { pause as settle, until, v86Wasm } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const KERNEL = readFileSync(new URL("../../guest/images/bzImage", import.meta.url));
const COUNTER = 0x600;
const counting = [x86.loop(x86.increment(COUNTER))];

const machines: Machine[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const machine of machines.splice(0)) await machine.destroy();
});

/** A machine with power whose BIOS is a program, and what it says of its pauses. */
async function run(program: number[][], options: Partial<MachineOptions> = {}) {
  const images = {
    bios: x86.biosOf(...program),
    vgaBios: new ArrayBuffer(512),
    rom: new ArrayBuffer(512),
    kernel: new Uint8Array(KERNEL).buffer,
    initrd: new ArrayBuffer(16),
    cmdline: "",
  };
  const machine = await createMachine({ images, wasm: v86Wasm, memoryMiB: 96, ...options });
  machines.push(machine);
  const told: boolean[] = [];
  machine.on("paused", (paused) => told.push(paused));
  await machine.powerOn();
  return { machine, told };
}

const word = (machine: Machine) => new DataView(machine.readPhysical(COUNTER, 4).buffer).getUint32(0, true);
/** Not one instruction is executed. */
async function expectStill(machine: Machine): Promise<void> {
  const before = machine.emulator.get_instruction_counter();
  await settle();
  expect(machine.emulator.get_instruction_counter()).toBe(before);
}

it("a pause stops the guest between two instructions, as often as it is asked for, and resume lets it go on", async () => {
  const { machine, told } = await run(counting);
  await until(() => word(machine) > 0);
  machine.pause();
  machine.pause();
  expect(machine.paused).toBe(true);
  expect(machine.stage).toBe("bios");
  await expectStill(machine);
  const stood = word(machine);
  machine.resume();
  machine.resume();
  await until(() => word(machine) > stood);
  expect(told).toEqual([true, false]);
});

it("a guest that has halted for good is not woken by a pause", async () => {
  const { machine } = await run([x86.increment(COUNTER), x86.halt()]);
  await until(() => word(machine) === 1);
  await settle();
  const before = machine.emulator.get_instruction_counter();
  machine.pause();
  machine.resume();
  await settle();
  expect(machine.emulator.get_instruction_counter()).toBe(before);
});

it("the guest's clock stands: of an hour it sees nothing, and is told to be behind by it", async () => {
  const { machine } = await run(counting);
  const behind: number[] = [];
  machine.on("clock-behind", (milliseconds) => behind.push(milliseconds));
  await until(() => word(machine) > 0);
  machine.pause();
  const host = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => host() + 3_600_000);
  await expectStill(machine);
  expect(behind).toEqual([]);
  machine.resume();
  await until(() => behind.length > 0);
  expect(behind[0]).toBeGreaterThanOrEqual(3_600_000);
});

it("what is typed meanwhile is read afterwards", async () => {
  const status = [x86.in8(0x3fd), [0x24, 1, 0x74, 0xf7]].flat();
  const { machine } = await run([status, x86.in8(0x3f8), x86.store8(COUNTER), x86.spin()]);
  await settle();
  machine.pause();
  machine.serial.send("x");
  await expectStill(machine);
  expect(machine.readPhysical(COUNTER, 1)[0]).toBe(0);
  machine.resume();
  await until(() => machine.readPhysical(COUNTER, 1)[0] === "x".charCodeAt(0));
});

it("the TPM's answer to a command of before is in its registers when the guest goes on", async () => {
  const ACCESS_0 = 0xfed4_0000;
  const STS_0 = 0xfed4_0018;
  const FIFO_0 = 0xfed4_0024;
  const tpm = new FakeBackend();
  const { machine } = await run(
    [
      x86.store8At(ACCESS_0, 0x02),
      x86.store8At(STS_0, 0x40),
      ...[0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x7b].map((byte) => x86.store8At(FIFO_0, byte)),
      x86.store8At(STS_0, 0x20),
      x86.loop(x86.load8(STS_0), x86.store8(0x700), x86.increment(COUNTER)),
    ],
    { tpm },
  );
  await until(() => tpm.pending.length === 1);
  machine.pause();
  await tpm.answer(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0));
  // The answer alone does not wake it.
  await expectStill(machine);
  const looks = word(machine);
  machine.resume();
  await until(() => word(machine) > looks);
  // stsValid, dataAvail
  expect(machine.readPhysical(0x700, 1)[0]! & 0x90).toBe(0x90);
});

it("a reset ends it, and so does the end of the power; without power there is none", async () => {
  const { machine, told } = await run(counting);
  await until(() => word(machine) > 0);
  machine.pause();
  machine.reset();
  expect(machine.paused).toBe(false);
  const stood = word(machine);
  await until(() => word(machine) !== stood);
  for (const cut of [() => machine.powerOff(), () => machine.pullPlug()]) {
    machine.pause();
    await cut();
    expect(machine.paused).toBe(false);
    machine.pause();
    machine.resume();
    expect(machine.paused).toBe(false);
    await machine.powerOn();
    const counted = word(machine);
    await until(() => word(machine) > counted);
  }
  expect(told).toEqual([true, false, true, false, true, false]);
});
