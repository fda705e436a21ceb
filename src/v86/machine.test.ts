import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { BootFileError } from "../guest/bootFileError.ts";
import type { GuestImages } from "../guest/images.ts";
import { requireInternals } from "./internals.ts";
import { createMachine, type Machine, type MachineOptions, type Stage } from "./machine.ts";
import { pause, until, v86Wasm } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const KERNEL = readFileSync(new URL("../../guest/images/bzImage", import.meta.url));
const COUNTER = 0x600;
/** Where v86 puts it. */
const COMMAND_LINE = 0x8_e000;

/** One that can be saved, and is whatever is restored. */
class SavedBackend extends FakeBackend {
  async snapshot() {
    const saved = { permanent: Uint8Array.of(1), volatile: Uint8Array.of(2) };
    return { ...saved, profile: "full" as const, identity: "1f".repeat(32) };
  }
  async restore() {
    return { how: "resumed" as const, keptAs: null, identity: "1f".repeat(32) };
  }
}

const machines: Machine[] = [];
afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.destroy();
});

/** A machine whose BIOS is a program; the kernel is there and never run. */
async function make(program: number[][], options: Partial<MachineOptions> = {}): Promise<Machine> {
  const images: GuestImages = {
    bios: x86.biosOf(...program),
    vgaBios: new ArrayBuffer(512),
    rom: new ArrayBuffer(512),
    kernel: new Uint8Array(KERNEL).buffer,
    initrd: new ArrayBuffer(4096),
    cmdline: "console=ttyS0",
  };
  const machine = await createMachine({ images, wasm: v86Wasm, memoryMiB: 96, ...options });
  machines.push(machine);
  return machine;
}

const count = (machine: Machine) => machine.readPhysical(COUNTER, 1)[0]!;
const spinning = [x86.increment(COUNTER), x86.spin()];

/** Writes text to COM1. */
const print = (text: string) => Array.from(text, (character) => x86.out8(0x3f8, character.charCodeAt(0))).flat();
/** Paging with the first 4 MiB mapped onto themselves, as a kernel's first act. */
const becomeKernel = [
  ...x86.setEax(0x83),
  ...x86.store32(0x1000),
  ...x86.enableLargePages(),
  ...x86.enablePaging(0x1000),
];

describe("createMachine refuses", () => {
  it.each([95, 2048, 128.5, Number.NaN])("%s MiB of memory", async (memoryMiB) => {
    await expect(make([], { memoryMiB })).rejects.toThrow(`must be 96 to 2047 MiB, not ${memoryMiB}`);
  });

  it.each([
    [3, RangeError, "Interrupt 3 belongs to the serial port uart1"],
    [5, RangeError, "the sound card"],
    [9, RangeError, "ACPI and PCI"],
    [16, RangeError, "There is no interrupt 16"],
    [-1, RangeError, "There is no interrupt -1"],
    [7.5, RangeError, "There is no interrupt 7.5"],
    [Number.NaN, RangeError, "There is no interrupt NaN"],
    ["7", TypeError, 'not as "7"'],
    [[7], TypeError, "not as a list"],
    [null, TypeError, "not as null"],
  ])("%j as the TPM's interrupt, with words that name what is free", async (irq, kind, words) => {
    const refused = make([], { irq: irq as number });
    await expect(refused).rejects.toBeInstanceOf(kind);
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toThrow("Take 7, or leave it away");
  });

  it("an interrupt with CRB, and an interface that there is not", async () => {
    await expect(make([], { interface: "crb", irq: 7 })).rejects.toThrow("CRB interface has no interrupt");
    await expect(make([], { interface: "fifo" as never })).rejects.toThrow('no TPM with the interface "fifo"');
  });

  it.each([
    ["yes", TypeError],
    [1, TypeError],
    [{ timeoutSeconds: "5" }, TypeError],
    [{ timeoutSeconds: -1 }, RangeError],
    [{ timeoutSeconds: Number.NaN }, RangeError],
  ])("%j as the boot menu", async (bootMenu, kind) => {
    await expect(make([], { bootMenu: bootMenu as never })).rejects.toBeInstanceOf(kind);
  });

  it("an initrd that does not fit, before v86 would choke on it", async () => {
    const images = {
      bios: x86.biosOf(),
      vgaBios: new ArrayBuffer(512),
      rom: new ArrayBuffer(512),
      kernel: new Uint8Array(KERNEL).buffer,
      cmdline: "",
    };
    const initrd = new ArrayBuffer(40 << 20);
    await expect(make([], { images: { ...images, initrd } })).rejects.toThrow(
      /initrd of \d+ bytes, which begins at 64 MiB, does not fit/,
    );
  });

  it("a kernel that is none, whoever gave it, with or without a TPM", async () => {
    const none = new Uint8Array(4096);
    for (const tpm of [{}, { tpm: new FakeBackend() }]) {
      await expect(make([], { kernel: none, ...tpm })).rejects.toThrow("The kernel is no Linux bzImage");
    }
  });

  it("a kernel that is none, and a command line that Linux would cut", async () => {
    const images = {
      bios: x86.biosOf(),
      vgaBios: new ArrayBuffer(512),
      rom: new ArrayBuffer(512),
      initrd: new ArrayBuffer(0),
      cmdline: "",
    };
    await expect(make([], { images: { ...images, kernel: new ArrayBuffer(4096) } })).rejects.toThrow(BootFileError);
    await expect(make([], { cmdline: "x".repeat(2048) })).rejects.toThrow(BootFileError);
    await expect(make([], { cmdline: "a\0b" })).rejects.toThrow("has a NUL at character 2");
  });

  it("a v86.wasm that is none, or that is not v86's", async () => {
    await expect(make([], { wasm: Uint8Array.of(1, 2, 3, 4) })).rejects.toThrow(WebAssembly.CompileError);
    // (module (import "x" "y" (func)))
    const other = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x78, 1, 0x79, 0, 0);
    await expect(make([], { wasm: other })).rejects.toThrow(/WebAssembly.instantiate.*Import #0/);
  });
});

