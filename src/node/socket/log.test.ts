import { constants, openSync, readFileSync, readSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Log } from "./log.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-log-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const logTo = (target: { file: string; truncate: boolean } | { fd: number } | null | undefined, prefix = "") => {
  const fallback: string[] = [];
  return { fallback, log: new Log({ target, level: 1, prefix }, (line) => fallback.push(line)) };
};

describe("--log", () => {
  it("goes on at the end of a file, or empties it first", async () => {
    const file = join(dir, "log");
    await writeFile(file, "before\n");
    for (const [truncate, wanted] of [
      [false, "before\n[id=100]one\n[id=100]two\n"],
      [true, "[id=100]one\n[id=100]two\n"],
    ] as const) {
      const { log } = logTo({ file, truncate }, "[id=100]");
      log.line(1, "one\ntwo");
      log.line(2, "not at this level");
      log.close();
      expect(await readFile(file, "utf8")).toBe(wanted);
    }
  });

  it("follows no link, and says what to do", async () => {
    const victim = join(dir, "victim");
    await writeFile(victim, "untouched");
    await symlink(victim, join(dir, "log"));
    await symlink(join(dir, "nowhere"), join(dir, "dangling"));
    for (const truncate of [false, true]) {
      for (const name of ["log", "dangling"]) {
        const file = join(dir, name);
        expect(() => logTo({ file, truncate })).toThrow(`--log: ${file} is a symbolic link`);
      }
    }
    // On Linux it is a link; the descriptor is the way to standard error.
    expect(() => logTo({ file: "/dev/stderr", truncate: false })).toThrow("for standard error the descriptor 2");
    expect(readFileSync(victim, "utf8")).toBe("untouched");
    expect(() => logTo({ file: join(dir, "no", "log"), truncate: false })).toThrow(/^--log: ENOENT/);
    expect(() => logTo({ file: dir, truncate: false })).toThrow(/^--log: EISDIR/);
  });

  it("may be a device or a descriptor, none, or standard error", async () => {
    const { log } = logTo({ file: "/dev/null", truncate: true });
    log.line(0, "into the void");
    log.close();
    const file = join(dir, "open");
    const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    logTo({ fd }).log.line(0, "here");
    const read = Buffer.alloc(16);
    expect(read.subarray(0, readSync(fd, read, 0, 16, 0)).toString()).toBe("here\n");
    expect([logTo(null).log.logs(0), logTo(undefined).log.logs(1)]).toEqual([false, true]);
    const { log: standard, fallback } = logTo(undefined, "x ");
    standard.line(0, "text");
    expect(fallback).toEqual(["x text\n"]);
  });
});
