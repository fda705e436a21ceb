import type { EventLog, PcrBank } from "../state/model.ts";
import type { PcrSelection, PcrValue } from "./pcrCommands.ts";

/** TPM_ALG_ID -> the name that a panel shows. */
const bankNames: Readonly<Record<number, string>> = {
  4: "SHA-1",
  11: "SHA-256",
  12: "SHA-384",
  13: "SHA-512",
  18: "SM3-256",
  39: "SHA3-256",
  40: "SHA3-384",
  41: "SHA3-512",
};

export const bankName = (algorithm: number): string =>
  bankNames[algorithm] ?? `0x${algorithm.toString(16).padStart(4, "0")}`;

export interface MergedBanks {
  readonly banks: readonly PcrBank[];
  /** `${bank name}:${pcr}` of those that had another value before; a first reading changes nothing. */
  readonly changed: readonly string[];
}

/** Puts newly read values into the banks that the page shows. */
export function mergeValues(
  before: readonly PcrBank[],
  active: readonly PcrSelection[],
  values: readonly PcrValue[],
): MergedBanks {
  const changed: string[] = [];
  const banks = active.map(({ algorithm, pcrs }) => {
    const old = before.find((bank) => bank.algorithm === algorithm);
    const name = bankName(algorithm);
    const shown: (string | undefined)[] = Array.from({ length: Math.max(...pcrs) + 1 }, (_, pcr) => old?.values[pcr]);
    for (const value of values) {
      if (value.algorithm !== algorithm) continue;
      const previous = shown[value.pcr];
      if (previous !== undefined && previous !== value.hex) changed.push(`${name}:${value.pcr}`);
      shown[value.pcr] = value.hex;
    }
    return { algorithm, name, values: shown };
  });
  return { banks, changed };
}

/** The PCRs that firmware and boot loader measure into. Later ones have logs of their own (IMA: PCR 10). */
const LAST_FIRMWARE_PCR = 9;

/**
 * Compares the log with the registers.
 * @returns the PCRs (0..9) whose value in some bank is not what replaying the log gives; null while there is nothing
 * to compare.
 */
export function differences(log: EventLog | null, banks: readonly PcrBank[]): readonly number[] | null {
  if (log === null || log.entries.length === 0 || banks.length === 0) return null;
  const wrong = new Set<number>();
  for (const bank of banks) {
    const replay = log.replay[bank.name];
    for (let pcr = 0; pcr <= LAST_FIRMWARE_PCR; pcr++) {
      if (bank.values[pcr] !== undefined && bank.values[pcr] !== replay?.[pcr]) wrong.add(pcr);
    }
  }
  return [...wrong].sort((a, b) => a - b);
}
