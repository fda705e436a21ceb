import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { type Layout, layout, type PlacedLayout, placeLayout } from "../layout/place.ts";
import type { LayoutRow, LayoutTable } from "../layout/rows.ts";
import { limitRows, limitsOf } from "../limits.ts";
import { fingerprintOf, generateLayout, KERNEL_FILES } from "./layout.ts";
import { readSources } from "./sources.ts";
import { repository } from "./testkit/compile.ts";

const sources = readSources(repository);
const limits = limitsOf("full");
const placed = placeLayout(layout, limits);
const now = fingerprintOf(placed, sources);
/** Hundreds of layouts are tried: with kernels of which there is little to read. */
const shortKernels = new Map(KERNEL_FILES.map((path) => [path, "export {};"]));
const nowShort = fingerprintOf(placed, shortKernels);
const fingerprint = (changed: Layout) => fingerprintOf(placeLayout(changed, limits), shortKernels);
const offsetIn = ({ tables }: PlacedLayout, name: string) =>
  tables.flatMap(({ rows }) => rows).find((row) => row.name === name)?.offset;

/** Every row of the layout with each layout that differs in this row only. */
function* withEach(change: (rows: readonly LayoutRow[], at: number) => readonly LayoutRow[] | undefined) {
  function* inside(rows: readonly LayoutRow[]): Generator<{ row: LayoutRow; rows: readonly LayoutRow[] }> {
    for (const [at, row] of rows.entries()) {
      const changed = change(rows, at);
      if (changed !== undefined) yield { row, rows: changed };
      for (const [n, list] of (row.rows ?? []).entries())
        for (const inner of inside(list)) {
          const lists = (row.rows ?? []).with(n, inner.rows);
          yield { row: inner.row, rows: rows.with(at, { ...row, rows: lists }) };
        }
    }
  }
  for (const [at, table] of layout.tables.entries())
    for (const { row, rows } of inside(table.rows)) yield { row, changed: withTable(at, { ...table, rows }) };
}
function withTable(at: number, table: LayoutTable): Layout {
  return { ...layout, tables: layout.tables.with(at, table) };
}
const rowCount = placed.tables.reduce((count, { rows }) => count + rows.length, 0);

