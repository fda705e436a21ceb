// TPM 2.0 Part 3, chapter 30: Capability Commands.
import type { CommandRows } from "../rows.ts";

export const capabilityCommands = {
  GetCapability: {
    code: 0x17a,
    section: "30.2",
    sessions: "optional",
    parameters: ["public capability: TPM_CAP", "public property: UINT32", "public propertyCount: UINT32"],
    response: ["public moreData: TPMI_YES_NO", "public capabilityData: TPMS_CAPABILITY_DATA"],
  },
  TestParms: {
    code: 0x18a,
    section: "30.3",
    sessions: "optional",
    parameters: ["public parameters: TPMT_PUBLIC_PARMS"],
  },
} as const satisfies CommandRows;
