import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readLessons } from "../lessons/read.ts";
import { root } from "../root.mjs";
import { Progress } from "./progress.mjs";
import { type Piece, runs } from "./runs.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-soak-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The first pieces; a run by seeds has no end. */
function pieces(name: string, options: { seed: number; checkout?: string }, count = 3): Piece[] {
  const found: Piece[] = [];
  for (const piece of runs[name]!.pieces(options)) if (found.push(piece) === count) break;
  return found;
}

describe("the pieces of a run", () => {
  it.each(["fuzz", "differential"])("of %s have names and seeds of their own, the same each time", (name) => {
    const some = pieces(name, { seed: 5 }, 20);
    expect(new Set(some.map((piece) => piece.name)).size).toBe(20);
    expect(new Set(some.map(({ args, env }) => JSON.stringify([args, env]))).size).toBe(20);
    expect(pieces(name, { seed: 5 }, 20)).toEqual(some);
    expect(some[0]!.name).toMatch(/^seeds? 5\b/);
  });

  it("of the differential run follow each other without a gap", () => {
    const [first, second] = pieces("differential", { seed: 1 });
    expect(first!.env).toEqual({ DIFFERENTIAL_SEED: "1", DIFFERENTIAL_STREAMS: "14" });
    expect(second!.env).toMatchObject({ DIFFERENTIAL_SEED: "15" });
  });

  it("in a browser are the same test again, so many times", () => {
    const [first, second] = pieces("busy", { seed: 1 });
    expect(first!.args.at(-1)).toBe("busy.spec.ts");
    expect(first!.env).toEqual({ BUSY_BOOTS: "4" });
    expect(second!.name).not.toBe(first!.name);
    for (const name of ["busy", "orderly"]) {
      const [{ args, env }] = pieces(name, { seed: 1 }) as [Piece];
      const [variable] = Object.keys(env!);
      expect(readFileSync(join(root, "e2e", args.at(-1)!), "utf8")).toContain(variable);
    }
  });

  it("of the lessons are each lesson once, by the test that walks through those that are named, and the demos", () => {
    const all = pieces("lessons", { seed: 1 }, 1000);
    const demos = all.pop()!;
    const ids = readLessons().map(({ lesson }) => lesson.id);
    expect(all.map(({ name }) => name).sort()).toEqual(ids.sort());
    for (const { name, args, env } of all) {
      expect(env).toEqual({ LESSONS: name });
      expect(args.slice(-3)).toEqual(["learn.spec.ts", "--grep", "@walk"]);
    }
    const walk = readFileSync(join(root, "e2e/learn.spec.ts"), "utf8");
    for (const text of ["LESSONS = ", '"@walk"']) expect(walk).toContain(text);
    for (const file of demos.args.slice(2)) expect(existsSync(join(root, "e2e", file)), file).toBe(true);
  });

  it("of the tabs are as many kills as were asked for, each with a seed of its own", () => {
    const all = [...runs["tabs"]!.pieces({ seed: 4, rounds: 250 })];
    expect(all.map(({ args }) => args.slice(1))).toEqual([
      ["--seed", "4", "--rounds", "100"],
      ["--seed", "5", "--rounds", "100"],
      ["--seed", "6", "--rounds", "50"],
    ]);
    expect(existsSync(join(root, all[0]!.args[0]!))).toBe(true);
  });

  it("of a mutation are one, which goes on by itself", () => {
    for (const area of ["crypto", "tpm", "src", "machine"]) {
      const [piece, ...more] = pieces(`mutate-${area}`, { seed: 2 });
      expect(piece!.args).toEqual(expect.arrayContaining(["--area", area, "--seed", "2", "--resume"]));
      expect(more).toEqual([]);
    }
  });

  it("of tpm2-tools are the scripts of the checkout, which must be there", () => {
    expect(() => pieces("tpm2-tools", { seed: 1 })).toThrow("--checkout DIR");
    expect(() => pieces("tpm2-tools", { seed: 1, checkout: folder })).toThrow("--checkout DIR");
    mkdirSync(join(folder, "test/integration/tests"), { recursive: true });
    for (const file of ["b.sh", "a.sh", "notes.txt"]) writeFileSync(join(folder, "test/integration/tests", file), "");
    expect(pieces("tpm2-tools", { seed: 1, checkout: folder }).map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

describe("the progress of a run", () => {
  const done = (name: string, ok = true) => ({ name, ok, seconds: 1800, said: "nothing found" });

  it("is there the next time, and forgotten when asked", () => {
    const file = join(folder, "new", "fuzz.json");
    const first = new Progress(file, { now: () => new Date(0) });
    expect(first.has("seed 1")).toBe(false);
    first.add(done("seed 1"));
    first.add(done("seed 2", false));

    const next = new Progress(file);
    expect([next.has("seed 1"), next.has("seed 2"), next.has("seed 3")]).toEqual([true, true, false]);
    expect(next.summary()).toEqual({
      begun: "1970-01-01T00:00:00.000Z",
      pieces: 2,
      failed: ["seed 2"],
      hours: 1,
      first: "seed 1",
      last: "seed 2",
    });

    const anew = new Progress(file, { restart: true });
    expect(anew.has("seed 1")).toBe(false);
    anew.add(done("seed 9"));
    expect(new Progress(file).summary()).toMatchObject({ pieces: 1, first: "seed 9" });
  });

  it("begins anew when its file is damaged", () => {
    const file = join(folder, "fuzz.json");
    for (const content of ["{", "null", '{"pieces":1}']) {
      writeFileSync(file, content);
      expect(new Progress(file).summary()).toMatchObject({ pieces: 0, failed: [] });
    }
  });
});
