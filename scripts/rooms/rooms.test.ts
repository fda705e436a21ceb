import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkRooms, describeFindings, type House, resolveImport, roomOf, type Source } from "./rooms.ts";

const house: House = {
  floors: [["a/base/"], ["a/left/", "a/right/"], ["a/top.ts"], ["a/*"]],
  outside: ["lib/index.ts"],
  packages: { preact: ["a/left/", "a/top.ts"], "@xterm/xterm": ["a/right/"] },
};
/** One file in each room, so that none is reported as empty. */
const tenants: readonly Source[] = [
  ["a/base/bytes.ts", []],
  ["a/left/one.ts", []],
  ["a/right/two.ts", []],
  ["a/top.ts", []],
  ["a/main.ts", []],
];
const check = (...sources: Source[]) => {
  const replaced = new Set(sources.map(([file]) => file));
  return checkRooms([...tenants.filter(([file]) => !replaced.has(file)), ...sources], house);
};
const lines = (...sources: Source[]) => describeFindings(check(...sources));

describe("a file may import", () => {
  test("its own room, lower floors, what is allowed from outside, and packages", () => {
    expect(
      lines(
        ["a/base/words.ts", ["./bytes", "node:path", "fast-check"]],
        ["a/left/one.ts", ["../base/bytes.ts", "preact/hooks", "../../lib/index.ts"]],
        ["a/right/two.ts", ["../base/words.ts?raw", "@xterm/xterm/css/xterm.css"]],
        ["a/top.ts", ["./left/one.ts", "./right/two.js", "preact"]],
        ["a/main.ts", ["./top.ts", "./base/bytes"]],
      ),
    ).toEqual([]);
  });
});

describe("a file may not import", () => {
  test("a room above its own", () => {
    expect(check(["a/base/bytes.ts", ["../right/two.ts"]]).violations).toEqual([
      {
        file: "a/base/bytes.ts",
        import: "../right/two.ts",
        rule: "a/right/ lies above a/base/, and a room imports only what lies below it",
      },
    ]);
    expect(lines(["a/left/one.ts", ["../main.ts"]])).toEqual([
      'a/left/one.ts imports "../main.ts": a/* lies above a/left/, and a room imports only what lies below it',
    ]);
  });

  test("its neighbour on the same floor", () => {
    expect(lines(["a/left/one.ts", ["../right/two.ts"]])).toEqual([
      'a/left/one.ts imports "../right/two.ts": a/left/ and a/right/ are on one floor and do not import each other: move what both need below them',
    ]);
  });

  test("what lies in no room, but for what is allowed", () => {
    expect(lines(["a/left/one.ts", ["../../lib/inner.ts"]])).toEqual([
      'a/left/one.ts imports "../../lib/inner.ts": lib/inner.ts lies in no room, and of what lies in none only lib/index.ts may be imported',
    ]);
    const closed = checkRooms([["a/x.ts", ["../lib/index.ts"]]], { floors: [["a/"]] });
    expect(closed.violations.map(({ rule }) => rule)).toEqual([
      "lib/index.ts lies in no room, and of what lies in none nothing may be imported",
    ]);
  });

  test("a package that is another room's", () => {
    expect(lines(["a/right/two.ts", ["preact/hooks"]], ["a/left/one.ts", ["@xterm/xterm"]])).toEqual([
      'a/right/two.ts imports "preact/hooks": only a/left/, a/top.ts may import preact',
      'a/left/one.ts imports "@xterm/xterm": only a/right/ may import @xterm/xterm',
    ]);
  });
});

describe("the order itself", () => {
  test("has a room for every file", () => {
    expect(lines(["a/new/folder.ts", ["./anything"]])).toEqual([
      "a/new/folder.ts: the file lies in no room: give its folder a place in the order",
    ]);
  });

  test("has a file in every room, so that a folder that was renamed is noticed", () => {
    const found = checkRooms(tenants.slice(1), house);
    expect(describeFindings(found)).toEqual(["a/base/: no file lies in this room: correct its place in the order"]);
  });
});

