/** The PCRs: how the page reads them, and which commands change them. */
import { type CommandName, decodeCommand, type TpmClient, type TpmStructure, unmarshalValue } from "../../src/index.ts";
import { toHex } from "./hex.ts";

export interface PcrSelection {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  /** In ascending order. */
  readonly pcrs: readonly number[];
}

export interface PcrValue {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  readonly pcr: number;
  /** The digest in hex. */
  readonly hex: string;
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
export async function readBanks(client: TpmClient): Promise<PcrSelection[]> {
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
export async function readPcrs(client: TpmClient, selections: readonly PcrSelection[]): Promise<PcrValue[]> {
  const { parameters } = await client.call("PCR_Read", {
    parameters: {
      pcrSelectionIn: selections.map(({ algorithm, pcrs }) => ({ hash: algorithm, pcrSelect: toPcrSelect(pcrs) })),
    },
  });
  const digests = (parameters.pcrValues as readonly Uint8Array[]).values();
  return (parameters.pcrSelectionOut as readonly Selected[]).flatMap(({ hash, pcrSelect }) =>
    fromPcrSelect(pcrSelect).flatMap((pcr) => {
      const { value: digest } = digests.next();
      return digest === undefined ? [] : [{ algorithm: hash, pcr, hex: toHex(digest) }];
    }),
  );
}

/** Commands whose first handle, pcrHandle, is the PCR that they change. */
const CHANGING: ReadonlySet<string> = new Set<CommandName>([
  "PCR_Extend",
  "PCR_Event",
  "PCR_Reset",
  "EventSequenceComplete",
]);
const PCR_HANDLES = 32;

/** The PCR that this command changes when it succeeds, or null when it changes none. */
export function changedPcr(command: Uint8Array): number | null {
  const { name, fields } = decodeCommand(command);
  if (!CHANGING.has(name)) return null;
  const field = fields.find((candidate) => candidate.name === "pcrHandle");
  if (field === undefined) return null;
  const handle = unmarshalValue(field.type, command.subarray(field.offset, field.offset + field.size)) as number;
  // The handle of a PCR is its number (Part 2, 7.2); TPM_RH_NULL (no PCR) is far above.
  return handle < PCR_HANDLES ? handle : null;
}
