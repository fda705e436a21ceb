// TPM 2.0 Part 3, chapter 17: Hash/HMAC/Event Sequences.
import type { CommandRows } from "../rows.ts";

export const hashHmacEventSequences = {
  HMAC_Start: {
    code: 0x15b,
    section: "17.2",
    sessions: "required",
    handles: ["@USER handle: TPMI_DH_OBJECT"],
    parameters: ["secret auth: TPM2B_AUTH", "public hashAlg: TPMI_ALG_HASH+"],
    responseHandles: ["sequenceHandle: TPMI_DH_OBJECT"],
  },
  MAC_Start: {
    code: 0x15b,
    section: "17.3",
    sessions: "required",
    handles: ["@USER handle: TPMI_DH_OBJECT"],
    parameters: ["secret auth: TPM2B_AUTH", "public inScheme: TPMI_ALG_MAC_SCHEME+"],
    responseHandles: ["sequenceHandle: TPMI_DH_OBJECT"],
  },
  HashSequenceStart: {
    code: 0x186,
    section: "17.4",
    sessions: "optional",
    parameters: ["secret auth: TPM2B_AUTH", "public hashAlg: TPMI_ALG_HASH+"],
    responseHandles: ["sequenceHandle: TPMI_DH_OBJECT"],
  },
  SequenceUpdate: {
    code: 0x15c,
    section: "17.5",
    sessions: "required",
    handles: ["@USER sequenceHandle: TPMI_DH_OBJECT"],
    parameters: ["secret buffer: TPM2B_MAX_BUFFER"],
  },
  SequenceComplete: {
    code: 0x13e,
    section: "17.6",
    attributes: "F",
    sessions: "required",
    handles: ["@USER sequenceHandle: TPMI_DH_OBJECT"],
    parameters: ["secret buffer: TPM2B_MAX_BUFFER", "public hierarchy: TPMI_RH_HIERARCHY+"],
    response: ["secret result: TPM2B_DIGEST", "public validation: TPMT_TK_HASHCHECK"],
  },
  EventSequenceComplete: {
    code: 0x185,
    section: "17.7",
    attributes: "NV F",
    sessions: "required",
    handles: ["@USER pcrHandle: TPMI_DH_PCR+", "@USER sequenceHandle: TPMI_DH_OBJECT"],
    parameters: ["secret buffer: TPM2B_MAX_BUFFER"],
    response: ["secret results: TPML_DIGEST_VALUES"],
  },
} as const satisfies CommandRows;
