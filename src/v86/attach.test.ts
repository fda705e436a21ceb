import type { V86 } from "v86";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { settle } from "../engine/testkit/fakeBackend.ts";
import { attachTpm } from "./attach.ts";
import { GuestClock } from "./guestClock.ts";
import { SUPPORTED_V86_VERSION, type V86Cpu } from "./internals.ts";
import { attach as attachTo, cpuOf, event, SlowBackend, word } from "./testkit/attached.ts";
import { loaded, makeEmulator, pause, RAM_SIZE, until, v86Wasm } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const ACCESS_0 = 0xfed4_0000;
const DID_VID_0 = 0xfed4_0f00;
const BEYOND_PRESENCE = 0xfed4_5500;
const DONE = 0x600;

let tpm: SlowBackend;
beforeEach(() => {
  tpm = new SlowBackend();
});
const attach = (...args: Parameters<typeof attachTo> extends [unknown, ...infer Rest] ? Rest : never) =>
  attachTo(tpm, ...args);
const filesOf = (emulator: V86) => cpuOf(emulator).option_roms.map((file) => file.name);

describe("before the first instruction", () => {
  it("the guest waits for the TPM to be ready and to have had its _TPM_Init, with autostart too", async () => {
    const finishInit = tpm.delayInit();
    const { emulator, attachment } = attach([x86.load32(DID_VID_0), x86.store32(0x700), x86.increment(DONE)]);
    await loaded(emulator);
    await pause();
    expect(tpm.calls).toEqual([]);
    tpm.becomeReady();
    await pause();
    expect(tpm.calls).toEqual(["powerOn"]);
    expect(emulator.get_instruction_counter()).toBe(0);
    finishInit();
    await attachment.ready;
    await until(() => word(emulator, DONE) === 1);
    expect(word(emulator, 0x700)).toBe(0x0001_1014);
  });

  it("a stop while waiting is a stop, and the guest runs when told to", async () => {
    const { emulator, attachment } = attach([x86.increment(DONE), x86.spin()]);
    await loaded(emulator);
    await emulator.stop();
    expect(emulator.is_running()).toBe(false);
    tpm.becomeReady();
    await attachment.ready;
    await pause();
    expect(emulator.get_instruction_counter()).toBe(0);
    await emulator.run();
    await until(() => word(emulator, DONE) === 1);
  });

  it("the tables, the device and the reserved log area are there", async () => {
    const { emulator, attachment } = attach([], { autostart: false });
    tpm.becomeReady();
    await attachment.ready;
    expect(filesOf(emulator)).toEqual(["acpi/tpm2", "acpi/ssdt-tpm", "etc/e820", "etc/tpm/config"]);
    expect(attachment.log).toEqual({ address: RAM_SIZE - 0x1_0000, size: 0x1_0000 });
  });

  it("an emulator that is ready but has not run takes a TPM, too", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(x86.increment(DONE)) } });
    await loaded(emulator);
    const attachment = attachTpm(emulator, { tpm });
    await emulator.run();
    await pause();
    expect(emulator.get_instruction_counter()).toBe(0);
    tpm.becomeReady();
    await attachment.ready;
    await until(() => word(emulator, DONE) === 1);
  });
});

describe("the guest's clock", () => {
  it("is the host's for a v86 that was made without another, and is said to be", async () => {
    const { attachment } = attach([]);
    expect(attachment.guestClock).toBe(undefined);
    tpm.becomeReady();
    await attachment.ready;
    expect(attachment.guestClock).toBe("host");
  });

  it("is the one that v86 and the attachment were both given, and does not count the time before power-on", async () => {
    const clock = new GuestClock();
    const emulator = makeEmulator({
      bios: { buffer: x86.biosOf(x86.increment(DONE), x86.spin()) },
      autostart: true,
      wasm_fn: clock.instantiate(v86Wasm),
    });
    const attachment = attachTpm(emulator, { tpm, clock });
    await loaded(emulator);
    await pause();
    tpm.becomeReady();
    await attachment.ready;
    expect(attachment.guestClock).toBe("own");
    await until(() => word(emulator, DONE) === 1);
    await emulator.stop();
    expect(clock.behind).toBe(0);
  });
});

