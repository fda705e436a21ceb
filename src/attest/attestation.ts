/** What a TPM attests: TPMS_ATTEST (Part 2, 10.12.12), read strictly. */
import { fromPcrSelect, type OutputOf, type PcrSelection, TpmFormatError, unmarshalValue } from "../client/index.ts";
import { TPM_GENERATED, TPM_ST } from "../spec/constants.ts";
import type { Signature } from "./signature.ts";

export type Attestation = OutputOf<"TPMS_ATTEST">;
export type ClockInfo = OutputOf<"TPMS_CLOCK_INFO">;

/** A quote, in the verifier's terms. */
export interface Quote {
  readonly qualifiedSigner: Uint8Array;
  /** extraData: the nonce, of a verifier who gave one. */
  readonly nonce: Uint8Array;
  /** Clock in milliseconds; safe is 0 or 1. */
  readonly clockInfo: ClockInfo;
  readonly firmwareVersion: bigint;
  /** In the order of the quote; each bank's PCRs ascend. */
  readonly selection: readonly PcrSelection[];
  readonly pcrDigest: Uint8Array;
}

/**
 * Octets as a TPMS_ATTEST of any type.
 * @throws TpmFormatError for what is none, or has octets left over.
 */
export function readAttestation(octets: Uint8Array): Attestation {
  const attestation = unmarshalValue("TPMS_ATTEST", octets) as unknown as Attestation;
  const { safe } = attestation.clockInfo;
  if (safe > 1) throw new TpmFormatError(`TPMS_ATTEST.clockInfo.safe: is ${safe}, and may be 0 or 1`);
  return attestation;
}

/** As a quote's first octets are written: "ff544347". */
export const MAGIC = TPM_GENERATED.TPM_GENERATED_VALUE.toString(16);

/** The magic number says that a TPM made it: no restricted key signs what begins like this and comes from outside. */
export const isGenerated = ({ magic }: Attestation): boolean => magic === TPM_GENERATED.TPM_GENERATED_VALUE;

/** @returns null for another type of attestation. */
export function quoteOf(attestation: Attestation): Quote | null {
  if (attestation.type !== TPM_ST.TPM_ST_ATTEST_QUOTE) return null;
  const { pcrSelect, pcrDigest } = attestation.attested as OutputOf<"TPMS_QUOTE_INFO">;
  const { qualifiedSigner, extraData, clockInfo, firmwareVersion } = attestation;
  const selection = pcrSelect.map((selected) => ({
    algorithm: selected.hash,
    pcrs: fromPcrSelect(selected.pcrSelect),
  }));
  return { qualifiedSigner, nonce: extraData, clockInfo, firmwareVersion, selection, pcrDigest };
}

/** @throws TpmFormatError for what is no TPMT_SIGNATURE. */
export const readSignature = (octets: Uint8Array): Signature =>
  unmarshalValue("TPMT_SIGNATURE", octets) as unknown as Signature;
