import { constants } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DurableFile, type DurableFileOptions, makeFolder, temporaryFor, temporaryName } from "./durableFile.ts";
import { Seal } from "./seal.ts";
import { StoreError } from "./store.ts";
import { Disk, type DiskProcess, type SystemCall } from "./testkit/disk.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { faultsOf } from "./testkit/faults.ts";

const text = (value: string) => new TextEncoder().encode(value);
const OLD = text("what was there before");
const SECRET = text("a secret that must not lie about");
const ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "EMFILE", "ENOTCONN", "ETIMEDOUT"];

function newDisk(content: Uint8Array | null = OLD): Disk {
  const disk = new Disk("/tpm");
  if (content) disk.write("/tpm/file", content);
  return disk;
}

const fileOn = (fs: DiskProcess, options: DurableFileOptions = {}) =>
  new DurableFile("/tpm/file", "the secret", { fs, ...options });

/** Where the secret lies, besides in the file. */
const spilled = (disk: Disk) =>
  [...disk.files()].filter(
    ([path, data]) => path !== "/tpm/file" && Buffer.from(data).includes(Buffer.from(SECRET.subarray(0, 8))),
  );

describe("a durable file", () => {
  it("is read as it was replaced, and removed", async () => {
    const disk = newDisk(null);
    const file = fileOn(disk.process());
    expect([await file.read(), await file.size()]).toEqual([null, null]);
    await file.remove();
    await file.replace(OLD);
    await file.replace(SECRET);
    expect([await file.read(), await file.size()]).toEqual([SECRET, SECRET.length]);
    expect(disk.list("/tpm")).toEqual(["file"]);
    await file.remove();
    expect(disk.list("/tpm")).toEqual([]);
  });

  it("is seen at once not to be there; a look that fails is no answer", async () => {
    const missing = newDisk(null).process();
    expect([await fileOn(missing).read(), await fileOn(missing).size()]).toEqual([null, null]);
    expect(missing.calls.map(({ name }) => name)).toEqual(["lstat", "lstat"]);
    for (const code of ERRORS) {
      const fs = newDisk().process({ fault: ({ index }) => (index === 0 ? code : undefined) });
      expect(await fileOn(fs).read()).toEqual(OLD);
      expect(fs.calls[0]?.name).toBe("lstat");
    }
  });

  it("is made where there is none, and never in the place of another", async () => {
    const disk = newDisk();
    const error = await errorOf<StoreError>(fileOn(disk.process()).create(SECRET));
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toBe("/tpm/file is there already: choose another name for the secret, or remove it.");
    expect(disk.read("/tpm/file")).toEqual(OLD);
    await fileOn(disk.process()).remove();
    await fileOn(disk.process()).create(SECRET);
    expect(disk.read("/tpm/file")).toEqual(SECRET);
  });

  it.each(ERRORS)("is not there after %s at any call of create", async (code) => {
    for await (const { disk, fs, call, error } of faultsOf(
      code,
      () => newDisk(null),
      (fs) => fileOn(fs).create(SECRET),
    )) {
      expect([call, error]).toEqual([call, expect.any(StoreError)]);
      expect([call, disk.list("/tpm"), fs.openHandles]).toEqual([call, [], 0]);
    }
  });

  it.each(ERRORS)("is what it was after %s at any call of replace; nothing else is left", async (code) => {
    for (const before of [OLD, null]) {
      for await (const { disk, fs, call, error } of faultsOf(
        code,
        () => newDisk(before),
        (fs) => fileOn(fs).replace(SECRET),
      )) {
        expect([call, error]).toEqual([call, expect.any(StoreError)]);
        expect((error as StoreError).message).toContain(code);
        expect((error as StoreError).message).toMatch(/^Storing the secret \(\/tpm\/file\): /);
        expect([call, disk.read("/tpm/file")]).toEqual([call, before]);
        expect([call, disk.list("/tpm")]).toEqual([call, before ? ["file"] : []]);
        expect([call, fs.openHandles]).toEqual([call, 0]);
        await fileOn(fs).replace(SECRET);
        expect(disk.read("/tpm/file")).toEqual(SECRET);
      }
    }
  });

  it("leaves no secret in another file when two calls fail", async () => {
    const codes = fc.constantFrom(...ERRORS);
    const calls = fc.uniqueArray(fc.nat(15), { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(codes, calls, async (code, at) => {
        const disk = newDisk();
        const fs = disk.process({ fault: ({ index }) => (at.includes(index) ? code : undefined) });
        const error = await fileOn(fs)
          .replace(SECRET)
          .catch((error: unknown) => error);
        expect(spilled(disk)).toEqual([]);
        expect(fs.openHandles).toBe(0);
        const content = disk.read("/tpm/file");
        if (error === undefined) expect(content).toEqual(SECRET);
        else expect([OLD, SECRET]).toContainEqual(content);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves an empty file where a name can't be removed, until the next start", async () => {
    const disk = newDisk();
    const fault = ({ name }: SystemCall) => (name === "rename" || name === "unlink" ? "EIO" : undefined);
    await errorOf<StoreError>(fileOn(disk.process({ fault })).replace(SECRET));
    expect([disk.list("/tpm").length, spilled(disk)]).toEqual([2, []]);
    await fileOn(disk.process()).removeTemporaries();
    expect(disk.list("/tpm")).toEqual(["file"]);
  });

  it("is the old one or the new one after a kill at any call, and the next start tidies up", async () => {
    const found = new Set<Uint8Array | null>();
    for await (const { disk } of faultsOf(
      "kill",
      () => newDisk(),
      (fs) => fileOn(fs).replace(SECRET),
    )) {
      const next = fileOn(disk.process());
      await next.removeTemporaries();
      const content = await next.read();
      expect([OLD, SECRET]).toContainEqual(content);
      found.add(content && (content[0] === OLD[0] ? OLD : SECRET));
      expect(disk.list("/tpm")).toEqual(["file"]);
    }
    expect(found).toEqual(new Set([OLD, SECRET]));
  });

  it("survives a power cut at any call, torn files and names in any mixture", async () => {
    const operation = fc.oneof(
      fc.record({ content: fc.constantFrom(OLD, SECRET, text("third")), fails: fc.option(fc.nat(12)) }),
      fc.record({ content: fc.constant(null), fails: fc.option(fc.nat(3)) }),
    );
    const choices = fc.infiniteStream(fc.nat(5));
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 4 }), operation, choices, async (before, last, choice) => {
        const disk = newDisk(null);
        /** What may be there after a power cut. */
        let possible: (Uint8Array | null)[] = [null];
        for (const { content, fails } of before) {
          const fs = disk.process({ fault: ({ index }) => (index === fails ? "EIO" : undefined) });
          const there = disk.read("/tpm/file");
          const work = content ? fileOn(fs).replace(content) : fileOn(fs).remove();
          const failed = await work.then(
            () => false,
            () => true,
          );
          possible = failed ? [...possible, content] : [content];
          if (failed && content) expect(disk.read("/tpm/file")).toEqual(there);
        }
        const dying = disk.process({ fault: ({ index }) => (index === last.fails ? "kill" : undefined) });
        const work = last.content ? fileOn(dying).replace(last.content) : fileOn(dying).remove();
        const isDone = await Promise.race([work.then(() => true), dying.died.then(() => false)]);
        possible = isDone ? [last.content] : [...possible, last.content];
        disk.powerCut((n) => (choice.next().value as number) % n);
        const next = fileOn(disk.process());
        await next.removeTemporaries();
        expect(possible).toContainEqual(await next.read());
        expect(disk.list("/tpm").filter((name) => name !== "file")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("has the permissions it is to have, whatever the umask; by default its owner's only", async () => {
    const disk = newDisk(null);
    const fs = disk.process();
    const modeOf = async (options: DurableFileOptions) => {
      await fileOn(fs, options).replace(OLD);
      return disk.mode("/tpm/file");
    };
    expect(await modeOf({})).toBe(0o600);
    expect(await modeOf({ mode: 0o666 })).toBe(0o666);
    expect(await modeOf({ createMode: 0o666 })).toBe(0o644);
    // Never more than its owner's while it is written.
    expect(fs.calls.filter(({ name }) => name === "chmod")).toHaveLength(1);
  });

  it("is encrypted by its seal; one that is not is refused; another key opens nothing and changes nothing", async () => {
    const disk = newDisk();
    const seal = new Seal(new Uint8Array(32).fill(7), "file");
    const sealed = fileOn(disk.process(), { seal });
    const refused = await errorOf<StoreError>(sealed.read());
    expect([refused.code, refused.message]).toEqual(["permission", expect.stringContaining("is not encrypted")]);
    await sealed.replace(SECRET);
    const stored = disk.read("/tpm/file") as Uint8Array;
    expect(Buffer.from(stored).includes(Buffer.from(SECRET.subarray(0, 4)))).toBe(false);
    expect(await sealed.size()).toBe(stored.length);
    expect(new Uint8Array((await sealed.read()) as Uint8Array)).toEqual(SECRET);
    for (const [options, words] of [
      [{}, "is encrypted: it needs the key"],
      [{ seal: new Seal(new Uint8Array(32), "file") }, "with another key, or damaged"],
      [{ seal: new Seal(new Uint8Array(32).fill(7), "migration") }, "with another key, or damaged"],
    ] as const) {
      const error = await errorOf<StoreError>(fileOn(disk.process(), options).read());
      expect([error.code, error.message]).toEqual(["permission", expect.stringContaining(words)]);
    }
    expect(disk.read("/tpm/file")).toEqual(stored);
  });
});

describe("a durable file and links", () => {
  it.each(["O_NOFOLLOW", "none"])("follows no link in its place (flag: %s), and says what to do", async (flag) => {
    const disk = newDisk(null);
    disk.write("/victim", OLD);
    disk.symlink("../victim", "/tpm/file");
    const fs = disk.process();
    if (flag === "none") fs.noFollow = 0;
    const file = fileOn(fs);
    for (const work of [file.read(), file.size(), file.replace(SECRET)]) {
      const error = await errorOf<StoreError>(work);
      expect(error).toBeInstanceOf(StoreError);
      expect([error.code, error.message]).toEqual([
        "unavailable",
        expect.stringContaining("/tpm/file is a symbolic link"),
      ]);
      expect(error.message).toContain("the folder may be a link");
    }
    expect([disk.read("/victim"), disk.list("/tpm"), fs.openHandles]).toEqual([OLD, ["file"], 0]);
    await file.remove();
    expect([disk.read("/victim"), disk.list("/tpm")]).toEqual([OLD, []]);
  });

  it("goes on where the folder is a link, and says so of a loop", async () => {
    const disk = newDisk(null);
    disk.symlink("/tpm", "/other");
    disk.symlink("/round", "/round");
    await new DurableFile("/other/file", "it", { fs: disk.process() }).replace(OLD);
    expect(disk.read("/tpm/file")).toEqual(OLD);
    const error = await errorOf<StoreError>(new DurableFile("/round/file", "it", { fs: disk.process() }).read());
    expect(error.message).toContain("a loop of symbolic links");
  });

  it("opens for writing only what it makes itself, under a random name; a file that it can't remove it empties", async () => {
    const disk = newDisk();
    const fs = disk.process({
      fault: ({ name, index }) => (index > 20 && /rename|unlink/.test(name) ? "EIO" : undefined),
    });
    for (let i = 0; i < 3; i++)
      await fileOn(fs)
        .replace(SECRET)
        .catch(() => {});
    const writes = fs.calls.filter(({ name, flags }) => name === "open" && (flags & constants.O_WRONLY) !== 0);
    expect(writes.length).toBeGreaterThan(3);
    for (const { path, flags } of writes) {
      expect(path).toMatch(/^\/tpm\/file\.[0-9a-f]{16}\.tmp$/);
      expect(flags & constants.O_NOFOLLOW).toBe(constants.O_NOFOLLOW);
      const makes = (flags & constants.O_EXCL) !== 0;
      expect(flags & (makes ? constants.O_CREAT : constants.O_TRUNC)).not.toBe(0);
    }
    expect(new Set(writes.map(({ path }) => path)).size).toBeGreaterThanOrEqual(3);
  });

  it("replaces no folder, and no other thing that is no file", async () => {
    const disk = newDisk(null);
    disk.makeFolder("/tpm/file");
    const error = await errorOf<StoreError>(fileOn(disk.process()).replace(SECRET));
    expect(error.message).toContain("is no regular file. It was left as it is");
    expect(disk.list("/tpm")).toEqual(["file"]);
  });
});

describe("a durable file and file systems", () => {
  const failAt = (call: string, path: string, code: string, times = 1) => {
    let left = times;
    return (made: SystemCall) => (made.name === call && made.path === path && left-- > 0 ? code : undefined);
  };

  it.each(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EBADF"])(
    "does without the sync of folders (%s)",
    async (code) => {
      const disk = newDisk();
      await fileOn(disk.process({ fault: failAt("sync", "/tpm", code) })).replace(SECRET);
      expect(disk.read("/tpm/file")).toEqual(SECRET);
    },
  );

  it("opens no folder on Windows", async () => {
    const disk = newDisk();
    const fs = disk.process();
    fs.syncsFolders = false;
    await fileOn(fs).replace(SECRET);
    await fileOn(fs).remove();
    expect(fs.calls.filter(({ path }) => path === "/tpm")).toEqual([]);
  });

  it("looks again when another client of NFS has just replaced the file, but not for ever", async () => {
    const disk = newDisk();
    for (const call of ["open", "read", "fstat"]) {
      expect(await fileOn(disk.process({ fault: failAt(call, "/tpm/file", "ESTALE", 2) })).read()).toEqual(OLD);
      const fs = disk.process({ fault: failAt(call, "/tpm/file", "ESTALE", 3) });
      const error = await errorOf<StoreError>(fileOn(fs).read());
      expect([error.code, error.message]).toEqual(["io", expect.stringContaining("mount it again (ESTALE)")]);
      expect(fs.openHandles).toBe(0);
    }
  });

  it("believes NFS, which stores when a file is closed, that the disk is full", async () => {
    const disk = newDisk();
    const fault = ({ name, path }: SystemCall) => (name === "close" && path.endsWith(".tmp") ? "EDQUOT" : undefined);
    const error = await errorOf<StoreError>(fileOn(disk.process({ fault })).replace(SECRET));
    expect([error.code, error.message]).toEqual(["full", expect.stringContaining("quota")]);
    expect([disk.read("/tpm/file"), disk.list("/tpm")]).toEqual([OLD, ["file"]]);
  });

  it.each([
    ["ENOENT", "unavailable", "there is no such folder"],
    ["EIO", "io", "look into the system's log"],
    ["EMFILE", "io", "ulimit -n"],
    ["ENOTCONN", "io", "mount it again"],
    ["EWHATEVER", "io", "EWHATEVER: injected"],
  ])("says what to do about %s", async (code, kind, words) => {
    const fault = ({ name, flags }: SystemCall) => (name === "open" && flags & constants.O_CREAT ? code : undefined);
    const error = await errorOf<StoreError>(fileOn(newDisk().process({ fault })).replace(SECRET));
    expect([error.code, error.message]).toEqual([kind, expect.stringContaining(words)]);
    expect(error.cause).toMatchObject({ code });
  });

  it("makes folders whose names survive a power cut", async () => {
    const disk = new Disk("/home");
    await makeFolder(disk.process(), "/home/a/b/c");
    disk.powerCut(() => 0);
    expect([disk.list("/home"), disk.list("/home/a/b")]).toEqual([["a"], ["c"]]);
    const again = disk.process();
    await makeFolder(again, "/home/a/b/c");
    expect(again.calls).toHaveLength(1);
  });

  it("tells its temporary files from all others", () => {
    expect(temporaryFor(temporaryName("tpm2.state"))).toBe("tpm2.state");
    for (const name of ["tpm2.state", "tpm2.state.tmp", "tpm2.state.0123.tmp", "tpm2.state.0123456789ABCDEF.tmp"])
      expect(temporaryFor(name)).toBeUndefined();
    expect(temporaryFor("tpm2.state.0123456789abcdef.tmp.old")).toBeUndefined();
  });
});

describe("a durable file on a real disk", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tabtpm-durable-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("keeps any content, for its owner's eyes only", async () => {
    const file = new DurableFile(join(dir, "file"), "it");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (content) => {
        await file.replace(content);
        expect([await file.read(), await file.size()]).toEqual([content, content.length]);
      }),
      { numRuns: 20 },
    );
    expect((await lstat(file.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(["file"]);
    await new DurableFile(file.path, "it", { mode: 0o642 }).replace(OLD);
    expect((await lstat(file.path)).mode & 0o777).toBe(0o642);
    await file.remove();
    expect([await file.read(), await readdir(dir)]).toEqual([null, []]);
  });

  it("follows no link there either, but one in the place of the folder", async () => {
    const victim = join(dir, "victim");
    await writeFile(victim, "untouched");
    await mkdir(join(dir, "tpm"));
    await symlink(victim, join(dir, "tpm", "file"));
    await symlink("tpm", join(dir, "linked"));
    const file = new DurableFile(join(dir, "tpm", "file"), "it");
    for (const work of [() => file.read(), () => file.size(), () => file.replace(SECRET)])
      expect((await errorOf<StoreError>(work())).message).toContain("is a symbolic link");
    expect(await readFile(victim, "utf8")).toBe("untouched");
    await file.remove();
    await new DurableFile(join(dir, "linked", "file"), "it").replace(OLD);
    expect(new Uint8Array(await readFile(join(dir, "tpm", "file")))).toEqual(OLD);
    expect((await lstat(join(dir, "linked"))).isSymbolicLink()).toBe(true);
  });
});
