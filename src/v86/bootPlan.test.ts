import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BootFileError } from "../guest/bootFileError.ts";
import { FLOPPY_SIZES } from "../guest/diskCheck.ts";
import type { GuestImages } from "../guest/images.ts";
import { copyBootImages } from "./bootImages.ts";
import { bootOptionsOf } from "./bootOptions.ts";
import { type BootOptions, checkRoom, planBoot } from "./bootPlan.ts";
import { loaded, makeEmulator } from "./testkit/emulator.ts";

const MIB = 1 << 20;
const KERNEL = new Uint8Array(readFileSync(new URL("../../guest/images/bzImage", import.meta.url)));
const images: GuestImages = {
  bios: new ArrayBuffer(16),
  vgaBios: new ArrayBuffer(16),
  rom: new ArrayBuffer(16),
  kernel: KERNEL.slice().buffer,
  initrd: new ArrayBuffer(4096),
  initrdFile: new ArrayBuffer(1024),
  cmdline: "console=ttyS0",
};
const plan = (options: Partial<BootOptions>) => planBoot({ images, ...options });
const none = { cdrom: undefined, hda: undefined };

const floppy = new Uint8Array(1_474_560).fill(1);
const harddisk = new Uint8Array(1024);
harddisk.set([0x55, 0xaa], 510);
const cdrom = new Uint8Array(0x9000);
cdrom.set(new TextEncoder().encode("\x01CD001"), 0x8000);
const disks = { floppy, cdrom, harddisk };

describe("what boots", () => {
  it("is the guest's kernel with its initrd and command line, when nothing is said", async () => {
    const { device, kernel, notes } = await plan({});
    expect({ device, notes }).toEqual({ device: "kernel", notes: [] });
    expect(kernel?.images).toMatchObject({
      kernel: images.kernel,
      initrd: images.initrd,
      initrdFile: images.initrdFile,
    });
    expect(kernel?.cmdline).toBe("console=ttyS0");
    expect(kernel?.images.kernelName).toBeUndefined();
  });

  it("is an own kernel, which has an own initrd, the guest's, or none", async () => {
    const kernel = new File([KERNEL], "vmlinuz-6");
    const alone = (await plan({ kernel })).kernel!;
    expect(Buffer.compare(new Uint8Array(alone.images.kernel), KERNEL)).toBe(0);
    expect(alone.images).toMatchObject({ kernelName: "vmlinuz-6" });
    expect(alone.images.initrd).toBeUndefined();
    expect(alone.images.initrdFile).toBeUndefined();
    expect(alone.cmdline).toBe("console=ttyS0");
    const guests = (await plan({ kernel, initrd: "guest", cmdline: "quiet" })).kernel!;
    expect(guests.images).toMatchObject({ initrd: images.initrd, initrdFile: images.initrdFile });
    expect(guests.cmdline).toBe("quiet");
    const own = (await plan({ kernel: KERNEL, kernelName: "k", initrd: new Blob(["cpio"]), initrdName: "i" })).kernel!;
    expect(own.images).toMatchObject({ kernelName: "k", initrdName: "i" });
    expect(new TextDecoder().decode(own.images.initrd)).toBe("cpio");
    expect(own.images.initrdFile).toBeUndefined();
  });

  it("is the guest's kernel with an own initrd, when only that is given", async () => {
    const { images: both } = (await plan({ initrd: new File(["cpio"], "mine.img") })).kernel!;
    expect(both).toMatchObject({ kernel: images.kernel, initrdName: "mine.img" });
    expect(both.kernelName).toBeUndefined();
    expect(both.initrd?.byteLength).toBe(4);
  });

  it.each([
    ["floppy", 0x321],
    ["cdrom", 0x213],
    ["harddisk", 0x312],
  ] as const)("is the %s when that is the only disk, and v86 looks there first", async (kind, order) => {
    const only = await plan({ disks: { [kind]: disks[kind] } });
    expect(only.device).toBe(kind);
    expect(only.kernel).toBeUndefined();
    const given = bootOptionsOf(only, none);
    expect(given.boot_order! & 0xf).toBe(order & 0xf);
    expect(new Set([0, 4, 8].map((shift) => (given.boot_order! >> shift) & 0xf))).toEqual(new Set([1, 2, 3]));
    expect(given).not.toHaveProperty("bzimage");
    expect(given).not.toHaveProperty("cmdline");
    expect((await plan({ disks, bootFrom: kind })).device).toBe(kind);
  });

  it("is a kernel when one is asked for; the disks are in their drives then", async () => {
    for (const options of [{ bootFrom: "kernel" as const }, { kernel: KERNEL }, { initrd: new Uint8Array(4) }]) {
      const both = await plan({ disks, ...options });
      expect(both.device).toBe("kernel");
      expect(both.notes).toEqual([]);
      expect(both.cdrom?.size).toBe(cdrom.length);
      expect(bootOptionsOf(both, none)).not.toHaveProperty("boot_order");
    }
  });

  it("must be said when there are several disks, and must not contradict itself", async () => {
    await expect(plan({ disks })).rejects.toThrow("more than one disk (floppy, cdrom, harddisk): say with bootFrom");
    await expect(plan({ disks: { floppy }, bootFrom: "cdrom" })).rejects.toThrow(
      "there is no such disk: give disks.cdrom",
    );
    await expect(plan({ disks: { floppy }, cmdline: "quiet" })).rejects.toThrow("say with bootFrom what boots");
    for (const options of [{ kernel: KERNEL }, { initrd: "guest" as const }, { cmdline: "quiet" }]) {
      const contradiction = plan({ disks: { floppy }, bootFrom: "floppy", ...options });
      await expect(contradiction).rejects.toThrow(`${Object.keys(options)[0]} would boot a kernel`);
    }
    await expect(plan({ bootFrom: "network" as "cdrom" })).rejects.toThrow('"network" is none of them');
  });

  it("is said to be no boot disk where it is none", async () => {
    expect((await plan({ disks: { cdrom } })).notes).toEqual([
      "The CD does not boot: it has no El Torito boot record in sector 17.",
    ]);
    // Nobody wants to boot from it.
    expect((await plan({ disks, bootFrom: "floppy" })).notes).toEqual([]);
  });

  it("is a copy of a floppy, whose drive writes", async () => {
    const { floppy: copy } = await plan({ disks: { floppy } });
    new Uint8Array(copy!).fill(9);
    expect(floppy[0]).toBe(1);
  });

  it.each<[string, Partial<BootOptions>, string]>([
    [
      "a bad disk, also when another boots",
      { disks: { floppy, cdrom: new Uint8Array(5000) }, bootFrom: "floppy" },
      "The CD",
    ],
    ["no kernel", { kernel: new File(["#!/bin/sh"], "run") }, "The kernel (run) is no kernel: it has 9 bytes"],
    ["an empty initrd", { initrd: new File([], "i.img") }, "The initrd (i.img) is empty."],
    ["a long command line", { cmdline: "x".repeat(2048) }, "The kernel's command line has 2048 octets"],
  ])("refuses %s", async (_, options, message) => {
    const error = await plan(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BootFileError);
    expect((error as Error).message).toContain(message);
  });
});

