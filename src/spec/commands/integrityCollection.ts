// TPM 2.0 Part 3, chapter 22: Integrity Collection (PCR).
import type { CommandRows } from "../rows.ts";

export const integrityCollection = {
  PCR_Extend: {
    code: 0x182,
    section: "22.2",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR+"],
    parameters: ["public digests: TPML_DIGEST_VALUES"],
  },
  PCR_Event: {
    code: 0x13c,
    section: "22.3",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR+"],
    parameters: ["secret eventData: TPM2B_EVENT"],
    response: ["secret digests: TPML_DIGEST_VALUES"],
  },
  PCR_Read: {
    code: 0x17e,
    section: "22.4",
    sessions: "optional",
    parameters: ["public pcrSelectionIn: TPML_PCR_SELECTION"],
    response: [
      "public pcrUpdateCounter: UINT32",
      "public pcrSelectionOut: TPML_PCR_SELECTION",
      "public pcrValues: TPML_DIGEST",
    ],
  },
  PCR_Allocate: {
    code: 0x12b,
    section: "22.5",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER authHandle: TPMI_RH_PLATFORM"],
    parameters: ["public pcrAllocation: TPML_PCR_SELECTION"],
    response: [
      "public allocationSuccess: TPMI_YES_NO",
      "public maxPCR: UINT32",
      "public sizeNeeded: UINT32",
      "public sizeAvailable: UINT32",
    ],
  },
  PCR_SetAuthPolicy: {
    code: 0x12c,
    section: "22.6",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER authHandle: TPMI_RH_PLATFORM"],
    parameters: ["public authPolicy: TPM2B_DIGEST", "public hashAlg: TPMI_ALG_HASH+", "public pcrNum: TPMI_DH_PCR"],
  },
  PCR_SetAuthValue: {
    code: 0x183,
    section: "22.7",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR"],
    parameters: ["secret auth: TPM2B_DIGEST"],
  },
  PCR_Reset: {
    code: 0x13d,
    section: "22.8",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR"],
  },
} as const satisfies CommandRows;
