/** For tests of the page: a TPM in this thread, so that what they show the page is what a TPM answers. */
import { createTpm, HASH_ALGORITHMS, type InlineTpm, marshalCommand } from "../../../src/node/index.ts";

export const startup = marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
export const getRandom = marshalCommand("GetRandom", { parameters: { bytesRequested: 8 } });
export const pcrExtend = (pcr: number): Uint8Array =>
  marshalCommand("PCR_Extend", {
    handles: { pcrHandle: pcr },
    parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(0xab) }] },
  });

/** A TPM in memory that has power and waits for TPM2_Startup. */
export async function poweredTpm(): Promise<InlineTpm> {
  const tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
  return tpm;
}

export async function startedTpm(): Promise<InlineTpm> {
  const tpm = await poweredTpm();
  await tpm.execute(startup);
  return tpm;
}

/** A TPM to be looked at, which counts how often that is, and what it was sent. */
export function countingTpm(tpm: InlineTpm): {
  readonly tpm: Pick<InlineTpm, "inspect">;
  readonly looks: () => number;
} {
  let looks = 0;
  return {
    tpm: {
      inspect() {
        looks++;
        return tpm.inspect();
      },
    },
    looks: () => looks,
  };
}

/** TPM_ALG_ID of a hash, by the name that HASH_ALGORITHMS gives it: "sha256". */
export function hashAlgorithm(name: string): number {
  for (const [id, row] of HASH_ALGORITHMS) if (row.name === name) return id;
  throw new Error(`there is no hash named "${name}"`);
}
