/**
 * asm/generated/layout: the places of what the core keeps, as constants, and the fingerprint of them all: a volatile state
 * can be resumed only by a core that lays it out in the same way.
 */
import { createHash } from "node:crypto";
import type { PlacedBank, PlacedLayout, PlacedRow, PlacedTable } from "../layout/place.ts";
import { HEADER } from "./text.ts";

/**
 * Raised by hand when the same bytes come to mean something else, though no row changed: another unit, say, or another
 * way to count.
 */
export const REVISION = 1;

/**
 * What a hash or MAC in progress keeps in its HASH_STATE_ROOM bytes is in the fingerprint as text, and not as rows: the
 * kernels import nothing of the rest, and an intermediate value means what the code makes of it, so that two states with
 * the same places can differ (the order of words, lanes that are complemented).
 */
export const KERNEL_FILES: readonly string[] = [
  "algorithms",
  "hash",
  "hmac",
  "cmac",
  "sha1",
  "sha256",
  "sha512",
  "sha3",
  "sm3",
].map((name) => `asm/crypto/${name}.ts`);

/**
 * The files of asm/generated/layout, by their names in asm/generated.
 * @param isRead whether the core reads a constant; the others are left out.
 * @param kernels texts by path, as KERNEL_FILES names them.
 * @throws when one of those is missing.
 */
export function generateLayout(
  layout: PlacedLayout,
  isRead: (name: string) => boolean,
  kernels: ReadonlyMap<string, string>,
): Map<string, string> {
  const fingerprint = fingerprintOf(layout, kernels);
  return new Map([
    ...layout.tables.map((table): [string, string] => [`layout/${table.table.file}.ts`, tableText(table, isRead)]),
    ["layout/bank.ts", bankText(layout)],
    ["layout/fingerprint.ts", `${HEADER}\n\nexport const LAYOUT: u64 = 0x${fingerprint};\n`],
  ]);
}

/** @returns 64 bits in hexadecimal digits. Meanings don't count, nor comments of the kernels. */
export function fingerprintOf(layout: PlacedLayout, kernels: ReadonlyMap<string, string>): string {
  const lines = [`revision ${REVISION}`];
  for (const { table, sizes, rows, size } of layout.tables) {
    lines.push(`table ${table.file} ${size}`);
    for (const [name, value] of sizes) lines.push(`size ${name} ${value}`);
    for (const row of rows) {
      lines.push(`row ${row.name} ${row.form} ${row.offset} ${row.size}`);
      for (const { name, value } of row.values) lines.push(`value ${name} ${value}`);
    }
  }
  for (const { algorithm, offset, size } of layout.banks) lines.push(`bank ${algorithm} ${offset} ${size}`);
  for (const path of KERNEL_FILES) {
    const text = kernels.get(path);
    if (text === undefined)
      throw new Error(`the layout's fingerprint needs ${path}, which is not there: KERNEL_FILES in generate/layout.ts`);
    lines.push(`kernel ${path}`, withoutComments(text));
  }
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}

const withoutComments = (text: string) =>
  text
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/\s+/g, " ");

/** The AssemblyScript type of a field's values. */
function valueType({ form }: PlacedRow): string {
  return form === "u64" ? "u64" : "u32";
}

function tableText({ table, sizes, rows, size }: PlacedTable, isRead: (name: string) => boolean): string {
  const lines = [HEADER, `// ${table.meaning}`];
  const put = (name: string, type: string, value: string, meaning?: string) => {
    if (!isRead(name)) return;
    if (meaning !== undefined) lines.push(`/** ${meaning} */`);
    lines.push(`export const ${name}: ${type} = ${value};`);
  };
  lines.push("");
  for (const [name, value] of sizes) put(name, "u32", String(value), table.sizes?.[name]?.meaning);
  const { region } = table;
  if (region !== undefined) {
    lines.push(`export const ${region}: usize = memory.data(${size}, 16);`);
    put(`${region}_SIZE`, "u32", String(size));
  }
  for (const row of rows) {
    const place = region === undefined ? String(row.offset) : `${region} + ${row.offset}`;
    put(row.name, row.form === "end" ? "u32" : "usize", place, row.meaning);
    if (row.form === "group") put(`${row.name}_SIZE`, "u32", String(row.size));
    for (const { name, value, meaning } of row.values) {
      const number = typeof value === "number" ? `0x${value.toString(16)}` : value;
      put(name, valueType(row), number, meaning);
    }
  }
  return `${lines.join("\n")}\n`;
}

function bankText({ banks, pcrSize }: PlacedLayout): string {
  const last = banks.length - 1;
  const byBank = (value: (bank: PlacedBank) => string | number) =>
    banks
      .map((bank, index) => {
        const label = index === last ? "default" : `case ${index}`;
        return `    ${label}:\n      return ${value(bank)};`;
      })
      .join("\n");
  return `${HEADER}
// PCR banks, by their indices in the order in which they are reported.
import { ${banks.map(({ algorithm }) => algorithm).join(", ")} } from "../constants";

export const BANK_COUNT: u32 = ${banks.length};
/** One digest of each bank. */
export const PCR_SIZE: u32 = ${pcrSize};

/** Index of the PCR bank of \`algorithm\`; -1 when there is none. */
export function bankOf(algorithm: u32): i32 {
  switch (algorithm) {
${banks.map(({ algorithm }, index) => `    case ${algorithm}:\n      return ${index};`).join("\n")}
    default:
      return -1;
  }
}

export function bankAlgorithm(bank: u32): u32 {
  switch (bank) {
${byBank(({ algorithm }) => algorithm)}
  }
}

/** Bytes of a digest of this bank. */
export function bankDigestSize(bank: u32): u32 {
  switch (bank) {
${byBank(({ size }) => size)}
  }
}

/** Where the bank's digest lies in the PCR_SIZE bytes of a PCR. */
export function bankOffset(bank: u32): usize {
  switch (bank) {
${byBank(({ offset }) => offset)}
  }
}
`;
}
