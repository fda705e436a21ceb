import type { PcrSelection } from "../../src/index.ts";
import { bankName } from "../state/banks.ts";
import type { PcrBank } from "../state/model.ts";
import type { PcrValue } from "./pcrs.ts";

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
