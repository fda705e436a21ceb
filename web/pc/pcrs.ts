/** The PCRs: what the page shows of them, and which commands change them. */
import { type CommandName, decodeCommand, unmarshalValue } from "../../src/index.ts";

export interface PcrValue {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  readonly pcr: number;
  /** The digest in hex. */
  readonly hex: string;
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
