// TPM_CAP_ALGS: the algorithms and their TPMA_ALGORITHM (TCG Algorithm Registry, table 3; Part 2, 8.2).
import { ALGORITHM_COUNT, algorithmTable } from "../../generated/algorithms";
import { TPM_CAP_ALGS } from "../../generated/constants";
import { MAX_CAP_ALGS, writeU16, writeU32 } from "../../base/index";
import { algorithmImplemented } from "../../tpm/algorithms/index";
import { beginEntry, startList } from "./list";

export function listAlgorithms(first: u32, requested: u32): void {
  startList(TPM_CAP_ALGS, requested, MAX_CAP_ALGS);
  for (let i: u32 = 0; i < ALGORITHM_COUNT; i++) {
    const row = load<u32>(algorithmTable + (i << 2));
    const algorithm = row >> 16;
    if (algorithm < first || !algorithmImplemented(algorithm)) continue;
    if (!beginEntry()) return;
    writeU16(algorithm);
    writeU32(row & 0xffff);
  }
}
