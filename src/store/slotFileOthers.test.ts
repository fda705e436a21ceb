/** A file of two slots that others write, replace, link or lock while a TPM has it. */
import { describe, expect, it } from "vitest";
import { FileStore } from "./file.ts";
import { EMPTY } from "./fileSystem.ts";
import { sha256 } from "./slotFile.ts";
import { END_AT, endRecord, isSlotFile, slotAt, slotBytes } from "./slots.ts";
import { Disk, type DiskProcess } from "./testkit/disk.ts";
import { faultsOf } from "./testkit/faults.ts";
import { blobOf, bytes, content, forgetLock, open, STATE, withCommits } from "./testkit/slotBench.ts";

describe("what others do to the file", () => {
  it("earlier versions' is read as it is, and converted by the first commit", async () => {
    const disk = new Disk("/tpm");
    disk.write(STATE, bytes(1, 2, 3));
    const first = await open(disk.process());
    expect(first.blob).toEqual(bytes(1, 2, 3));
    await first.store.close();
    expect(disk.read(STATE)).toEqual(bytes(1, 2, 3));
    const { store } = await open(disk.process());
    await store.commit(bytes(4));
    expect(isSlotFile(disk.read(STATE) as Uint8Array)).toBe(true);
    expect(await store.exportBlob()).toEqual(bytes(4));
  });

  it("a conversion that is killed or fails at any call leaves the state, or the new one", async () => {
    for (const fault of ["kill", "EIO"] as const) {
      const setUp = () => {
        const disk = new Disk("/tpm");
        disk.write(STATE, bytes(1, 2, 3));
        return disk;
      };
      const work = async (fs: DiskProcess) => (await open(fs)).store.commit(bytes(4));
      for await (const { disk } of faultsOf(fault, setUp, work)) {
        forgetLock(disk);
        const { store, blob } = await open(disk.process());
        expect([bytes(1, 2, 3), bytes(4)]).toContainEqual(blob);
        await store.close();
      }
    }
  });

  it("what is left of a new file that fails at any call stays that, whatever the power cuts", async () => {
    for (const isOld of [true, false]) {
      const setUp = () => {
        const disk = new Disk("/tpm");
        if (isOld) disk.write(STATE, bytes(1, 2, 3));
        return disk;
      };
      const work = async (fs: DiskProcess) => (await open(fs)).store.commit(bytes(4));
      for (const newest of [0, 1]) {
        for await (const { disk, call, error } of faultsOf("EIO", setUp, work)) {
          if (error === undefined) continue;
          const read = () => new FileStore({ dir: "/tpm", fs: disk.process() }).exportBlob();
          expect([call.name, await read()]).toEqual([call.name, isOld ? bytes(1, 2, 3) : null]);
          disk.powerCut((n) => newest * (n - 1));
          expect([call.name, await read()]).toEqual([call.name, isOld ? bytes(1, 2, 3) : null]);
        }
      }
    }
  });

  it("a link to it, or another file in its place: what was there is not written, and the commit is", async () => {
    const disk = await withCommits(3, true);
    const fs = disk.process();
    const { store } = await open(fs);
    await store.commit(blobOf(4, 600));
    await fs.link(STATE, "/tpm/copy");
    const copy = disk.read("/tpm/copy");
    await store.commit(blobOf(5, 600));
    expect(disk.read("/tpm/copy")).toBe(copy);
    expect((await content(disk)).newest?.content).toEqual(blobOf(5, 600));
    await store.commit(blobOf(6, 600));
    await fs.rename("/tpm/copy", STATE);
    await store.commit(blobOf(7, 600));
    expect((await content(disk)).newest?.content).toEqual(blobOf(7, 600));
    await fs.unlink(STATE);
    await store.commit(blobOf(8, 600));
    expect((await content(disk)).newest?.content).toEqual(blobOf(8, 600));
  });

  it("whose lock was taken over is another one: what the old owner still writes is in nobody's file", async () => {
    const disk = await withCommits(3, true);
    const old = disk.find(STATE);
    const { store } = await open(disk.process(), {}, true);
    await store.commit(blobOf(4, 600));
    expect(disk.find(STATE)).not.toBe(old);
  });

  it("a reader beside the one who writes finds a whole state, the last or the one before", async () => {
    const disk = await withCommits(4, true);
    const writer = await open(disk.process());
    for (let i = 5; i < 9; i++) {
      const commit = writer.store.commit(blobOf(i, 600));
      const seen = await new FileStore({ dir: "/tpm", fs: disk.process() }).exportBlob();
      expect([blobOf(i - 1, 600), blobOf(i, 600)]).toContainEqual(seen);
      await commit;
    }
  });
});

describe("what others do in the file", () => {
  it.each([
    ["truncates it", async () => new Uint8Array()],
    ["copies a file of earlier versions over it", async () => bytes(1, 2, 3)],
    [
      "copies one with larger slots over it",
      async () => {
        const disk = new Disk("/tpm");
        const { store } = await open(disk.process());
        for (let i = 0; i < 9; i++) await store.commit(blobOf(99, 60_000));
        await store.close();
        return disk.read(STATE) as Uint8Array;
      },
    ],
  ])("who %s while a process has it: the next commit is found all the same", async (_, other) => {
    for (const isFirst of [true, false]) {
      const disk = await withCommits(3, true);
      const fs = disk.process();
      const { store } = await open(fs);
      if (!isFirst) await store.commit(blobOf(4, 600));
      const file = await fs.open(STATE, EMPTY);
      await file.writeFile(await other());
      await file.close();
      await store.commit(blobOf(5, 600));
      await store.close();
      const { blob, notices } = await open(disk.process());
      expect([blob, notices]).toEqual([blobOf(5, 600), []]);
    }
  });

  it("who gives it another owner or mode: it has the mode that was asked for from the next commit on", async () => {
    const disk = await withCommits(3, true);
    expect(disk.mode(STATE)).toBe(0o600);
    const { store } = await open(disk.process(), { mode: 0o640 });
    await store.commit(blobOf(4, 600));
    expect(disk.mode(STATE)).toBe(0o640);
    await store.close();
    forgetLock(disk);
    // Somebody else's, which this process may write and no more.
    const fs = disk.process({ fault: ({ name, path }) => (name === "chmod" && path === STATE ? "EPERM" : undefined) });
    const other = await open(fs, { mode: 0o600 });
    await other.store.commit(blobOf(5, 600));
    expect([disk.mode(STATE), (await content(disk)).newest?.content]).toEqual([0o600, blobOf(5, 600)]);
    await other.store.close();
    expect(fs.openHandles).toBe(0);
  });

  it("who gives it the last number that there is: the commits after it are found, and have lower ones", async () => {
    const disk = await withCommits(2, true);
    const file = disk.read(STATE) as Uint8Array;
    const { capacity } = await content(disk);
    file.set(slotBytes(1, Number.MAX_SAFE_INTEGER, blobOf(2, 600), 0, sha256), slotAt(1, capacity));
    file.set(endRecord([1, Number.MAX_SAFE_INTEGER], sha256), END_AT);
    const { store, blob } = await open(disk.process());
    expect(blob).toEqual(blobOf(2, 600));
    for (let i = 3; i < 6; i++) {
      await store.commit(blobOf(i, 600));
      expect((await content(disk)).newest?.content).toEqual(blobOf(i, 600));
    }
    await store.close();
    expect((await open(disk.process())).blob).toEqual(blobOf(5, 600));
  });
});
