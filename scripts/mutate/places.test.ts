import { describe, expect, it } from "vitest";
import { actionsAndValuesOf, type Place, valuesOf } from "./places.ts";

const texts = (source: string, places: (source: string) => Place[] = valuesOf) =>
  places(source).map(({ start, end }) => source.slice(start, end));
/** Every change of a source, as the source that comes out. */
const changed = (source: string) =>
  actionsAndValuesOf(source).flatMap(({ start, end, replacements }) =>
    replacements.map((text) => source.slice(0, start) + text + source.slice(end)),
  );

describe("values", () => {
  it("are operators, numbers and truth values", () => {
    expect(texts("export function f(a: u32): u32 { return (a + 1) << 3; }")).toEqual(["+", "1", "<<", "3"]);
    expect(texts("let a = true; a ||= !b; i++; --j; x >>>= 0xff;")).toEqual(["true", "!", "++", "--", ">>>=", "0xff"]);
    expect(texts("if (a === b && c !== d) e();")).toEqual(["===", "&&", "!=="]);
  });

  it("are not types, imports, comments and reservations of memory", () => {
    expect(texts('import { a } from "./b1"; // 1 + 2')).toEqual([]);
    expect(texts("const area: usize = memory.data(112, 16);")).toEqual([]);
    expect(texts("load<u32>(at, 4)")).toEqual(["4"]);
    expect(texts("const x: Array<1 | 2> = y;")).toEqual([]);
  });

  it("take a table of numbers for one", () => {
    expect(texts("memory.data<u8>([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])")).toEqual(["6"]);
    expect(texts("memory.data<u8>([1, 2])")).toEqual(["1", "2"]);
    const rows = "[a(1), b, c, d, e, f, g, h, i]";
    expect(texts(rows)).toEqual(["1"]);
  });
});

describe("actions", () => {
  it("are statements that can be left out, none that gives a value or declares one", () => {
    expect(changed("f(x);")).toEqual([";"]);
    expect(changed("a.b = c;")).toEqual([";"]);
    expect(changed("throw new E();")).toEqual([";"]);
    expect(changed("function f() { return; }")).toEqual(["function f() { ; }"]);
    expect(changed("function f() { return x; }")).toEqual([]);
    expect(changed('"use strict"; const a = b; class C extends D { constructor() { super(); } }')).toEqual([]);
  });

  it("are conditions to negate, but for those whose operator is a place of its own", () => {
    expect(changed("if (f(x)) y;")).toEqual(["if (!(f(x))) y;", "if (f(x)) ;"]);
    expect(changed("const z = ok ? x : y;")).toEqual(["const z = !(ok) ? x : y;"]);
    expect(changed("const z = !ok ? x : y;")).toEqual(["const z = ok ? x : y;"]);
    expect(changed("const z = a === b ? x : y;")).toEqual(["const z = a !== b ? x : y;"]);
    expect(changed("const z = a && b ? x : y;")).toEqual(["const z = !(a && b) ? x : y;", "const z = a || b ? x : y;"]);
    expect(changed("while (true) {}")).toEqual(["while (false) {}"]);
  });

  it("are awaits", () => {
    expect(changed("const z = await f(x);")).toEqual(["const z = f(x);"]);
    expect(changed("await f(x);")).toEqual([";", "f(x);"]);
  });
});