describe("a machine with a disk", () => {
  /** Reads the sector at 512 KiB, which nobody has read yet. */
  const readSector = [
    ...[x86.out8(0x1f2, 1), x86.out8(0x1f3, 0), x86.out8(0x1f4, 4), x86.out8(0x1f5, 0), x86.out8(0x1f6, 0xe0)],
    ...[x86.out8(0x1f7, 0x20), x86.spin()],
  ].flat();
  const BUSY = 0x80;
  const DATA = 0x08;
  const driveOf = (machine: Machine) =>
    (
      machine.emulator as unknown as {
        v86: { cpu: { devices: { ide: { primary: { master: { status_reg: number } } } } } };
      }
    ).v86.cpu.devices.ide.primary.master;

  async function reading(): Promise<{ machine: Machine; answer: (bytes: Promise<Uint8Array>) => void }> {
    let answer: ((bytes: Promise<Uint8Array>) => void) | undefined;
    const read = (offset: number, size: number) =>
      offset === 0
        ? Promise.resolve(new Uint8Array(size))
        : new Promise<Uint8Array>((resolve) => {
            answer = resolve;
          });
    const machine = await make([readSector], { disks: { harddisk: { size: 1 << 20, read } } });
    expect(machine.bootsFrom).toBe("harddisk");
    expect(machine.notes).toHaveLength(1);
    await machine.powerOn();
    await until(() => answer !== undefined);
    expect(driveOf(machine).status_reg & BUSY).toBe(BUSY);
    return { machine, answer: answer! };
  }

  it("waits for a piece of it", async () => {
    const { machine, answer } = await reading();
    answer(Promise.resolve(new Uint8Array(64 << 10)));
    await until(() => (driveOf(machine).status_reg & DATA) !== 0);
    expect(driveOf(machine).status_reg & BUSY).toBe(0);
  });

  it("gives up what is being read when it is reset", async () => {
    const { machine, answer } = await reading();
    machine.reset();
    expect(driveOf(machine).status_reg & BUSY).toBe(0);
    await machine.pullPlug();
    answer(Promise.resolve(new Uint8Array(64 << 10)));
    await pause();
    expect(driveOf(machine).status_reg & DATA).toBe(0);
  });

  it("says when a piece can't be read", async () => {
    const { machine, answer } = await reading();
    const failed = new Promise<Error>((resolve) => machine.on("disk-failed", resolve));
    answer(Promise.reject(new Error("unplugged")));
    expect((await failed).message).toBe(`The hard disk can't be read at byte ${512 << 10}: unplugged`);
  });

  it("has more memory with a CD, unless it is told", async () => {
    const cdrom = new Uint8Array(0x9000);
    cdrom.set(new TextEncoder().encode("\x01CD001"), 0x8000);
    const bytesOf = (machine: Machine) => requireInternals(machine.emulator).memory_size[0];
    expect(bytesOf(await make([], { memoryMiB: undefined as never, disks: { cdrom } }))).toBe(192 << 20);
    expect(bytesOf(await make([], { disks: { cdrom } }))).toBe(96 << 20);
  });
});