describe("an emulator that cannot take a TPM", () => {
  it("has run already", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(x86.increment(DONE)) } });
    await loaded(emulator);
    await emulator.run();
    await until(() => word(emulator, DONE) === 1);
    expect(() => attachTpm(emulator, { tpm })).toThrow("after the guest began to run");
  });

  it("has no ACPI: ready rejects, and autostart is undone", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(x86.increment(DONE)) }, acpi: false, autostart: true });
    const attachment = attachTpm(emulator, { tpm });
    await expect(attachment.ready).rejects.toThrow("acpi: true");
    await pause();
    expect(emulator.get_instruction_counter()).toBe(0);
  });

  it.each([
    ["10", { irq: 10 }, {}, "Interrupt 10 belongs to PCI"],
    ["3 beside a serial port that has it", { irq: 3 }, { uart3: true }, "belongs to the serial port uart3"],
    ["that is no number", { irq: "7" as unknown as number }, {}, 'not as "7"'],
  ])("has no interrupt %s: ready rejects, and autostart is undone", async (_, options, ports, words) => {
    const bios = { buffer: x86.biosOf(x86.increment(DONE)) };
    const emulator = makeEmulator({ bios, autostart: true, ...ports });
    const attachment = attachTpm(emulator, { tpm, ...options });
    await expect(attachment.ready).rejects.toThrow(words);
    await pause();
    expect(emulator.get_instruction_counter()).toBe(0);
  });

  it("lacks a member: ready rejects with it and the version that has it, and autostart is undone", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(x86.increment(DONE)) }, autostart: true });
    emulator.add_listener("emulator-ready", () => {
      (cpuOf(emulator) as Partial<V86Cpu>).option_roms = undefined as never;
    });
    const attachment = attachTpm(emulator, { tpm });
    await expect(attachment.ready).rejects.toThrow(/no v86\.cpu\.option_roms .* 0\.5\.462/);
    await pause();
    expect(emulator.get_instruction_counter()).toBe(0);
  });
});

describe("the release of v86", () => {
  /** An emulator whose processor has other constants. */
  function untested(): V86 {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(x86.increment(DONE), x86.spin()) }, autostart: true });
    emulator.add_listener("emulator-ready", () => {
      new Uint8Array(cpuOf(emulator).wasm_memory.buffer)[0x1000]! ^= 1;
    });
    return emulator;
  }

  it("is said by the attachment, and a tested one is no reason for a warning", async () => {
    const onUntestedV86 = vi.fn();
    const { attachment } = attach([], { onUntestedV86 });
    expect(attachment.v86Release).toBeUndefined();
    tpm.becomeReady();
    await attachment.ready;
    expect(attachment.v86Release).toBe(SUPPORTED_V86_VERSION);
    expect(onUntestedV86).not.toHaveBeenCalled();
  });

  it("that was not tested gets its TPM, and a warning that says which were and what to do", async () => {
    const onUntestedV86 = vi.fn();
    const emulator = untested();
    const attachment = attachTpm(emulator, { tpm, onUntestedV86 });
    tpm.becomeReady();
    await attachment.ready;
    expect(attachment.v86Release).toBeNull();
    expect(onUntestedV86).toHaveBeenCalledOnce();
    expect(onUntestedV86.mock.calls[0]![0]).toMatch(/0\.5\.462, 0\.5\.430.*npm install --save-exact v86@0\.5\.462$/);
    await until(() => word(emulator, DONE) === 1);
  });

  it("that was not tested is told to the console where nobody else listens", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const attachment = attachTpm(untested(), { tpm });
    tpm.becomeReady();
    await attachment.ready;
    expect(warn.mock.calls).toEqual([[expect.stringContaining("none of those that tabtpm is tested with")]]);
  });
});

describe("a backend that failed", () => {
  it("shows registers that read 0 and offers no table; the guest boots without a TPM", async () => {
    const { emulator, attachment } = attach([
      x86.setEax(0xffff_ffff),
      x86.store32(0x700),
      x86.load32(ACCESS_0),
      x86.store32(0x700),
      x86.increment(DONE),
    ]);
    const failed = event(attachment, "failed");
    const reason = new Error("the state is damaged");
    await tpm.failStart(reason);
    expect(await failed).toBe(reason);
    await attachment.ready;
    await until(() => word(emulator, DONE) === 1);
    expect(word(emulator, 0x700)).toBe(0);
    expect(filesOf(emulator)).toEqual([]);
    expect(attachment.log).toBeUndefined();
  });

  it("takes the tables away at the next reset when it fails later", async () => {
    const { emulator, attachment } = attach([x86.increment(DONE), x86.spin()]);
    tpm.becomeReady();
    await until(() => attachment.log !== undefined && word(emulator, DONE) === 1);
    tpm.powerOn = async () => {
      tpm.power = "failed";
      throw new Error("fenced");
    };
    const failed = event(attachment, "failed");
    emulator.restart();
    await failed;
    await until(() => word(emulator, DONE) === 2);
    expect(filesOf(emulator)).toEqual([]);
  });
});