describe("room in memory", () => {
  const header = { setupSize: 0x4000, runAddress: 16 * MIB, runSize: 8 * MIB, initrdAddressMax: 0x7fff_ffff };
  const room = (options: { kernel?: number; initrd?: number } & Partial<typeof header>, size: number) => {
    const { kernel = 4 * MIB, initrd, ...fields } = options;
    const files = {
      ...images,
      kernel: new ArrayBuffer(kernel),
      initrd: initrd === undefined ? undefined : new ArrayBuffer(initrd),
    };
    checkRoom({ images: files, header: { ...header, ...fields } as never, cmdline: "" }, size * MIB);
  };

  it("is enough for kernel and initrd, or it is said what does not fit", () => {
    expect(room({ initrd: 32 * MIB }, 96)).toBeUndefined();
    expect(() => room({ initrd: 32 * MIB + 1 }, 96)).toThrow("does not fit into 96 MiB of memory: give the PC more");
    expect(() => room({ initrd: MIB, initrdAddressMax: 0x37f_ffff }, 96)).toThrow(
      "ends above what this kernel can reach",
    );
    expect(room({ runAddress: 88 * MIB }, 96)).toBeUndefined();
    expect(() => room({ runAddress: 89 * MIB }, 96)).toThrow("needs memory up to 97 MiB, and does not fit into 96 MiB");
    expect(() => room({ kernel: 97 * MIB }, 96)).toThrow("does not fit into 96 MiB");
    expect(() => room({ runAddress: 2 ** 40 }, 2047)).toThrow("give the PC more");
    expect(() => room({ initrd: 1024, runAddress: 57 * MIB }, 96)).toThrow("would overwrite the initrd");
  });
});

describe("v86", () => {
  it("takes a floppy of each size that is allowed as it is, and has its geometry", async () => {
    for (const size of FLOPPY_SIZES) {
      const emulator = makeEmulator({ fda: { buffer: new ArrayBuffer(size) } });
      await loaded(emulator);
      const { devices } = (emulator as unknown as { v86: { cpu: { devices: Devices } } }).v86.cpu;
      const [drive] = devices.fdc.drives;
      expect(drive!.buffer.byteLength).toBe(size);
      expect(drive!.max_track * drive!.max_head * drive!.max_sect * 512).toBe(size);
      await emulator.destroy();
    }
  });

  it("loads whatever kernel was found good, and the machine's reset finds it again", async () => {
    const change = fc.tuple(fc.integer({ min: 0x1f1, max: 0x263 }), fc.integer({ min: 0, max: 255 }));
    let booted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const kernel = KERNEL.slice();
        for (const [at, value] of changes) kernel[at] = value;
        const refused = await plan({ kernel })
          .then((made) => {
            checkRoom(made.kernel!, 96 * MIB);
            return made;
          })
          .catch((error: unknown) => error);
        if (refused instanceof Error) {
          expect(refused).toBeInstanceOf(BootFileError);
          return;
        }
        const { bzimage, cmdline } = bootOptionsOf(refused as Awaited<ReturnType<typeof plan>>, none);
        const emulator = makeEmulator({ memory_size: 96 * MIB, bzimage: bzimage!, cmdline: cmdline! });
        await loaded(emulator);
        const { cpu } = (emulator as unknown as { v86: { cpu: Cpu } }).v86;
        expect(cpu.option_roms.map(({ name }) => name)).toContain("genroms/kernel.bin");
        const loadedImages = copyBootImages(cpu.mem8, 96 * MIB).map(({ name }) => name);
        expect(loadedImages).toEqual(["setup", "command line", "kernel"]);
        await emulator.destroy();
        booted++;
      }),
      { numRuns: 25 },
    );
    expect(booted).toBeGreaterThan(0);
  });
});

interface Cpu {
  option_roms: { name: string }[];
  mem8: Uint8Array;
}
interface Devices {
  fdc: { drives: { buffer: { byteLength: number }; max_track: number; max_head: number; max_sect: number }[] };
}
