/** What commands would tell, from what the TPM tells of itself without one. */
import type { TpmInspection } from "../engine/inspection.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import type { PcrDigest, PcrSelection } from "./pcrs.ts";

/** The banks that have at least one PCR, with their PCRs: as readPcrBanks. */
export function inspectedBanks({ pcrs }: Pick<TpmInspection, "pcrs">): PcrSelection[] {
  return pcrs.banks
    .map(({ hashAlg, values }) => ({ algorithm: TPM_ALG[hashAlg], pcrs: [...values.keys()] }))
    .filter(({ pcrs }) => pcrs.length > 0);
}

/** All PCRs of all banks, one bank after the other: as readPcrs, for as many as there are. */
export function inspectedPcrs({ pcrs }: Pick<TpmInspection, "pcrs">): PcrDigest[] {
  return pcrs.banks.flatMap(({ hashAlg, values }) =>
    [...values].map(([pcr, digest]) => ({ algorithm: TPM_ALG[hashAlg], pcr, digest })),
  );
}
