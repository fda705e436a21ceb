// TPM 2.0 Part 3, chapter 22: Integrity Collection (PCR).
import type { CommandRows } from "../rows.ts";

export const integrityCollection = {
  PCR_Extend: {
    code: 0x182,
    section: "22.2",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR+"],
    parameters: ["digests: TPML_DIGEST_VALUES"],
  },
  PCR_Event: {
    code: 0x13c,
    section: "22.3",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR+"],
    parameters: ["eventData: TPM2B_EVENT"],
    response: ["digests: TPML_DIGEST_VALUES"],
  },
  PCR_Read: {
    code: 0x17e,
    section: "22.4",
    sessions: "optional",
    parameters: ["pcrSelectionIn: TPML_PCR_SELECTION"],
    response: ["pcrUpdateCounter: UINT32", "pcrSelectionOut: TPML_PCR_SELECTION", "pcrValues: TPML_DIGEST"],
  },
  PCR_Allocate: {
    code: 0x12b,
    section: "22.5",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER authHandle: TPMI_RH_PLATFORM"],
    parameters: ["pcrAllocation: TPML_PCR_SELECTION"],
    response: ["allocationSuccess: TPMI_YES_NO", "maxPCR: UINT32", "sizeNeeded: UINT32", "sizeAvailable: UINT32"],
  },
  PCR_SetAuthPolicy: {
    code: 0x12c,
    section: "22.6",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER authHandle: TPMI_RH_PLATFORM"],
    parameters: ["authPolicy: TPM2B_DIGEST", "hashAlg: TPMI_ALG_HASH+", "pcrNum: TPMI_DH_PCR"],
  },
  PCR_SetAuthValue: {
    code: 0x183,
    section: "22.7",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR"],
    parameters: ["auth: TPM2B_DIGEST"],
  },
  PCR_Reset: {
    code: 0x13d,
    section: "22.8",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR"],
  },
} as const satisfies CommandRows;
