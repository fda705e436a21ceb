import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiskSource } from "../guest/diskSource.ts";
import { DiskBuffer } from "./diskBuffer.ts";

const never = (error: Error) => {
  throw error;
};

/** A source that counts the bytes it was asked for, and can break. */
class Source implements DiskSource {
  readonly size: number;
  read_ = 0;
  error: Error | undefined;
  constructor(size: number) {
    this.size = size;
  }
  async read(offset: number, size: number) {
    this.read_ += size;
    if (this.error) throw this.error;
    return Uint8Array.from({ length: size }, (_, index) => byteAt(offset + index));
  }
}
const byteAt = (at: number) => (at * 7 + (at >> 9)) & 0xff;
const read = (disk: DiskBuffer, start: number, size: number) =>
  new Promise<Uint8Array>((resolve) => disk.get(start, size, resolve));

/** `toEqual` takes its time over large arrays. */
const expectSame = (bytes: Uint8Array, expected: Uint8Array) => expect(Buffer.compare(bytes, expected)).toBe(0);

describe("a disk's buffer", () => {
  it("reads what the image has, with what was written in its place; the image is not written", async () => {
    const SECTORS = 700;
    const operation = fc.record({
      sector: fc.nat(SECTORS - 1),
      count: fc.integer({ min: 1, max: 150 }),
      value: fc.option(fc.nat(255)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 20 }), async (operations) => {
        const image = Uint8Array.from({ length: SECTORS * 512 }, (_, index) => byteAt(index));
        const model = image.slice();
        const source = { size: image.length, read: async (at: number, size: number) => image.slice(at, at + size) };
        const disk = await new DiskBuffer("harddisk", source, never).open();
        for (const { sector, count: wanted, value } of operations) {
          const count = Math.min(wanted, SECTORS - sector);
          if (value === null) {
            expectSame(
              await read(disk, sector * 512, count * 512),
              model.subarray(sector * 512, (sector + count) * 512),
            );
          } else {
            const bytes = new Uint8Array(count * 512).fill(value);
            disk.set(sector * 512, bytes, () => {});
            // v86 uses its buffer again.
            bytes.fill(0xee);
            model.fill(value, sector * 512, (sector + count) * 512);
          }
        }
        expectSame(await read(disk, 0, model.length), model);
        expect(image.every((byte, index) => byte === byteAt(index))).toBe(true);
        const other = await new DiskBuffer("harddisk", source, never).open();
        other.set_state(disk.get_state() as Parameters<DiskBuffer["set_state"]>[0]);
        expectSame(await read(other, 0, model.length), model);
      }),
      { numRuns: 30 },
    );
  });

  it("of 3 GB takes no memory of its size: it keeps at most 16 MiB of what was read", async () => {
    const source = new Source(3 * 1000 ** 3);
    const disk = await new DiskBuffer("harddisk", source, never).open();
    const last = source.size - 512;
    expect((await read(disk, last, 512))[0]).toBe(byteAt(last));
    // Kept: it comes at once.
    expect(disk.get_from_cache(last, 512)?.[511]).toBe(byteAt(last + 511));
    for (let block = 1; block <= 256; block++) await read(disk, block << 16, 512);
    expect(disk.get_from_cache(last, 512)).toBeUndefined();
    expect(disk.get_from_cache(256 << 16, 512)).toBeDefined();
    expect(source.read_).toBeLessThan(18 << 20);
  });

  it("gives no more than the disk has, whatever a guest asks for", async () => {
    const disk = await new DiskBuffer("cdrom", new Source(4096), never).open();
    expect(await read(disk, 2048, 2048 * 2 ** 31)).toHaveLength(2048);
    expect(await read(disk, -2048, 4096)).toHaveLength(0);
    expect(await read(disk, 8192, 2048)).toHaveLength(0);
    expect(await read(disk, Number.NaN, 2048)).toHaveLength(0);
  });

  it("does not write a CD", async () => {
    const disk = await new DiskBuffer("cdrom", new Source(4096), never).open();
    disk.set(0, new Uint8Array(2048).fill(1), () => {});
    expect((await read(disk, 0, 2048))[3]).toBe(byteAt(3));
  });

  it("tells once of what can't be read, and nobody when the drive was reset meanwhile", async () => {
    const source = new Source(1 << 20);
    const errors: string[] = [];
    const disk = await new DiskBuffer("harddisk", source, ({ message }) => errors.push(message)).open();
    source.error = new Error("unplugged");
    disk.get(1 << 19, 512, () => errors.push("an answer"));
    disk.get(1 << 19, 512, () => errors.push("an answer"), { signal: AbortSignal.abort() });
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual([`The hard disk can't be read at byte ${1 << 19}: unplugged`]);
    await expect(new DiskBuffer("harddisk", source, never).open()).rejects.toThrow("unplugged");
  });
});
