/** asm/generated/algorithms.ts: which algorithms a TPM has, and their attributes for TPM_CAP_ALGS. */
import { type AlgorithmRow, algorithms } from "../algorithms.ts";
import { typeNamed } from "../types.ts";
import { HEADER, hex } from "./text.ts";

/** The fields of TPMA_ALGORITHM by the letters of the registry. Anonymous signing has none of its own. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  A: "asymmetric",
  S: "symmetric",
  H: "hash",
  O: "object",
  X: "signing",
  E: "encrypting",
  M: "method",
};

/** TPMA_ALGORITHM, as TPM2_GetCapability reports it. */
export function algorithmAttributes({ type, reported = type }: AlgorithmRow): number {
  const row = typeNamed("TPMA_ALGORITHM");
  if (row.kind !== "attributes") throw new Error("TPMA_ALGORITHM is no bit field");
  return [...reported].reduce((bits, letter) => {
    const field = row.fields.find(({ name }) => name === ATTRIBUTES[letter]);
    return field === undefined ? bits : bits | (2 ** field.low);
  }, 0);
}

export function generateAlgorithms(): string {
  const rows = Object.entries<AlgorithmRow>(algorithms)
    .filter(([, { type }]) => type !== "")
    .sort(([, a], [, b]) => a.id - b.id);
  const lines = rows.map(([name, row]) => `  ${hex(row.id * 0x10000 + algorithmAttributes(row))}, // ${name}`);
  const cases = (has: boolean) =>
    rows
      .filter(([, { libtpms = true }]) => libtpms === has)
      .map(([name, { id }]) => `    case ${hex(id)}: // ${name}`)
      .join("\n");
  return `${HEADER}

/** True for an algorithm that TPMs of the profile have, full or libtpms-0.9. TPM_ALG_NULL is not an algorithm: false. */
export function hasAlgorithm(isFull: bool, algorithm: u32): bool {
  switch (algorithm) {
${cases(true)}
      return true;
${cases(false)}
      return isFull;
    default:
      return false;
  }
}

export const ALGORITHM_COUNT: u32 = ${rows.length};
/** TPM_ALG_ID in the high half, TPMA_ALGORITHM in the low one; ascending. */
export const algorithmTable: usize = memory.data<u32>([
${lines.join("\n")}
]);
`;
}