describe("reset", () => {
  it.each([
    ["emulator.restart()", [], true],
    ["the guest's 8042", x86.out8(0x64, 0xfe), false],
    ["the guest's port 0xCF9", [...x86.out8(0xcf9, 2), ...x86.out8(0xcf9, 6)], false],
  ])("by %s is a _TPM_Init, for which the processor waits", async (_, instructions, byHost) => {
    const { emulator, attachment } = attach([x86.increment(DONE), instructions, x86.spin()]);
    const resets: unknown[] = [];
    attachment.on("reset", () => resets.push(tpm.calls.length));
    tpm.becomeReady();
    await attachment.ready;
    // The first boot's _TPM_Init is through; the next one is slow.
    const finishInit = tpm.delayInit();
    await until(() => word(emulator, DONE) === 1);
    if (byHost) emulator.restart();
    await until(() => tpm.calls.length === 2);
    await pause();
    const executed = emulator.get_instruction_counter();
    await pause();
    expect(emulator.get_instruction_counter()).toBe(executed);
    expect(word(emulator, DONE)).toBe(1);
    expect(tpm.calls).toEqual(["powerOn", "powerOn"]);
    expect(resets).toEqual([1]);
    await emulator.stop();
    finishInit();
  });

  it("puts the registers in their reset state", async () => {
    const { emulator, attachment } = attach([x86.spin()]);
    tpm.becomeReady();
    await attachment.ready;
    attachment.device.write8(0, 0x02);
    expect(attachment.device.read8(0) & 0x20).toBe(0x20);
    emulator.restart();
    expect(attachment.device.read8(0) & 0x20).toBe(0);
  });
});

describe("power", () => {
  const softOff = x86.out16(0xb004, 0x2000);
  const suspendToDisk = x86.out16(0xb004, 0x2800);
  const suspendToRam = x86.out16(0xb004, 0x2400);
  const sciEnable = x86.out16(0xb004, 0x0001);

  it.each([
    ["soft off (S5)", softOff],
    ["suspend to disk (S4)", suspendToDisk],
  ])("%s cuts the TPM's power and stops the guest; power on boots again with empty RAM", async (_, instructions) => {
    const { emulator, attachment } = attach([
      x86.increment(0x700),
      x86.load8(0x708),
      x86.store8(0x704),
      x86.increment(0x708),
      instructions,
      x86.spin(),
    ]);
    const off = event(attachment, "powered-off");
    tpm.becomeReady();
    await off;
    expect(attachment.poweredOff).toBe(true);
    expect(tpm.calls).toEqual(["powerOn", "powerOff"]);
    await until(() => !emulator.is_running());
    expect(word(emulator, 0x700)).toBe(1);
    cpuOf(emulator).mem8.set([5], 0x708);

    const offAgain = event(attachment, "powered-off");
    await attachment.powerOn();
    await offAgain;
    expect(tpm.calls).toEqual(["powerOn", "powerOff", "powerOn", "powerOff"]);
    expect([word(emulator, 0x700), word(emulator, 0x704), word(emulator, 0x708)]).toEqual([1, 0, 1]);
  });

  it("other writes to PM1 control change nothing, and SLP_EN reads as 0", async () => {
    const { emulator, attachment } = attach([sciEnable, suspendToRam, x86.increment(DONE), x86.spin()]);
    tpm.becomeReady();
    await until(() => attachment.log !== undefined && word(emulator, DONE) === 1);
    expect(attachment.poweredOff).toBe(false);
    expect(tpm.calls).toEqual(["powerOn"]);
    expect((cpuOf(emulator).devices.acpi as { status: number }).status).toBe(0x0400);
  });

  it("pulling the plug stops guest and TPM at once; emulator.restart() and run() boot again", async () => {
    const { emulator, attachment } = attach([x86.increment(DONE), x86.spin()]);
    tpm.becomeReady();
    await until(() => attachment.log !== undefined && word(emulator, DONE) === 1);
    await attachment.powerOff();
    expect(tpm.calls).toEqual(["powerOn", "powerOff"]);
    const executed = emulator.get_instruction_counter();
    await emulator.run();
    await pause();
    expect(emulator.get_instruction_counter()).toBe(executed);
    emulator.restart();
    await until(() => tpm.calls.length === 3 && word(emulator, DONE) === 1);
  });
});

