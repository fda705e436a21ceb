// TPM 2.0 Part 3, chapter 32: Attached Components.
import type { CommandRows } from "../rows.ts";

export const attachedComponents = {
  AC_GetCapability: {
    code: 0x194,
    section: "32.2",
    sessions: "optional",
    handles: ["ac: TPMI_RH_AC"],
    parameters: ["public capability: TPM_AT", "public count: UINT32"],
    response: ["public moreData: TPMI_YES_NO", "public capabilitiesData: TPML_AC_CAPABILITIES"],
  },
  AC_Send: {
    code: 0x195,
    section: "32.3",
    sessions: "required",
    handles: ["@DUP sendObject: TPMI_DH_OBJECT", "@USER authHandle: TPMI_RH_NV_AUTH", "ac: TPMI_RH_AC"],
    parameters: ["secret acDataIn: TPM2B_MAX_BUFFER"],
    response: ["secret acDataOut: TPMS_AC_OUTPUT"],
  },
  Policy_AC_SendSelect: {
    code: 0x196,
    section: "32.4",
    // The table of Part 3 says TPM_ST_SESSIONS, but no handle needs authorisation.
    sessions: "optional",
    handles: ["policySession: TPMI_SH_POLICY"],
    parameters: [
      "public objectName: TPM2B_NAME",
      "public authHandleName: TPM2B_NAME",
      "public acName: TPM2B_NAME",
      "public includeObject: TPMI_YES_NO",
    ],
  },
} as const satisfies CommandRows;