describe("a machine", () => {
  it.each([
    [undefined, 0, []],
    [true, 1, []],
    [{ timeoutSeconds: 60 }, 1, [0x60, 0xea, 0, 0]],
  ])("tells the firmware of a boot menu: %j", async (bootMenu, shown, wait) => {
    const showBootMenu = [x86.out16(0x510, 0x0e), x86.in8(0x511), x86.store8(COUNTER + 1), x86.increment(COUNTER)];
    const machine = await make(showBootMenu, bootMenu === undefined ? {} : { bootMenu });
    await machine.powerOn();
    await until(() => count(machine) === 1);
    expect(machine.readPhysical(COUNTER + 1, 1)[0]).toBe(shown);
    const file = requireInternals(machine.emulator).option_roms.find(({ name }) => name === "etc/boot-menu-wait");
    expect([...(file?.data ?? [])]).toEqual(wait);
  });

  it.each(["", "x".repeat(2047), "name=\u00e9\u20ac"])("gives Linux the command line %j, in UTF-8", async (cmdline) => {
    const machine = await make(spinning, { cmdline, tpm: new FakeBackend() });
    const given = machine.readPhysical(COMMAND_LINE, 2048);
    expect(Buffer.from(given.subarray(0, given.indexOf(0))).toString()).toBe(cmdline);
  });

  it("is made without power and runs when it gets it", async () => {
    const machine = await make(spinning);
    await pause();
    expect(machine.stage).toBe("off");
    expect(machine.emulator.get_instruction_counter()).toBe(0);
    machine.reset();
    expect(machine.stage).toBe("off");
    await machine.powerOn();
    expect(machine.stage).toBe("bios");
    await until(() => count(machine) === 1);
    await machine.powerOn();
    await pause();
    expect(count(machine)).toBe(1);
  });

  it("tells at its first boot and at each reset that the firmware's variables could not be read", async () => {
    const tpm = Object.assign(new FakeBackend(), { readVariables: async () => Uint8Array.of(1, 2, 3) });
    const machine = await make(spinning, { tpm });
    const told: string[] = [];
    machine.on("variables-failed", (error) => told.push(String(error)));
    await machine.powerOn();
    expect(told).toEqual([expect.stringMatching(/FirmwareVariablesError: .*3 bytes.*the defaults hold/)]);
    await until(() => count(machine) === 1);
    machine.reset();
    await until(() => count(machine) === 2);
    expect(told).toHaveLength(2);
    tpm.readVariables = async () => null as unknown as Uint8Array<ArrayBuffer>;
    machine.reset();
    await until(() => count(machine) === 3);
    expect(told).toHaveLength(2);
  });

  it("tells its stages: firmware, kernel with paging, shell with the prompt", async () => {
    const machine = await make([[...print("not yet# "), ...becomeKernel, ...print("Linux\r\nguest# "), ...x86.spin()]]);
    const stages: Stage[] = [];
    machine.on("stage", (stage) => stages.push(stage));
    await machine.powerOn();
    await until(() => machine.stage === "shell");
    machine.reset();
    await until(() => stages.length === 6);
    expect(stages).toEqual(["bios", "kernel", "shell", "bios", "kernel", "shell"]);
    await machine.powerOff();
    expect(stages.at(-1)).toBe("off");
  });

  it("knows a prompt that is drawn anew for another size of the window", async () => {
    const machine = await make([[...becomeKernel, ...print("\r\nguest# \x1b[J"), ...x86.spin()]]);
    await machine.powerOn();
    await until(() => machine.serial.text().endsWith("[J"));
    expect(machine.stage).toBe("shell");
  });

  it("takes another prompt", async () => {
    const machine = await make([[...becomeKernel, ...print("a# "), ...print("b> "), ...x86.spin()]], { prompt: /> $/ });
    await machine.powerOn();
    await until(() => machine.stage === "shell");
    expect(machine.serial.text()).toBe("a# b> ");
  });

  it("keeps RAM over a reset but for the boot images, and loses it without power", async () => {
    const machine = await make([x86.increment(COUNTER), x86.setEax(0x1234_5678), x86.store32(0x10_0000), x86.spin()]);
    const kernel = machine.readPhysical(0x10_0000, 64);
    await machine.powerOn();
    await until(() => count(machine) === 1 && machine.readPhysical(0x10_0000, 1)[0] === 0x78);
    machine.reset();
    expect(machine.readPhysical(0x10_0000, 64)).toEqual(kernel);
    await until(() => count(machine) === 2);
    await machine.powerOff();
    expect(machine.stage).toBe("off");
    await machine.powerOn();
    await until(() => count(machine) === 1);
    expect(machine.readPhysical(0x10_0000 + 4, 60)).toEqual(kernel.subarray(4));
  });

  it("boots again after the guest's own power-off, without a TPM, too", async () => {
    const machine = await make([x86.increment(COUNTER), x86.out16(0xb004, 0x2000), x86.spin()]);
    for (let boot = 0; boot < 2; boot++) {
      const off = new Promise((resolve) => machine.on("powered-off", resolve));
      await machine.powerOn();
      await off;
      expect(machine.stage).toBe("off");
      expect(count(machine)).toBe(1);
    }
  });

  it("with a TPM offers tables and log, and cuts its power with its own", async () => {
    const tpm = new FakeBackend();
    const machine = await make(spinning, { tpm });
    expect(machine.log).toEqual({ address: (96 << 20) - 0x1_0000, size: 0x1_0000 });
    await machine.powerOn();
    await machine.powerOff();
    expect(tpm.power).toBe("off");
    await machine.powerOn();
    await until(() => count(machine) === 1);
    expect(tpm.power).toBe("on");
  });

  it("reads guest RAM and nothing else", async () => {
    const machine = await make([]);
    const size = 96 << 20;
    expect(machine.readPhysical(size - 4, 4)).toHaveLength(4);
    for (const [address, length] of [
      [size - 4, 5],
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const) {
      expect(() => machine.readPhysical(address, length)).toThrow(RangeError);
    }
  });

  it("leaves the images as they were: v86 patches only its own copy of the kernel", async () => {
    const kernel = new Uint8Array(KERNEL).buffer;
    const images = {
      bios: x86.biosOf(),
      vgaBios: new ArrayBuffer(512),
      rom: new ArrayBuffer(512),
      kernel,
      initrd: new ArrayBuffer(16),
      cmdline: "",
    };
    await make([], { images });
    expect(Buffer.compare(new Uint8Array(kernel), KERNEL)).toBe(0);
  });
});

describe("a machine's state", () => {
  const program = [
    [...x86.increment(COUNTER), ...becomeKernel, ...print("# "), ...x86.loop(x86.increment(COUNTER + 4))],
  ];
  const makeIt = () => make(program, { tpm: new SavedBackend() });
  const turns = (machine: Machine) => machine.readPhysical(COUNTER + 4, 1)[0]!;

  async function atPrompt() {
    const machine = await makeIt();
    await machine.powerOn();
    await until(() => machine.stage === "shell");
    return machine;
  }

  it("is the guest's and its own: another machine goes on with both, and says so instead of booting", async () => {
    const state = await (await atPrompt()).saveState();
    const other = await makeIt();
    const events: string[] = [];
    other.on("stage", (stage) => events.push(stage));
    other.on("restored", () => events.push(`restored ${other.stage}`));
    await other.restoreState(state);
    const before = turns(other);
    await until(() => turns(other) !== before);
    expect(events).toEqual(["restored shell"]);
    expect(count(other), "the program was not run again").toBe(1);
  });

  it("goes back to what it was in the machine that runs on, whose pause is over", async () => {
    const machine = await atPrompt();
    const state = await machine.saveState();
    machine.pause();
    await machine.restoreState(state);
    expect(machine.paused).toBe(false);
    const at = turns(machine);
    await until(() => turns(machine) !== at);
  });
});