describe("the fingerprint of the layout", () => {
  it("is another one when a row is at another place", () => {
    let count = 0;
    for (const { row, changed } of withEach((rows, at) => {
      const row = rows[at] as LayoutRow;
      const offset = offsetIn(placed, row.name) ?? 0;
      // To a multiple of more than it is a multiple of now; what lies at 0, or has no alignment, behind something new.
      if (offset > 0 && row.form !== "oneOf")
        return rows.with(at, { ...row, align: 2 ** (Math.floor(Math.log2(offset)) + 1) });
      return rows.toSpliced(at, 0, { name: "NEW", form: "bytes", size: 4, align: 4, meaning: "" });
    })) {
      count++;
      const moved = placeLayout(changed, limits);
      expect(offsetIn(moved, row.name), row.name).not.toBe(offsetIn(placed, row.name));
      expect(fingerprintOf(moved, shortKernels), row.name).not.toBe(nowShort);
    }
    expect(count).toBe(rowCount);
  });

  it("is another one when a row is larger, or read in another form", () => {
    let count = 0;
    for (const { row, changed } of withEach((rows, at) => {
      const row = rows[at] as LayoutRow;
      return row.rows === undefined ? rows.with(at, { ...row, size: `${row.size} + 1` }) : undefined;
    })) {
      count++;
      expect(fingerprint(changed), row.name).not.toBe(nowShort);
    }
    for (const { row, changed } of withEach((rows, at) => {
      const row = rows[at] as LayoutRow;
      return row.form === "u32" ? rows.with(at, { ...row, form: "u32be" }) : undefined;
    })) {
      count++;
      expect(fingerprint(changed), row.name).not.toBe(nowShort);
    }
    expect(count).toBeGreaterThan(100);
  });

  it("is another one when a value of a field is another one", () => {
    let count = 0;
    for (const { row, changed } of withEach((rows, at) => {
      const row = rows[at] as LayoutRow;
      return row.values && rows.with(at, { ...row, values: row.values.map((each) => ({ ...each, value: 77 })) });
    })) {
      count++;
      expect(fingerprint(changed), row.name).not.toBe(nowShort);
    }
    expect(count).toBe(4);
  });

  it("is another one when a named size is another one", () => {
    for (const [at, table] of layout.tables.entries())
      for (const [name, row] of Object.entries(table.sizes ?? {})) {
        const sizes = { ...table.sizes, [name]: { ...row, size: `${row.size} + 8` } };
        expect(fingerprint(withTable(at, { ...table, sizes })), name).not.toBe(nowShort);
      }
  });

  it("is another one when a bank is at another place in a PCR", () => {
    for (const at of layout.banks.keys()) {
      const others = layout.banks.toSpliced(at, 1);
      const moved = others.toSpliced(at === 0 ? 1 : at - 1, 0, ...layout.banks.slice(at, at + 1));
      expect(fingerprint({ ...layout, banks: moved })).not.toBe(nowShort);
      expect(fingerprint({ ...layout, banks: others })).not.toBe(nowShort);
    }
    const more: Layout = { ...layout, banks: [...layout.banks, "TPM_ALG_SM3_256"] };
    expect(fingerprint(more)).not.toBe(nowShort);
  });

  it("is another one when a limit that sizes something is another one", () => {
    for (const name of ["MAX_LOADED_OBJECTS", "MAX_LOADED_SESSIONS", "MAX_ACTIVE_SESSIONS", "RAM_INDEX_SPACE"]) {
      const changed = limitsOf("full", { ...limitRows, [name]: { value: 9 } });
      expect(fingerprintOf(placeLayout(layout, changed), shortKernels), name).not.toBe(nowShort);
    }
  });

  it("is another one when a kernel keeps something else in a hash state, and an error when one is missing", () => {
    for (const path of KERNEL_FILES) {
      const text = sources.get(path);
      const other = new Map(sources).set(path, `${text}\nconst MORE: u32 = 1;\n`);
      expect(fingerprintOf(placed, other), path).not.toBe(now);
      const commented = new Map(sources).set(path, `// More.\n${text}/* And more.\n*/\n`);
      expect(fingerprintOf(placed, commented), path).toBe(now);
      const without = new Map(sources);
      without.delete(path);
      expect(() => fingerprintOf(placed, without)).toThrow(path);
    }
  });

  it("is the same when only a meaning is told in other words", () => {
    for (const { changed } of withEach((rows, at) => rows.with(at, { ...(rows[at] as LayoutRow), meaning: "Other." })))
      expect(fingerprint(changed)).toBe(nowShort);
  });

  // What these import, too: bytes.ts keeps nothing, and CMAC makes the schedule of its cipher again in each call.
  it("knows every kernel that has a state in progress", () => {
    const stateless = ["asm/crypto/bytes.ts", "asm/crypto/cipher.ts"];
    const imported = KERNEL_FILES.flatMap((path) =>
      [...(sources.get(path) ?? "").matchAll(/from "(\.[^"]+)"/g)].map(([, from = ""]) =>
        posix.join(posix.dirname(path), `${from}.ts`),
      ),
    );
    expect([...new Set(imported)].filter((path) => !KERNEL_FILES.includes(path)).sort()).toEqual(stateless);
  });
});

describe("the generated constants", () => {
  const files = generateLayout(placed, () => true, sources);
  const numbers = (text: string) =>
    new Map(
      [...text.matchAll(/^export const (\w+): \w+ = (?:STATE \+ )?(0x[\da-f]+|\d+);$/gm)].map(
        ([, name = "", value]) => [name, Number(value)],
      ),
    );

  it("are the places and sizes of the rows that the fingerprint is made of", () => {
    for (const { table, rows, sizes } of placed.tables) {
      const generated = numbers(files.get(`layout/${table.file}.ts`) ?? "");
      for (const { name, offset } of rows) expect(generated.get(name), name).toBe(offset);
      for (const [name, size] of sizes) expect(generated.get(name), name).toBe(size);
    }
    const fingerprintText = files.get("layout/fingerprint.ts");
    expect(fingerprintText).toContain(`export const LAYOUT: u64 = 0x${now};`);
  });

  it("move with their rows", () => {
    const [state, ...others] = layout.tables as [LayoutTable, ...LayoutTable[]];
    const gap: LayoutRow = { name: "GAP", form: "bytes", size: 1024, align: 1, meaning: "" };
    const shifted = { ...layout, tables: [{ ...state, rows: [gap, ...state.rows] }, ...others] };
    const text = generateLayout(placeLayout(shifted, limits), () => true, sources).get("layout/state.ts") ?? "";
    const before = numbers(files.get("layout/state.ts") ?? "");
    for (const name of ["CLOCK", "PCRS", "OBJECTS"])
      expect(numbers(text).get(name)).toBe((before.get(name) ?? 0) + 1024);
  });

  it("are only those that the core reads", () => {
    const few = generateLayout(placed, (name) => name === "CLOCK", sources).get("layout/state.ts") ?? "";
    expect([...few.matchAll(/export const (\w+)/g)].map((match) => match[1])).toEqual(["STATE", "CLOCK"]);
  });
});
