import { openSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePid } from "./pidFile.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-pid-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("--pid", () => {
  it("writes the process's id, for all to read, and takes it away again", async () => {
    const file = join(dir, "pid");
    await writeFile(file, "an old one that is longer than that\n");
    await writeFile(`${file}.0123456789abcdef.tmp`, "what a crash left");
    const remove = await writePid({ file });
    expect(await readFile(file, "utf8")).toBe(`${process.pid}\n`);
    expect((await stat(file)).mode & 0o044).toBe(0o044 & ~process.umask());
    expect(await readdir(dir)).toEqual(["pid"]);
    await remove();
    expect(await readdir(dir)).toEqual([]);
    await remove();
  });

  it("writes through no link and over nothing but a file, and says so", async () => {
    const victim = join(dir, "victim");
    await writeFile(victim, "untouched");
    await symlink(victim, join(dir, "pid"));
    await mkdir(join(dir, "folder"));
    await expect(writePid({ file: join(dir, "pid") })).rejects.toThrow(/^--pid: .*pid is a symbolic link/);
    await expect(writePid({ file: join(dir, "folder") })).rejects.toThrow(/^--pid: .*no regular file/);
    await expect(writePid({ file: "/dev/null" })).rejects.toThrow(/^--pid: .*no regular file/);
    await expect(writePid({ file: join(dir, "nowhere", "pid") })).rejects.toThrow(/^--pid: .*no such folder/);
    expect(await readFile(victim, "utf8")).toBe("untouched");
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
  });

  it("writes to a descriptor and closes it", async () => {
    const file = join(dir, "pid");
    const fd = openSync(file, "w");
    await (await writePid({ fd }))();
    expect(await readFile(file, "utf8")).toBe(`${process.pid}\n`);
    await expect(writePid({ fd: 0x7fffffff })).rejects.toThrow(/^--pid: EBADF/);
    await (await writePid(undefined))();
  });
});
