/** Where compiled code is kept: whoever could write there would decide what the next command runs. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder, isOwn } from "./bin/compileCache.mjs";

const uid = process.getuid?.() ?? 0;

describe("the folder of compiled code", () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tabtpm-home-"));
    folder = join(home, ".cache", "tabtpm");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it("lies in the user's cache, and nowhere for one who has none", () => {
    expect(cacheFolder({ HOME: home })).toBe(folder);
    expect(cacheFolder({ HOME: home, XDG_CACHE_HOME: "/other" })).toBe("/other/tabtpm");
    expect(cacheFolder({ HOME: home, XDG_CACHE_HOME: "relative" })).toBe(folder);
    expect([cacheFolder({}), cacheFolder({ HOME: "" }), cacheFolder({ HOME: "here" })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("is taken when it is the user's own, below folders that are his or root's", () => {
    expect(isOwn(folder, uid)).toBe(true);
  });

  it.each([0o770, 0o707, 0o777])("is not when others can write into it, %o", (mode) => {
    chmodSync(folder, mode);
    expect(isOwn(folder, uid)).toBe(false);
  });

  it("is not when others can put another in its place, unless only owners may", () => {
    chmodSync(home, 0o777);
    expect(isOwn(folder, uid)).toBe(false);
    chmodSync(home, 0o1777);
    expect(isOwn(folder, uid)).toBe(true);
  });

  it("is not another user's, and no link", () => {
    expect(isOwn(folder, uid + 1)).toBe(false);
    expect(isOwn(folder, undefined)).toBe(false);
    const link = join(home, "link");
    symlinkSync(folder, link);
    expect(isOwn(link, uid)).toBe(false);
  });
});
