import { describe, expect, it } from "vitest";
import { readSources, wordsOf } from "../generate/sources.ts";
import { repository } from "../generate/testkit/compile.ts";
import { limitsOf } from "../limits.ts";
import { type Layout, layout, type PlacedRow, placeLayout } from "./place.ts";
import { bytes, end, group, type LayoutRow, oneOf, u8, u16, u32, u64 } from "./rows.ts";

const limits = limitsOf("full");
const placed = placeLayout(layout, limits);
const tableOf = (file: string) => {
  const table = placed.tables.find((each) => each.table.file === file);
  if (table === undefined) throw new Error(`there is no table ${file}`);
  return table;
};
const offsetsOf = (rows: readonly PlacedRow[]) => rows.map(({ name, offset, size }) => [name, offset, size]);

/** Offsets and sizes of rows that make a table of their own. */
function place(...rows: LayoutRow[]) {
  const [table] = placeLayout({ tables: [{ file: "test", meaning: "", rows }], banks: [] }, limits).tables;
  return offsetsOf(table?.rows ?? []);
}

describe("rows are placed", () => {
  it("one after the other, each at its alignment", () => {
    expect(place(u8("A", ""), u32("B", ""), u16("C", "", { count: "MAX_HANDLE_NUM" }), u64("D", ""))).toEqual([
      ["A", 0, 1],
      ["B", 4, 4],
      ["C", 8, 6],
      ["D", 16, 8],
    ]);
  });

  it("in groups, whose insides don't depend on their places", () => {
    const inside = [u8("X", ""), u64("Y", ""), u8("Z", "")];
    expect(place(u8("A", ""), group("G", "", inside, 4), u8("B", ""), bytes("C", "G_SIZE", ""))).toEqual([
      ["A", 0, 1],
      ["G", 8, 20],
      ["X", 8, 1],
      ["Y", 16, 8],
      ["Z", 24, 1],
      ["B", 28, 1],
      ["C", 29, 20],
    ]);
  });

  it("as alternatives: each from the same place on, and the next row after the longest", () => {
    const alternatives = oneOf("O", "", [u16("X", "")], [u8("Y", ""), u8("Z", ""), end("E", "")]);
    expect(place(u8("A", ""), alternatives, u8("B", ""))).toEqual([
      ["A", 0, 1],
      ["O", 1, 3],
      ["X", 2, 2],
      ["Y", 1, 1],
      ["Z", 2, 1],
      ["E", 3, 0],
      ["B", 4, 1],
    ]);
  });

  it("but not when a name is missing, there twice, or made of itself", () => {
    expect(() => place(bytes("A", "NOWHERE", ""))).toThrow("NOWHERE, which is neither a size nor a limit");
    expect(() => place(u8("A", ""), u8("B", ""), u8("A", ""))).toThrow("two rows named A");
    expect(() => place(u8("MAX_HANDLE_NUM", ""))).toThrow("two rows named MAX_HANDLE_NUM");
    expect(() => place(group("G", "", [bytes("A", "G_SIZE", "")]))).toThrow("G_SIZE is made of itself");
    expect(() => place(bytes("A", "sizeof(TPMT_HA)", ""))).toThrow("calls sizeof");
    const noHash = { tables: [], banks: ["TPM_ALG_AES"] } satisfies Layout;
    expect(() => placeLayout(noHash, limits)).toThrow("TPM_ALG_AES is no hash");
  });
});

describe("the layout of the core", () => {
  it("has no two fields in the same bytes, except alternatives", () => {
    for (const { table, rows } of placed.tables) {
      const alternatives = new Set(
        JSON.stringify(table.rows, (_, value) => value).includes('"oneOf"') ? namesInAlternatives(table.rows) : [],
      );
      const fields = rows.filter(({ name, form }) => !["group", "oneOf"].includes(form) && !alternatives.has(name));
      let last = 0;
      for (const { name, offset, size } of fields) {
        expect(offset, `${table.file}: ${name}`).toBeGreaterThanOrEqual(last);
        last = offset + size;
      }
    }
  });

  it("has the digests of a PCR side by side, in the order of the banks", () => {
    expect(placed.banks.map(({ algorithm, offset, size }) => [algorithm, offset, size])).toEqual([
      ["TPM_ALG_SHA1", 0, 20],
      ["TPM_ALG_SHA256", 20, 32],
      ["TPM_ALG_SHA384", 52, 48],
      ["TPM_ALG_SHA512", 100, 64],
    ]);
    expect(placed.pcrSize).toBe(164);
  });

  it("lets the saved copies of reset and clear data be as long as the live ones", () => {
    const size = (name: string) => tableOf("state").rows.find((row) => row.name === name)?.size;
    expect(size("SAVED_RESET")).toBe(size("RESET_DATA"));
    expect(size("SAVED_CLEAR")).toBe(size("CLEAR_DATA"));
    expect(size("SAVED_ORDERLY")).toBe(size("ORDERLY"));
  });

  it("has only fields, sizes and values that the core reads", () => {
    const words = wordsOf(readSources(repository).values());
    const names = placed.tables.flatMap(({ rows }) => [
      ...rows.filter(({ form }) => !["group", "oneOf"].includes(form)).map(({ name }) => name),
      ...rows.flatMap(({ values }) => values.map(({ name }) => name)),
    ]);
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });

  // TPM2_ContextSave gave these bytes away, and a later core must read them: the permanent state outlives the core that
  // wrote it, and the contexts that go with it do, too. What moves one of them must refuse the older contexts.
  it("keeps sessions and sequences where saved contexts have them", () => {
    const fieldsOf = (file: string) => tableOf(file).rows.filter(({ form }) => form !== "oneOf");
    const offsets = (file: string) => Object.fromEntries(fieldsOf(file).map(({ name, offset }) => [name, offset]));
    expect(offsets("session")).toEqual({
      ATTRIBUTES: 0,
      SESSION_PCR_COUNTER: 4,
      START_TIME: 8,
      TIMEOUT: 16,
      EPOCH: 24,
      COMMAND_CODE: 28,
      AUTH_HASH: 32,
      COMMAND_LOCALITY: 34,
      SYMMETRIC: 36,
      SYMMETRIC_BITS: 38,
      SYMMETRIC_MODE: 40,
      SESSION_KEY: 44,
      NONCE_TPM: 112,
      BOUND_ENTITY: 180,
      CP_HASH: 180,
      POLICY_DIGEST: 312,
      AUDIT_DIGEST: 312,
      SESSION_SIZE: 380,
    });
    expect(offsets("object")).toMatchObject({
      OBJECT_ATTRIBUTES: 0,
      OBJECT_HIERARCHY: 4,
      SEQUENCE_HASH: 8,
      OBJECT_AUTH: 16,
      SEQUENCE_STATES: 128,
      SEQUENCE_END: 1920,
    });
    expect(tableOf("state").sizes.get("HASH_STATE_ROOM")).toBe(448);
  });
});

function namesInAlternatives(rows: readonly LayoutRow[]): string[] {
  return rows.flatMap((row) => {
    const inside = (row.rows ?? []).flat();
    return row.form === "oneOf" ? inside.map(({ name }) => name) : namesInAlternatives(inside);
  });
}
