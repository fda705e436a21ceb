import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { openShare } from "./share.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tabtpm-share-"));
  mkdirSync(join(dir, "files/sub"), { recursive: true });
  writeFileSync(join(dir, "file"), "");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("--share", () => {
  it.each([
    ["none", "there is no such folder. Make it first."],
    ["file", "is no folder."],
  ])("%s: says what is wrong", async (name, words) => {
    const opened = openShare(join(dir, name), undefined);
    await expect(opened).rejects.toThrow(UsageError);
    await expect(openShare(join(dir, name), undefined)).rejects.toThrow(words);
  });

  it.each(["files", "files/sub", "files/sub/not/there/yet", "link/state", "files/..state"])(
    "refuses a folder with the TPM's state at %s in it",
    async (state) => {
      symlinkSync(join(dir, "files/sub"), join(dir, "link"));
      await expect(openShare(join(dir, "files"), join(dir, state))).rejects.toThrow(/^--share .* has the TPM's state/);
    },
  );

  it.each(["files/sub/out", "files/sub/out/state"])(
    "refuses one with a link on the way to the state, at %s",
    async (state) => {
      mkdirSync(join(dir, "elsewhere"));
      symlinkSync(join(dir, "elsewhere"), join(dir, "files/sub/out"));
      await expect(openShare(join(dir, "files"), join(dir, state))).rejects.toThrow(
        /the way to it, which the guest must/,
      );
    },
  );

  it.each(["state", "file", "files2", "", undefined])("takes one with the state elsewhere: %s", async (state) => {
    const share = await openShare(join(dir, "files"), state === undefined ? undefined : join(dir, state));
    expect((await share.root.entries()).map(({ name }) => name)).toEqual(["sub"]);
    await share.close();
  });
});
