import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesOf, Inputs, isSource } from "./inputs.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tabtpm-inputs-"));
  mkdirSync(join(root, "dist"));
  write("src/a.ts", "a");
  write("src/deep/b.ts", "b");
  write("config.json", "{}");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** As a start later on would see it: what was written just now is settled then. */
const later = () => new Inputs(root, () => Date.now() + 10_000);
const hashOf = (inputs: Inputs) => inputs.hashOf("step", ["src", "config.json"]);

/** The hash that a start finds when it remembers nothing. */
function hashAnew(): string {
  rmSync(join(root, "dist", ".inputs.json"), { force: true });
  return hashOf(later());
}

describe("sources", () => {
  it.each([
    ["src/store/file.ts", true],
    ["src/store/file.test.ts", false],
    ["web/panels/clock.test.tsx", false],
    ["src/node/testkit/client.ts", false],
    ["src/tis/testdata/qemu-tis.trace", false],
    ["asm/testkit/harness.ts", false],
    ["asm/testkit", false],
    ["asm/generated/commands.ts", false],
    ["src/engine/tabtpm.wasm", false],
    ["asm/commands/testing/SelfTest.ts", true],
    ["asm/commands/testing", true],
    ["asm/commands/testing/SelfTest.test.ts", false],
    ["src/spec/commands/testing.ts", true],
    ["src/spec/generate/main.ts", true],
  ])("%s: %s", (path, expected) => {
    expect(isSource(path)).toBe(expected);
  });

  it("come in an order of their own; a file that is named is taken whatever it is", () => {
    write("src/a.test.ts", "test");
    write("src/testkit/helper.ts", "helper");
    write("src/core.wasm", "wasm");
    const paths = (input: string) => filesOf(root, input).map(({ path }) => path);
    expect(paths("src")).toEqual(["src/a.ts", "src/deep/b.ts"]);
    expect(paths("src/core.wasm")).toEqual(["src/core.wasm"]);
    expect(paths("missing")).toEqual([]);
  });
});

describe("the hash of inputs", () => {
  it("is of names and contents", () => {
    const hash = hashAnew();
    const changes: [string, () => void][] = [
      ["content", () => write("src/a.ts", "A")],
      ["new file", () => write("src/c.ts", "c")],
      ["other name", () => rmSync(join(root, "src/c.ts"))],
      ["moved", () => write("src/deeper/b.ts", "b")],
      ["named file", () => write("config.json", "[]")],
    ];
    const seen = new Set([hash]);
    for (const [what, change] of changes) {
      change();
      if (what === "other name") write("src/d.ts", "c");
      const next = hashAnew();
      expect(seen.has(next), what).toBe(false);
      seen.add(next);
    }
    write("src/testkit/helper.ts", "a helper of tests");
    expect(seen.has(hashAnew())).toBe(true);
  });

  it("is remembered, and found out anew where sizes or times differ", () => {
    const first = later();
    const hash = hashOf(first);
    first.save();
    const file = join(root, "dist", ".inputs.json");
    // A hash that can't be: whoever returns it has not read the files.
    writeFileSync(file, readFileSync(file, "utf8").replace(hash, "remembered"));
    expect(hashOf(later())).toBe("remembered");

    utimesSync(join(root, "src/a.ts"), new Date(2020, 1), new Date(2020, 1));
    const touched = later();
    expect(hashOf(touched)).toBe(hash);
    touched.save();
    writeFileSync(file, readFileSync(file, "utf8").replace(hash, "remembered"));
    expect(hashOf(later())).toBe("remembered");

    write("src/a.ts", "other");
    const other = hashOf(later());
    expect(other).not.toBe(hash);
    // As after `git checkout` there and back: same bytes, other times.
    write("src/a.ts", "a");
    expect(hashOf(later())).toBe(hash);
  });

  it("is not remembered of files so new that a further change may leave size and times as they are", () => {
    const atOnce = new Inputs(root, () => 0);
    hashOf(atOnce);
    atOnce.save();
    expect(readdirSync(join(root, "dist"))).toEqual([]);
    const afterwards = later();
    hashOf(afterwards);
    afterwards.save();
    expect(readdirSync(join(root, "dist"))).toEqual([".inputs.json"]);
  });

  it("survives a memory that is damaged, or can't be written", () => {
    const hash = hashAnew();
    for (const content of ["{ damaged", "null", "5", ""]) {
      writeFileSync(join(root, "dist", ".inputs.json"), content);
      expect(hashOf(later())).toBe(hash);
    }
    rmSync(join(root, "dist"), { recursive: true });
    const inputs = later();
    expect(hashOf(inputs)).toBe(hash);
    expect(() => inputs.save()).not.toThrow();
  });

  it("looks at a file once, until it is told to look again", () => {
    const inputs = later();
    const hash = hashOf(inputs);
    write("src/a.ts", "changed");
    expect(hashOf(inputs)).toBe(hash);
    inputs.lookAgain();
    expect(hashOf(inputs)).not.toBe(hash);
  });
});
