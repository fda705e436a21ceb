import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileStore } from "../../store/file.ts";
import { Seal } from "../../store/seal.ts";
import { Disk, type DiskProcess, type SystemCall } from "../../store/testkit/disk.ts";
import { VolatileFile } from "./volatileFile.ts";

const OLD = new Uint8Array(100).fill(0x11);
const SECRET = new Uint8Array(200).fill(0x5e);
const PATH = "/tpm/tpm2.volatile";

function newDisk(): Disk {
  const disk = new Disk("/tpm");
  disk.write(PATH, OLD);
  return disk;
}
const on = (fs: DiskProcess, seal?: Seal) => new VolatileFile({ dir: "/tpm" }, { fs, seal });
/** Files with a piece of the secret, other than the one where it belongs. */
const spilled = (disk: Disk) =>
  [...disk.files()].filter(([path, data]) => path !== PATH && data.includes(0x5e)).map(([path]) => path);

describe("the file of the volatile state", () => {
  it("is what it was after an error at any system call, and no other file has a piece of the new one", async () => {
    for (const code of ["ENOSPC", "EIO", "EDQUOT", "EACCES", "EROFS"]) {
      for (let at = 0; ; at++) {
        const disk = newDisk();
        const fs = disk.process({ fault: ({ index }) => (index === at ? code : undefined) });
        const failed = await on(fs)
          .replace(SECRET)
          .catch((error: unknown) => error as Error);
        const call = fs.calls[at];
        if (!call) break;
        expect([call, String(failed)]).toEqual([call, expect.stringContaining(`(${code})`)]);
        expect([call, disk.list("/tpm"), disk.read(PATH)]).toEqual([call, ["tpm2.volatile"], OLD]);
      }
    }
  });

  it("keeps nothing on a disk that stays full, not even where names can't be removed", async () => {
    const disk = newDisk();
    const fault = ({ name }: SystemCall) =>
      /write|sync/.test(name) ? "ENOSPC" : name === "unlink" ? "EIO" : undefined;
    await expect(on(disk.process({ fault })).replace(SECRET)).rejects.toThrow("disk is full");
    expect(spilled(disk)).toEqual([]);
  });

  it("is the old or the new one after a kill at any system call; the next start removes the rest", async () => {
    for (let at = 0; ; at++) {
      const disk = newDisk();
      const fs = disk.process({ fault: ({ index }) => (index === at ? "kill" : undefined) });
      await Promise.race([on(fs).replace(SECRET), fs.died]);
      if (!fs.calls[at]) break;
      // Whoever takes the folder's lock next, be it another server.
      await new FileStore({ dir: "/tpm", fs: disk.process() }).open();
      expect(spilled(disk)).toEqual([]);
      expect([OLD, SECRET]).toContainEqual(await on(disk.process()).read());
    }
  });

  it("is durable when it was stored, and gone for good when it was removed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(5)), fc.boolean(), async (choice, removes) => {
        const disk = newDisk();
        const file = on(disk.process());
        if (removes) await file.remove();
        else await file.replace(SECRET);
        disk.powerCut((n) => (choice.next().value as number) % n);
        expect(await on(disk.process()).read()).toEqual(removes ? null : SECRET);
      }),
      { numRuns: 100 },
    );
  });

  it("is not written through a planted link, under today's name or the temporary one of old", async () => {
    const disk = new Disk("/tpm");
    disk.write("/victim", OLD);
    disk.symlink("/victim", `${PATH}.tmp`);
    await on(disk.process()).replace(SECRET);
    expect([disk.read("/victim"), disk.read(PATH)]).toEqual([OLD, SECRET]);
    await on(disk.process()).remove();
    disk.symlink("/victim", PATH);
    for (const work of [on(disk.process()).replace(SECRET), on(disk.process()).read(), on(disk.process()).size()])
      await expect(work).rejects.toThrow(/tpm2\.volatile is a symbolic link/);
    // An earlier version's leftover goes at the next start; what the link leads to stays.
    await new FileStore({ dir: "/tpm", fs: disk.process() }).open();
    expect(disk.list("/tpm").filter((name) => name.includes("tmp"))).toEqual([]);
    expect(disk.read("/victim")).toEqual(OLD);
  });

  it("has no plain text on the disk under a seal, at no time", async () => {
    const seal = new Seal(new Uint8Array(16).fill(3), "file");
    for (let at = 0; ; at++) {
      const disk = newDisk();
      const fs = disk.process({ fault: ({ index }) => (index === at ? "kill" : undefined) });
      await Promise.race([on(fs, seal).replace(SECRET), fs.died]);
      for (const [path, data] of disk.files()) {
        expect([path, Buffer.from(data).includes(Buffer.from(SECRET.subarray(0, 16)))]).toEqual([path, false]);
      }
      if (!fs.calls[at]) break;
    }
  });
});