describe("circles", () => {
  test("are found within a room, the shortest through the first file, one for each knot", () => {
    const { circles, violations } = check(
      ["a/base/bytes.ts", ["./words.ts"]],
      ["a/base/words.ts", ["./letters.ts", "./detour.ts"]],
      ["a/base/detour.ts", ["./letters.ts"]],
      ["a/base/letters.ts", ["./bytes"]],
      ["a/left/one.ts", ["./one.ts", "../base/bytes.ts"]],
    );
    expect(violations).toEqual([]);
    expect(circles).toEqual([["a/base/bytes.ts", "a/base/words.ts", "a/base/letters.ts"], ["a/left/one.ts"]]);
    expect(lines(["a/left/one.ts", ["./one.ts"]])).toEqual(["a circle of imports: a/left/one.ts -> a/left/one.ts"]);
  });

  const file = fc.nat(7).map((n) => `a/${n}.ts`);
  const graphs = fc.array(fc.tuple(file, file), { maxLength: 20 }).map((edges) =>
    Array.from({ length: 8 }, (_, n): Source => {
      const name = `a/${n}.ts`;
      return [name, edges.filter(([from]) => from === name).map(([, to]) => to.replace("a/", "./"))];
    }),
  );
  const one: House = { floors: [["a/"]] };

  test("none are found where every file imports only earlier ones", () => {
    fc.assert(
      fc.property(graphs, (sources) => {
        const earlier = sources.map(
          ([name, imports]): Source => [name, imports.filter((other) => `a${other.slice(1)}` < name)],
        );
        expect(checkRooms(earlier, one)).toEqual({ violations: [], circles: [] });
      }),
    );
  });

  test("what is reported is a ring, and without one file of each ring none is left", () => {
    fc.assert(
      fc.property(graphs, (sources) => {
        let rest = sources;
        for (let rounds = 0; ; rounds++) {
          const { circles } = checkRooms(rest, one);
          const imports = new Map(rest);
          for (const circle of circles) {
            circle.forEach((name, at) => {
              const next = circle[(at + 1) % circle.length]!;
              expect(imports.get(name)).toContain(next.replace("a/", "./"));
            });
          }
          if (circles.length === 0) break;
          expect(rounds).toBeLessThan(8);
          rest = rest.filter(([name]) => !circles.some(([first]) => first === name));
          if (rest.length === 0) break;
        }
      }),
    );
  });
});

describe("names", () => {
  const files = new Set(["a/b.ts", "a/c/index.ts", "a/d.tsx", "a/e.ts", "a/f.css", "a/g.mts"]);
  test.each([
    ["./b", "a/b.ts"],
    ["./b.ts", "a/b.ts"],
    ["./b.js", "a/b.ts"],
    ["./g.mjs", "a/g.mts"],
    ["./c", "a/c/index.ts"],
    ["./d", "a/d.tsx"],
    ["./d.jsx", "a/d.tsx"],
    ["./e.ts?worker&url", "a/e.ts"],
    ["./f.css#part", "a/f.css"],
    ["../a/b", "a/b.ts"],
    ["..", ""],
    ["./gone", "a/gone"],
    ["../../above.ts", "../above.ts"],
  ])("%s", (name, expected) => {
    expect(resolveImport("a/x.ts", name, files)).toBe(expected === "" ? "." : expected);
  });

  test("of packages are no files", () => {
    for (const name of ["preact", "node:fs", "@a/b", "...", ".hidden"]) {
      expect(resolveImport("a/x.ts", name, files)).toBeNull();
    }
  });

  test("the most exact room has the file", () => {
    const rooms = ["a/", "a/b/", "a/b/*", "a/b/c.ts"];
    expect(["a/x.ts", "a/b/x.ts", "a/b/c.ts", "a/b/d/x.ts", "ab/x.ts"].map((name) => roomOf(name, rooms))).toEqual([
      "a/",
      "a/b/*",
      "a/b/c.ts",
      "a/b/",
      null,
    ]);
  });
});
