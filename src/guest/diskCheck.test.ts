import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BootFileError } from "./bootFileError.ts";
import { checkDisk, FLOPPY_SIZES } from "./diskCheck.ts";
import { type DiskImage, type DiskKind, sourceOf } from "./diskSource.ts";

const KERNEL = readFileSync(new URL("../../guest/images/bzImage", import.meta.url));

const text = (value: string) => new TextEncoder().encode(value);
function disk(size: number, ...parts: [at: number, bytes: Uint8Array | number[]][]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [at, part] of parts) bytes.set(part, at);
  return bytes;
}
const SIGNATURE: [number, number[]] = [510, [0x55, 0xaa]];
const VOLUME: [number, Uint8Array] = [0x8001, text("CD001")];
const EL_TORITO: [number, Uint8Array] = [0x8800, text("\0CD001\x01EL TORITO SPECIFICATION")];
const named = (bytes: Uint8Array, name: string) => new File([bytes as Uint8Array<ArrayBuffer>], name);

describe("checkDisk", () => {
  it("takes disks that boot, and has nothing to say of them", async () => {
    expect(await checkDisk("floppy", disk(1_474_560, SIGNATURE))).toEqual([]);
    // Firmware does not look at a floppy's signature.
    expect(await checkDisk("floppy", disk(1_474_560))).toEqual([]);
    expect(await checkDisk("cdrom", disk(0x9000, VOLUME, EL_TORITO))).toEqual([]);
    expect(await checkDisk("harddisk", disk(512, SIGNATURE).buffer as ArrayBuffer)).toEqual([]);
  });

  it("says of one that does not boot why, and takes it", async () => {
    expect(await checkDisk("harddisk", named(disk(1024), "data.img"))).toEqual([
      "The hard disk (data.img) does not boot: its first sector does not end in the boot signature 55 AA.",
    ]);
    const noBootRecord = "does not boot: it has no El Torito boot record in sector 17.";
    expect(await checkDisk("cdrom", disk(0x9000, VOLUME))).toEqual([`The CD ${noBootRecord}`]);
    expect(await checkDisk("cdrom", disk(0x8800, VOLUME))).toEqual([`The CD ${noBootRecord}`]);
  });

  it.each<[string, DiskKind, Uint8Array, string]>([
    ["an empty floppy", "floppy", disk(0), "The floppy disk is empty: its image has 0 bytes."],
    ["an empty CD", "cdrom", disk(0), "The CD is empty: its image has 0 bytes."],
    ["an empty hard disk", "harddisk", disk(0), "The hard disk is empty: its image has 0 bytes."],
    [
      "a floppy of no format",
      "floppy",
      disk(1_474_559),
      "has 1474559 bytes, which is the size of no floppy disk. Fill it up",
    ],
    ["a boot sector alone", "floppy", disk(512, SIGNATURE), "`truncate -s 163840`"],
    [
      "a disk as floppy",
      "floppy",
      disk(4 << 20, SIGNATURE),
      "The largest has 3932160 bytes; a larger image may be a hard disk's.",
    ],
    ["a CD that is none", "cdrom", disk(0x9000, SIGNATURE), 'is no ISO 9660 image: sector 16 has no "CD001".'],
    ["a CD that ends early", "cdrom", disk(0x8000), "is no ISO 9660 image: it ends before sector 16."],
    [
      "a CD cut short",
      "cdrom",
      disk(0x9001, VOLUME, EL_TORITO),
      "has 36865 bytes, which is no whole number of 2048-byte sectors.",
    ],
    ["a hard disk cut short", "harddisk", disk(1000, SIGNATURE), "is no whole number of 512-byte sectors"],
    ["a raw CD", "cdrom", disk(2352 * 20, [1, Array(10).fill(0xff)]), "is copied with 2352 bytes a sector. Convert it"],
    ["a gzip file", "cdrom", disk(0x9000, [0, [0x1f, 0x8b, 8]], VOLUME), "is packed (gzip). Unpack it first"],
    [
      "a qcow2 image",
      "harddisk",
      disk(0x10000, [0, text("QFI\xfb".slice(0, 3))], [3, [0xfb]]),
      "(qcow2). Convert it with `qemu-img convert -O raw`.",
    ],
    ["a VDI image", "harddisk", disk(0x10000, [0, text("<<< Oracle VM VirtualBox")]), "(VDI)"],
  ])("refuses %s in words", async (_, kind, image, message) => {
    const error = await checkDisk(kind, image).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BootFileError);
    expect((error as BootFileError).file).toBe(kind);
    expect((error as Error).message).toContain(message);
  });

  it("refuses a kernel as any of them, and what is no image at all", async () => {
    const kernel = named(KERNEL, "bzImage");
    await expect(checkDisk("floppy", kernel)).rejects.toThrow("The floppy disk (bzImage) has");
    await expect(checkDisk("cdrom", kernel)).rejects.toThrow("The CD (bzImage)");
    for (const image of [null, "disk.img", { size: 512 }, { size: -1, read: () => undefined }, 5]) {
      await expect(checkDisk("harddisk", image as unknown as DiskImage)).rejects.toThrow(TypeError);
    }
  });

  it("says when an image can't be read, or gives other bytes than it said", async () => {
    const broken = { size: 1024, name: "old.img", read: () => Promise.reject(new Error("the file is gone")) };
    await expect(checkDisk("harddisk", broken)).rejects.toThrow(
      "The hard disk (old.img) can't be read at byte 0: the file is gone",
    );
    const short = { size: 1024, read: async () => new Uint8Array(100) };
    await expect(checkDisk("harddisk", short)).rejects.toThrow("100 bytes came instead of 512");
  });

  it("never says anything but a refusal or notes, whatever the bytes", async () => {
    const kinds = fc.constantFrom<DiskKind>("floppy", "cdrom", "harddisk");
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.constantFrom(163_840, 0x9000, 0x9800)).map(([start, size]) => {
        const image = new Uint8Array(size);
        image.set(start);
        image.set(start.subarray(0, 2000), 0x8000);
        return image;
      }),
    );
    await fc.assert(
      fc.asyncProperty(kinds, bytes, async (kind, image) => {
        const before = image.slice();
        const result = await checkDisk(kind, image).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(BootFileError);
        else expect((result as string[]).every((note) => /^The .+\.$/.test(note))).toBe(true);
        expect(Buffer.compare(image, before)).toBe(0);
      }),
    );
  });
});

describe("an image", () => {
  it("is read in pieces, whatever holds it", async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
    const images: DiskImage[] = [bytes, bytes.buffer, new Blob([bytes]), named(bytes, "x"), sourceOf(bytes)];
    for (const image of images) {
      const source = sourceOf(image);
      expect(source.size).toBe(5000);
      expect(await source.read(1000, 512)).toEqual(bytes.slice(1000, 1512));
    }
    expect(sourceOf(named(bytes, "x.iso")).name).toBe("x.iso");
  });
});

it("FLOPPY_SIZES are ascending and have the usual ones", () => {
  expect(FLOPPY_SIZES).toEqual([...new Set(FLOPPY_SIZES)].sort((a, b) => a - b));
  for (const size of [163_840, 184_320, 327_680, 368_640, 737_280, 1_228_800, 1_474_560, 2_949_120]) {
    expect(FLOPPY_SIZES).toContain(size);
  }
});
