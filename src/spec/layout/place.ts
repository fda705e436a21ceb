/** From rows to places: offsets and sizes as numbers. */
import { type AlgorithmName, digestSize, TPM_ALG } from "../algorithms.ts";
import { evaluate } from "../expression.ts";
import type { Limits } from "../limits.ts";
import { banks as bankRows, entryTable, orderlyTable, volatileTable } from "./entries.ts";
import type { Form, LayoutRow, LayoutTable, Size, ValueRow } from "./rows.ts";
import { objectTable, sessionTable } from "./slots.ts";
import { stateTable } from "./state.ts";

/** Everything that decides where something volatile lies. */
export interface Layout {
  readonly tables: readonly LayoutTable[];
  /** Hashes of the PCR banks, in their order. */
  readonly banks: readonly AlgorithmName[];
}
export const layout: Layout = {
  tables: [stateTable, sessionTable, objectTable, entryTable, orderlyTable, volatileTable],
  banks: bankRows,
};

export interface PlacedRow {
  readonly name: string;
  readonly form: Form;
  readonly offset: number;
  /** Bytes of all that is there: `count` times the size of one. */
  readonly size: number;
  readonly meaning: string;
  readonly values: readonly ValueRow[];
}
export interface PlacedTable {
  readonly table: LayoutTable;
  readonly sizes: ReadonlyMap<string, number>;
  /** Groups before what lies in them. */
  readonly rows: readonly PlacedRow[];
  readonly size: number;
}
export interface PlacedBank {
  readonly algorithm: AlgorithmName;
  readonly offset: number;
  readonly size: number;
}
export interface PlacedLayout {
  readonly tables: readonly PlacedTable[];
  readonly banks: readonly PlacedBank[];
  /** Bytes of a PCR in all its banks. */
  readonly pcrSize: number;
}

/** A group starts where everything in it can lie, so that its size does not depend on its place. */
function alignOf({ align, rows = [] }: LayoutRow): number {
  return Math.max(align, ...rows.flat().map(alignOf));
}
const roundUp = (offset: number, align: number) => Math.ceil(offset / align) * align;

/** @throws when a name is there twice, a size is made of a name that is not there or of itself, or a bank has no hash. */
export function placeLayout({ tables, banks }: Layout, limits: Limits): PlacedLayout {
  const placedBanks: PlacedBank[] = [];
  let pcrSize = 0;
  for (const algorithm of banks) {
    const size = digestSize(TPM_ALG[algorithm]);
    if (size === 0) throw new Error(`src/spec/layout: ${algorithm} is no hash: it can't have a PCR bank`);
    placedBanks.push({ algorithm, offset: pcrSize, size });
    pcrSize += size;
  }
  const sizes = new Sizes(tables, limits);
  sizes.add("PCR_SIZE", pcrSize);
  sizes.add("BANK_COUNT", banks.length);
  return {
    tables: tables.map((table) => {
      const rows: PlacedRow[] = [];
      const size = place(table.rows, 0, sizes, rows);
      const names = Object.keys(table.sizes ?? {});
      return { table, rows, size, sizes: new Map(names.map((name) => [name, sizes.of(name)])) };
    }),
    banks: placedBanks,
    pcrSize,
  };
}

/** Places rows from `start` on. @returns where they end. */
function place(rows: readonly LayoutRow[], start: number, sizes: Sizes, placed: PlacedRow[]): number {
  let next = start;
  for (const row of rows) {
    const { name, form, meaning, values = [], rows: inner = [] } = row;
    const offset = form === "oneOf" ? next : roundUp(next, alignOf(row));
    const inside: PlacedRow[] = [];
    const ends = inner.map((alternative) => place(alternative, offset, sizes, inside));
    const size = form === "oneOf" ? Math.max(...ends) - offset : sizes.ofRow(row);
    placed.push({ name, form, offset, size, meaning, values }, ...inside);
    next = offset + size;
  }
  return next;
}

/** Sizes by name: limits, sizes of the tables, NAME_SIZE of groups. Worked out when they are asked for. */
class Sizes {
  readonly #known = new Map<string, number>();
  readonly #rows = new Map<string, Size | LayoutRow>();
  readonly #asked: string[] = [];

  constructor(tables: readonly LayoutTable[], limits: Limits) {
    for (const [name, value] of limits) this.add(name, value);
    for (const table of tables) {
      for (const [name, { size }] of Object.entries(table.sizes ?? {})) this.#declare(name, size);
      this.#declareRows(table.rows);
    }
  }
  add(name: string, value: number): void {
    this.#declare(name, value);
  }
  #declareRows(rows: readonly LayoutRow[]): void {
    for (const row of rows) {
      this.#declare(row.name, 0);
      for (const { name } of row.values ?? []) this.#declare(name, 0);
      if (row.form === "group") this.#declare(`${row.name}_SIZE`, row);
      for (const alternative of row.rows ?? []) this.#declareRows(alternative);
    }
  }
  #declare(name: string, size: Size | LayoutRow): void {
    if (this.#rows.has(name)) throw new Error(`src/spec/layout: there are two rows named ${name}`);
    this.#rows.set(name, size);
  }

  of(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const size = this.#rows.get(name);
    const by = this.#asked.at(-1) ?? "the layout";
    if (size === undefined)
      throw new Error(`src/spec/layout: ${by} needs ${name}, which is neither a size nor a limit`);
    if (this.#asked.includes(name)) throw new Error(`src/spec/layout: the size of ${name} is made of itself`);
    this.#asked.push(name);
    const value = typeof size === "object" ? this.ofRow(size) : this.evaluate(size);
    this.#asked.pop();
    this.#known.set(name, value);
    return value;
  }
  /** Bytes of a field or a group, with all that lies in it. */
  ofRow({ form, size, count = 1, align, rows = [] }: LayoutRow): number {
    if (form !== "group") return this.evaluate(size) * this.evaluate(count);
    return roundUp(place(rows.flat(), 0, this, []), align);
  }
  evaluate(size: Size): number {
    if (typeof size === "number") return size;
    return evaluate(size, {
      name: (name) => this.of(name),
      call(fn) {
        throw new Error(`src/spec/layout: "${size}" calls ${fn}; sizes are made of numbers and names only`);
      },
    });
  }
}
