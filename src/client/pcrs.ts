/** The PCRs: which there are, and what they hold. */
import type { TpmClient } from "./client.ts";
import type { TpmStructure } from "./values.ts";

export interface PcrSelection {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  /** In ascending order. */
  readonly pcrs: readonly number[];
}

export interface PcrDigest {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  readonly pcr: number;
  readonly digest: Uint8Array;
}

/** A TPMS_PCR_SELECTION as the client gives it. */
type Selected = TpmStructure & { readonly hash: number; readonly pcrSelect: Uint8Array };

/** Octets of a PC Client TPM's bit map: 24 PCRs. */
const SELECT_SIZE = 3;

/** The bit map of a TPMS_PCR_SELECTION: bit 0 of its first octet is PCR 0 (Part 2, 10.6.1). */
export function toPcrSelect(pcrs: readonly number[]): Uint8Array {
  const octets = new Uint8Array(SELECT_SIZE);
  for (const pcr of pcrs) octets[pcr >> 3] = (octets[pcr >> 3] ?? 0) | (1 << (pcr & 7));
  return octets;
}

/** The PCRs of such a bit map, of any size, in ascending order. */
export function fromPcrSelect(octets: Uint8Array): number[] {
  return [...octets].flatMap((bits, octet) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (bits >> bit) & 1).map((bit) => 8 * octet + bit),
  );
}

/** The banks that have at least one PCR, with their PCRs. @throws what {@link TpmClient.call} throws. */
export async function readPcrBanks(client: TpmClient): Promise<PcrSelection[]> {
  const { parameters } = await client.call("GetCapability", {
    parameters: { capability: "TPM_CAP_PCRS", property: 0, propertyCount: 1 },
  });
  const { data } = parameters.capabilityData as { readonly data: readonly Selected[] };
  return data
    .map(({ hash, pcrSelect }) => ({ algorithm: hash, pcrs: fromPcrSelect(pcrSelect) }))
    .filter(({ pcrs }) => pcrs.length > 0);
}

/**
 * Reads PCRs with one command. The TPM answers for as many as fit into one TPML_DIGEST (8), in the order of the
 * selection, and leaves out what does not exist.
 * @throws what {@link TpmClient.call} throws.
 */
export async function readPcrs(client: TpmClient, selections: readonly PcrSelection[]): Promise<PcrDigest[]> {
  const { parameters } = await client.call("PCR_Read", {
    parameters: {
      pcrSelectionIn: selections.map(({ algorithm, pcrs }) => ({ hash: algorithm, pcrSelect: toPcrSelect(pcrs) })),
    },
  });
  const digests = (parameters.pcrValues as readonly Uint8Array[]).values();
  return (parameters.pcrSelectionOut as readonly Selected[]).flatMap(({ hash, pcrSelect }) =>
    fromPcrSelect(pcrSelect).flatMap((pcr) => {
      const { value: digest } = digests.next();
      return digest === undefined ? [] : [{ algorithm: hash, pcr, digest }];
    }),
  );
}

/** Those PCRs of the selections that `keep` keeps; banks of which none is left go. */
export function filterPcrs(
  selections: readonly PcrSelection[],
  keep: (algorithm: number, pcr: number) => boolean,
): PcrSelection[] {
  return selections
    .map(({ algorithm, pcrs }) => ({ algorithm, pcrs: pcrs.filter((pcr) => keep(algorithm, pcr)) }))
    .filter(({ pcrs }) => pcrs.length > 0);
}
