import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importsOf, readSources } from "./imports.ts";

describe("imports are read from", () => {
  test.each([
    ['import "./style.css";', ["./style.css"]],
    ['import a from "./a.ts";', ["./a.ts"]],
    ['import { b, type c } from "./bc.ts";', ["./bc.ts"]],
    ["import * as d from './d';", ["./d"]],
    ['import type { E } from "./e.ts";', ["./e.ts"]],
    ['import {\n  f,\n} from "./f.ts";', ["./f.ts"]],
    ['import g = require("./g.cjs");', ["./g.cjs"]],
    ['import url from "v86/build/v86.wasm?url";', ["v86/build/v86.wasm?url"]],
    ['import W from "./worker.ts?worker";', ["./worker.ts?worker"]],
    ['export * from "./h.ts";', ["./h.ts"]],
    ['export type { I } from "./i.ts";', ["./i.ts"]],
    ['export { j as k } from "./j.ts";', ["./j.ts"]],
    ['const l = async () => (await import("./l.ts")).l;', ["./l.ts"]],
    ["void import(`./m.ts`);", ["./m.ts"]],
    ['let n: import("./n.ts").N<import("./o.ts").O>;', ["./n.ts", "./o.ts"]],
    ['new Worker(new URL("./p.js", import.meta.url), { type: "module" });', ["./p.js"]],
    ['import { a } from "./a.ts"; import type { b } from "./a.ts";', ["./a.ts"]],
    [
      '@inline export function q(): u32 { return 1; }\n@external("host", "now") declare function now(): f64;\nimport { r } from "./r";',
      ["./r"],
    ],
  ])("%s", (text, expected) => {
    expect(importsOf("x.ts", text)).toEqual(expected);
  });

  test("the last statement of a text, whatever stands before and behind it", () => {
    const text = (last: string) =>
      `import { a } from "./a.ts";\nclass B {\n  c = async (d: Array<string>) => {\n    ${last}\n    return \`\${d};\`;\n  };\n}\n`;
    for (const last of ['await import("./z.ts");', 'let z: import("./z.ts").Z;', "await import(\n`./z.ts`\n)"])
      expect(importsOf("x.ts", text(last))).toEqual(["./a.ts", "./z.ts"]);
    expect(importsOf("x.ts", `${text("")}export type { Z } from "./z.ts"`)).toEqual(["./a.ts", "./z.ts"]);
    expect(importsOf("x.ts", `${text("")}// Nobody imports this.\nexport const y = 1;`)).toEqual(["./a.ts"]);
  });

  test("a component", () => {
    expect(
      importsOf("x.tsx", 'import { h } from "./h.ts";\nexport const X = () => <a title="import">{h}</a>;'),
    ).toEqual(["./h.ts"]);
  });

  test("a style sheet", () => {
    const text =
      '/* @import "./no.css"; */ @import "./a.css" layer(x);\n@import url(./b.css);\n@import url("./c.css");';
    expect(importsOf("x.css", text)).toEqual(["./a.css", "./b.css", "./c.css"]);
  });
});

describe("no imports are", () => {
  test.each([
    '// import "./a.ts";',
    '/* export * from "./a.ts" */',
    "const text = 'import \"./a.ts\"';",
    'const text = `import("./a.ts")`;',
    "export { a };",
    "import.meta.url;",
    "new Worker(URL.createObjectURL(blob));",
    'new URL("./data.bin", import.meta.url);',
    'imports("./a.ts");',
  ])("%s", (text) => {
    expect(importsOf("x.ts", text)).toEqual([]);
  });
});

test("a computed import is refused, with its place", () => {
  const text = 'const name = "./a.ts";\n\nawait import(name);';
  expect(() => importsOf("web/x.ts", text)).toThrow("web/x.ts:3: what is imported here is computed");
  expect(() => importsOf("x.ts", "import(`./$" + "{name}.ts`)")).toThrow("computed");
});

test("whatever the text is, reading it ends", () => {
  const pieces = fc.constantFrom(
    "import",
    "export",
    "from",
    "(",
    ")",
    "{",
    "}",
    "*",
    "type",
    '"./a.ts"',
    "'",
    "`",
    ";",
    " ",
    "//",
    "=",
    "<",
    ">",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      try {
        for (const name of importsOf("x.ts", parts.join(" "))) expect(typeof name).toBe("string");
      } catch (error) {
        expect(String(error)).toContain("computed");
      }
    }),
  );
});

test("a folder's files are read by their paths from the root, those that are accepted", () => {
  const root = mkdtempSync(join(tmpdir(), "tabtpm-rooms-"));
  try {
    mkdirSync(join(root, "b", "inner"), { recursive: true });
    mkdirSync(join(root, "a"));
    writeFileSync(join(root, "b", "inner", "one.ts"), 'import "../two.tsx";');
    writeFileSync(join(root, "b", "two.tsx"), 'import "preact";');
    writeFileSync(join(root, "b", "words.md"), 'import "./no";');
    writeFileSync(join(root, "a", "three.test.ts"), 'import "../b/two";');
    const all = [
      ["a/three.test.ts", ["../b/two"]],
      ["b/inner/one.ts", ["../two.tsx"]],
      ["b/two.tsx", ["preact"]],
    ];
    expect(readSources(root, ["b", "a"])).toEqual(all);
    expect(readSources(root, ["a", "b"], (file) => file.endsWith(".tsx"))).toEqual(all.slice(2));
    expect(() => readSources(root, ["gone"])).toThrow("ENOENT");
  } finally {
    rmSync(root, { recursive: true });
  }
});
