/** The chain that made a PCR's value: each step with the values before and after it. */
import { isDynamicPcr } from "../firmware/eventLog.ts";
import { extendedValue, type HashFunction } from "../firmware/eventLogReplay.ts";
import { bankSize, fromHex, isExtend, type PcrStep, SAVED_PCRS, toHex } from "./steps.ts";

export interface ChainEntry {
  readonly step: PcrStep;
  /** Its number among all steps of the boot, from 0. */
  readonly index: number;
  /** What the PCR is extended with; null for a step that sets it. */
  readonly digest: string | null;
  /** In hex; null where it is not known: before the first step, and behind a Resume whose past was not heard. */
  readonly before: string | null;
  readonly after: string | null;
}

const HCRTM_PCR = 0;
/** What an H-CRTM leaves in PCR 0 before its digest: the locality it comes from. [Part 1, "H-CRTM"] */
const HCRTM_LOCALITY = 4;

/** Whether the step says anything of this PCR in this bank. */
export function concerns(step: PcrStep, algorithm: number, pcr: number): boolean {
  if (step.pcr === null) return true;
  const hasDigest = step.digests.some((one) => one.algorithm === algorithm);
  if (step.kind === "hash sequence" && step.pcr !== HCRTM_PCR && isDynamicPcr(pcr))
    return pcr !== step.pcr || hasDigest;
  return step.pcr === pcr && (step.kind === "PCR_Reset" || hasDigest);
}

/**
 * @param steps of a power cycle, in their order.
 * @param algorithm TPM_ALG_ID of the bank.
 * @param hash WebCrypto's where none is given. Of a bank that it does not have only first values are known.
 */
export async function traceChain(
  steps: readonly PcrStep[],
  algorithm: number,
  pcr: number,
  hash?: HashFunction,
): Promise<ChainEntry[]> {
  const chain: ChainEntry[] = [];
  let value: Uint8Array | null = null;
  let hasHcrtm = false;
  for (const [index, step] of steps.entries()) {
    if (!concerns(step, algorithm, pcr)) continue;
    const hex = step.digests.find((one) => one.algorithm === algorithm)?.digest ?? null;
    const isMeasured = step.kind === "hash sequence" && step.pcr === pcr;
    const digest = isExtend(step) || isMeasured ? hex : null;
    const before = value;
    value = startOf(step, pcr, algorithm, value, hasHcrtm);
    if (digest !== null && value !== null) {
      value = (await extendedValue(algorithm, value, fromHex(digest), hash)) ?? null;
    }
    hasHcrtm ||= step.kind === "hash sequence" && step.pcr === HCRTM_PCR;
    chain.push({ step, index, digest, before: before && toHex(before), after: value && toHex(value) });
  }
  return chain;
}

/** What a step sets the PCR to, or leaves it at, before it extends it. */
function startOf(
  step: PcrStep,
  pcr: number,
  algorithm: number,
  value: Uint8Array | null,
  hasHcrtm: boolean,
): Uint8Array | null {
  const plain = new Uint8Array(bankSize(algorithm));
  const ending = (last: number) => plain.with(plain.length - 1, last);
  switch (step.kind) {
    case "resume":
      if (pcr < SAVED_PCRS) return value;
      return isDynamicPcr(pcr) ? plain.fill(0xff) : plain;
    case "Startup":
      if (isDynamicPcr(pcr)) return plain.fill(0xff);
      // After an H-CRTM, PCR 0 has its measurement already.
      if (pcr === HCRTM_PCR) return hasHcrtm ? value : ending(step.locality);
      return plain;
    case "hash sequence":
      return step.pcr === HCRTM_PCR ? ending(HCRTM_LOCALITY) : plain;
    case "PCR_Reset":
      return plain;
    default:
      return value;
  }
}
