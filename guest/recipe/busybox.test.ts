import { describe, expect, it } from "vitest";
import { applets, mergeConfig } from "./busybox.mjs";

describe("applets", () => {
  it("reads the names up to the empty one, without busybox itself", () => {
    const program = Buffer.from("text\0[\0[[\0ascii\0busybox\0mkfs.ext2\0", "latin1");
    expect(() => applets(Buffer.from("no table"))).toThrow("no table of applet names");
    expect(applets(Buffer.from("x\0[\0[[\0ascii\0busybox\0cat\0\0more\0", "latin1"))).toEqual([
      "[",
      "[[",
      "ascii",
      "cat",
    ]);
    expect(applets(program)).toEqual(["[", "[[", "ascii"]);
  });
});

describe("mergeConfig", () => {
  const base = "#\n# Settings\n#\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_AB=y\nCONFIG_N=1\n";

  it("puts the fragment's lines in the place of the base's", () => {
    const lines = mergeConfig(base, "# comment\nCONFIG_A=n\nCONFIG_B=y\nCONFIG_N=0\n").split("\n");
    expect(lines.filter((line) => line.includes("CONFIG_"))).toEqual([
      "CONFIG_AB=y",
      "# CONFIG_A is not set",
      "CONFIG_B=y",
      "CONFIG_N=0",
    ]);
  });

  it("adds what the base does not know", () => {
    expect(mergeConfig(base, "CONFIG_NEW=y\n")).toContain("\nCONFIG_NEW=y\n");
  });
});