describe("detach", () => {
  it("puts every member of v86 back", async () => {
    const emulator = makeEmulator({
      bios: { buffer: x86.biosOf(x86.load32(ACCESS_0), x86.store32(0x700), x86.increment(DONE)) },
    });
    await loaded(emulator);
    const cpu = cpuOf(emulator);
    const block = ACCESS_0 >>> 17;
    const members = () => [
      cpu.memory_map_read8[block],
      cpu.memory_map_write8[block],
      cpu.memory_map_read32[block],
      cpu.memory_map_write32[block],
      cpu.main_loop,
      cpu.reboot_internal,
      cpu.io.ports[0xb004]!.write16,
      cpu.io.ports[0xb004]!.device,
      ...cpu.option_roms,
    ];
    const before = members();
    const attachment = attachTpm(emulator, { tpm });
    tpm.becomeReady();
    await attachment.ready;
    expect(members()).not.toEqual(before);
    attachment.detach();
    expect(members()).toEqual(before);
    await emulator.run();
    await until(() => word(emulator, DONE) === 1);
    expect(word(emulator, 0x700)).toBe(0xffff_ffff);
  });

  it("before the emulator is ready leaves it alone", async () => {
    const { emulator, attachment } = attach([x86.increment(DONE)]);
    attachment.detach();
    await attachment.ready;
    await until(() => emulator.get_instruction_counter() > 0 && word(emulator, DONE) === 1);
    expect(filesOf(emulator)).toEqual([]);
  });
});

describe("the bus", () => {
  it("has all ones beyond the five localities and the page of physical presence", async () => {
    const { emulator, attachment } = attach([x86.load32(BEYOND_PRESENCE), x86.store32(0x700), x86.increment(DONE)]);
    tpm.becomeReady();
    await attachment.ready;
    await until(() => word(emulator, DONE) === 1);
    expect(word(emulator, 0x700)).toBe(0xffff_ffff);
  });

  it("tells, when asked to, of the guest's accesses to registers that there are not", async () => {
    const told: unknown[] = [];
    const { emulator, attachment } = attach(
      [x86.load32(DID_VID_0), x86.store32(ACCESS_0 + 0x1040), x86.load32(BEYOND_PRESENCE), x86.increment(DONE)],
      { onUnknownAccess: (access) => told.push(access) },
    );
    tpm.becomeReady();
    await attachment.ready;
    await until(() => word(emulator, DONE) === 1);
    expect(told).toEqual([
      { kind: "write", offset: 0x1040, locality: 1, size: 4, value: 0x0001_1014 },
      { kind: "read", offset: 0x5500, locality: null, size: 4, value: 0xffff_ffff },
    ]);
  });

  it.each([7, 3])("has interrupt %i, when asked for, in _CRS, TPM_INT_VECTOR and the PIC", async (line) => {
    const raised: string[] = [];
    const { emulator, attachment } = attach([x86.spin()], { irq: line });
    tpm.becomeReady();
    await attachment.ready;
    const cpu = cpuOf(emulator);
    cpu.device_raise_irq = (irq) => irq === line && raised.push("raise");
    cpu.device_lower_irq = (irq) => irq === line && raised.push("lower");
    const ssdt = cpu.option_roms.find((file) => file.name === "acpi/ssdt-tpm")!.data;
    expect(Buffer.from(ssdt).includes(Buffer.from([0x22, 1 << line, 0x00]))).toBe(true);
    const tis = attachment.device;
    expect(tis.read32(0x0c)).toBe(line);
    tis.write8(0, 0x02);
    tis.write32(0x08, 0x8000_0080);
    tis.write32(0x18, 0x40);
    expect(raised).toEqual([]);
    await settle();
    expect(raised).toEqual(["raise"]);
    tis.write32(0x10, 0x80);
    await settle();
    expect(raised).toEqual(["raise", "lower"]);
  });
});
