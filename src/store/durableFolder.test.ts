import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFolder, removeUnfinishedFolders } from "./durableFolder.ts";
import { Disk, type DiskProcess, type Fault } from "./testkit/disk.ts";
import { faultsOf } from "./testkit/faults.ts";

const text = (value: string) => new TextEncoder().encode(value);
const FILES = [
  { name: "key", content: text("a secret"), createMode: 0o600 },
  { name: "certificate", content: text("for all"), createMode: 0o644 },
];
const NAMES = FILES.map(({ name }) => name);
const make = (fs: DiskProcess) => createFolder("/home/ca", FILES, fs);
const tidy = (fs: DiskProcess) => removeUnfinishedFolders("/home/ca", NAMES, fs);
const isComplete = (disk: Disk) =>
  FILES.every(({ name, content }) => Buffer.compare(disk.read(`/home/ca/${name}`) ?? text(""), content) === 0);

/** One fault at each call of the making, in turn. */
const faultsOfMaking = (fault: Fault, setUp = () => new Disk("/home")) => faultsOf(fault, setUp, make);

describe("a folder of files that belong together", () => {
  it("is there with all of them, durable, and with their permissions", async () => {
    const disk = new Disk();
    await make(disk.process());
    disk.powerCut(() => 0);
    expect(disk.list("/home")).toEqual(["ca"]);
    expect([disk.list("/home/ca"), isComplete(disk)]).toEqual([["certificate", "key"], true]);
    expect([disk.mode("/home/ca/key"), disk.mode("/home/ca/certificate")]).toEqual([0o600, 0o644]);
  });

  it.each(["EIO", "ENOSPC", "EACCES", "EROFS"])(
    "is not there after %s at any call, nor is anything else",
    async (code) => {
      for await (const { disk, fs, call, error } of faultsOfMaking(code)) {
        expect([call, error]).toEqual([call, expect.objectContaining({ code })]);
        expect([call, fs.openHandles]).toEqual([call, 0]);
        // After the rename it is the sync that failed: the folder is whole.
        if (disk.list("/home/ca").length > 0) expect([call.path, isComplete(disk)]).toEqual(["/home", true]);
        else expect([call, disk.list("/home")]).toEqual([call, []]);
      }
    },
  );

  it("is there whole or not at all after a kill or a power cut at any call, and the next start tidies up", async () => {
    for (const choice of [undefined, 0, 1, 2]) {
      const found = new Set<boolean>();
      for await (const { disk } of faultsOfMaking("kill")) {
        if (choice !== undefined) disk.powerCut((n) => Math.min(choice, n - 1));
        await tidy(disk.process());
        const isThere = disk.list("/home").includes("ca");
        expect(disk.list("/home")).toEqual(isThere ? ["ca"] : []);
        if (isThere) expect(isComplete(disk)).toBe(true);
        found.add(isThere);
      }
      expect(found.has(false)).toBe(true);
    }
  });

  it("leaves what is in its place as it is", async () => {
    const disk = new Disk("/home", "/home/ca");
    disk.write("/home/ca/letter", text("dear"));
    await expect(make(disk.process())).rejects.toMatchObject({ code: "ENOTEMPTY" });
    expect([disk.list("/home"), disk.list("/home/ca")]).toEqual([["ca"], ["letter"]]);
  });

  it("is made anew when somebody took it for a crash's, and never gets to its place without a file", async () => {
    // The other one begins at each call of the maker in turn.
    for (let at = 0; ; at++) {
      const disk = new Disk("/home");
      const fs: DiskProcess = disk.process({
        turn: async () => {
          if (fs.calls.length === at) await tidy(disk.process());
        },
      });
      await make(fs);
      if (fs.calls.length <= at) break;
      expect([at, disk.list("/home"), isComplete(disk)]).toEqual([at, ["ca"], true]);
    }
  });

  it("is whole in any order of the system calls of makers and of those who tidy up", async () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }));
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), counts, async (scheduler, [makers, tidiers]) => {
        const disk = new Disk("/home");
        const killed = disk.process({ fault: ({ name }) => (name === "rename" ? "kill" : undefined) });
        await Promise.race([make(killed), killed.died]);
        const process = () => disk.process({ turn: () => scheduler.schedule(Promise.resolve()) });
        const works = [
          ...Array.from({ length: makers }, () => make(process())),
          ...Array.from({ length: tidiers }, () => tidy(process())),
        ];
        const results = await scheduler.waitFor(Promise.allSettled(works));
        expect(results.filter(({ status }) => status === "rejected")).toHaveLength(makers - 1);
        expect(isComplete(disk)).toBe(true);
        // Whatever was not tidied up yet, because it was not there yet, is the next one's to do.
        await tidy(disk.process());
        expect(disk.list("/home")).toEqual(["ca"]);
      }),
      { numRuns: 300 },
    );
  });

  it("is given up when its place is gone", async () => {
    const fault = ({ name }: { name: string }) => (name === "rename" ? "ENOENT" : undefined);
    const fs = new Disk("/home").process({ fault });
    await expect(make(fs)).rejects.toMatchObject({ code: "ENOENT" });
    expect(fs.calls.filter(({ name }) => name === "rename")).toHaveLength(10);
  });

  it("is all that is tidied up: no folder of another name, no link, no file that it does not know", async () => {
    const disk = new Disk(
      "/home",
      "/home/ca.backup",
      "/home/ca.0123456789abcdef.tmp",
      "/home/other.0123456789abcdef.tmp",
      "/victim",
    );
    for (const folder of [
      "/home/ca.backup",
      "/home/ca.0123456789abcdef.tmp",
      "/home/other.0123456789abcdef.tmp",
      "/victim",
    ]) {
      disk.write(`${folder}/key`, text("k"));
    }
    disk.write("/home/ca.0123456789abcdef.tmp/letter", text("dear"));
    disk.symlink("/victim", "/home/ca.00000000000000ff.tmp");
    disk.write("/home/ca.00000000000000ee.tmp", text("a file"));
    await tidy(disk.process());
    const [unknown] = disk.list("/home").filter((name) => disk.list(`/home/${name}`).includes("letter"));
    expect(disk.list(`/home/${unknown}`)).toEqual(["letter"]);
    expect(disk.list("/home").filter((name) => name !== unknown)).toEqual([
      "ca.00000000000000ee.tmp",
      "ca.00000000000000ff.tmp",
      "ca.backup",
      "other.0123456789abcdef.tmp",
    ]);
    for (const folder of ["/home/ca.backup", "/home/other.0123456789abcdef.tmp", "/victim"]) {
      expect([folder, disk.list(folder)]).toEqual([folder, ["key"]]);
    }
    // Where it may not look, there is nothing to tidy up.
    await tidy(disk.process({ fault: () => "EACCES" }));
  });
});
