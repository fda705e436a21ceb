import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checkDisk } from "../guest/diskCheck.ts";
import { openDiskFile } from "./diskFile.ts";

function makeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-disk-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "disk.img");
}

it("a disk's file is read in pieces, whatever its size", async () => {
  const path = makeFile();
  writeFileSync(
    path,
    Uint8Array.from({ length: 512 }, (_, index) => index),
  );
  // No block of it is on the host's disk.
  truncateSync(path, 5 * 1000 ** 3);
  const file = await openDiskFile(path);
  try {
    expect(file).toMatchObject({ size: 5 * 1000 ** 3, name: "disk.img" });
    expect(await file.read(510, 4)).toEqual(Uint8Array.of(254, 255, 0, 0));
    expect(await file.read(file.size - 2, 2)).toEqual(new Uint8Array(2));
    expect(await file.read(file.size - 1, 2)).toHaveLength(1);
  } finally {
    await file.close();
  }
  await expect(file.read(0, 1)).rejects.toThrow();
});

it("a file that is cut while it is used is an error in words", async () => {
  const path = makeFile();
  writeFileSync(path, new Uint8Array(1024));
  const file = await openDiskFile(path);
  truncateSync(path, 100);
  await expect(checkDisk("harddisk", file)).rejects.toThrow(
    "The hard disk (disk.img) can't be read at byte 0: 100 bytes came instead of 512. Has its file been changed?",
  );
  await file.close();
});

it.runIf(process.platform === "linux")("what is no file is refused, and what has no end not read", async () => {
  await expect(openDiskFile("/dev/zero")).rejects.toThrow("/dev/zero is no file; a disk's image is one.");
  await expect(openDiskFile(tmpdir())).rejects.toThrow("is no file");
  await expect(openDiskFile(`${makeFile()}.not`)).rejects.toThrow("ENOENT");
});
