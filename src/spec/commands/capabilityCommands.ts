// TPM 2.0 Part 3, chapter 30: Capability Commands.
import type { CommandRows } from "../rows.ts";

export const capabilityCommands = {
  GetCapability: {
    code: 0x17a,
    section: "30.2",
    sessions: "optional",
    parameters: ["capability: TPM_CAP", "property: UINT32", "propertyCount: UINT32"],
    response: ["moreData: TPMI_YES_NO", "capabilityData: TPMS_CAPABILITY_DATA"],
  },
  TestParms: {
    code: 0x18a,
    section: "30.3",
    sessions: "optional",
    parameters: ["parameters: TPMT_PUBLIC_PARMS"],
  },
} as const satisfies CommandRows;
