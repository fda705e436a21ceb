// TPM_CAP_ALGS: the algorithms and their TPMA_ALGORITHM (TCG Algorithm Registry, table 3; Part 2, 8.2).
import { TPM_CAP_ALGS } from "../../generated/constants";
import { MAX_CAP_ALGS, writeU16, writeU32 } from "../../base/index";
import { algorithmImplemented } from "../../tpm/algorithms/index";
import { beginEntry, startList } from "./list";

// asymmetric 0, symmetric 1, hash 2, object 3, signing 8, encrypting 9, method 10
const COUNT: u32 = 38;
/** TPM_ALG_ID in the high half, attributes in the low one; ascending. */
const table: usize = memory.data<u32>([
  0x00010009, 0x00030002, 0x00040004, 0x00050104, 0x00060002, 0x00070404, 0x0008030c, 0x000a0006, 0x000b0004,
  0x000c0004, 0x000d0004, 0x00120004, 0x00130002, 0x00140101, 0x00150201, 0x00160101, 0x00170201, 0x00180101,
  0x00190401, 0x001a0101, 0x001b0501, 0x001c0101, 0x001d0401, 0x00200404, 0x00210404, 0x00220404, 0x00230009,
  0x00250008, 0x00260002, 0x00270004, 0x00280004, 0x00290004, 0x003f0102, 0x00400202, 0x00410202, 0x00420202,
  0x00430202, 0x00440202,
]);

export function listAlgorithms(first: u32, requested: u32): void {
  startList(TPM_CAP_ALGS, requested, MAX_CAP_ALGS);
  for (let i: u32 = 0; i < COUNT; i++) {
    const row = load<u32>(table + (i << 2));
    const algorithm = row >> 16;
    if (algorithm < first || !algorithmImplemented(algorithm)) continue;
    if (!beginEntry()) return;
    writeU16(algorithm);
    writeU32(row & 0xffff);
  }
}
