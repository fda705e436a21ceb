// TPM 2.0 Part 3, chapter 18: Attestation Commands.
import type { CommandRows } from "../rows.ts";

export const attestationCommands = {
  Certify: {
    code: 0x148,
    section: "18.2",
    sessions: "required",
    handles: ["@ADMIN objectHandle: TPMI_DH_OBJECT", "@USER signHandle: TPMI_DH_OBJECT+"],
    parameters: ["public qualifyingData: TPM2B_DATA", "public inScheme: TPMT_SIG_SCHEME+"],
    response: ["public certifyInfo: TPM2B_ATTEST", "public signature: TPMT_SIGNATURE"],
  },
  CertifyCreation: {
    code: 0x14a,
    section: "18.3",
    sessions: "required",
    handles: ["@USER signHandle: TPMI_DH_OBJECT+", "objectHandle: TPMI_DH_OBJECT"],
    parameters: [
      "public qualifyingData: TPM2B_DATA",
      "public creationHash: TPM2B_DIGEST",
      "public inScheme: TPMT_SIG_SCHEME+",
      "public creationTicket: TPMT_TK_CREATION",
    ],
    response: ["public certifyInfo: TPM2B_ATTEST", "public signature: TPMT_SIGNATURE"],
  },
  Quote: {
    code: 0x158,
    section: "18.4",
    sessions: "required",
    handles: ["@USER signHandle: TPMI_DH_OBJECT+"],
    parameters: [
      "public qualifyingData: TPM2B_DATA",
      "public inScheme: TPMT_SIG_SCHEME+",
      "public PCRselect: TPML_PCR_SELECTION",
    ],
    response: ["public quoted: TPM2B_ATTEST", "public signature: TPMT_SIGNATURE"],
  },
  GetSessionAuditDigest: {
    code: 0x14d,
    section: "18.5",
    sessions: "required",
    handles: [
      "@USER privacyAdminHandle: TPMI_RH_ENDORSEMENT",
      "@USER signHandle: TPMI_DH_OBJECT+",
      "sessionHandle: TPMI_SH_HMAC",
    ],
    parameters: ["public qualifyingData: TPM2B_DATA", "public inScheme: TPMT_SIG_SCHEME+"],
    response: ["public auditInfo: TPM2B_ATTEST", "public signature: TPMT_SIGNATURE"],
  },
  GetCommandAuditDigest: {
    code: 0x133,
    section: "18.6",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER privacyHandle: TPMI_RH_ENDORSEMENT", "@USER signHandle: TPMI_DH_OBJECT+"],
    parameters: ["public qualifyingData: TPM2B_DATA", "public inScheme: TPMT_SIG_SCHEME+"],
    response: ["public auditInfo: TPM2B_ATTEST", "public signature: TPMT_SIGNATURE"],
  },
  GetTime: {
    code: 0x14c,
    section: "18.7",
    sessions: "required",
    handles: ["@USER privacyAdminHandle: TPMI_RH_ENDORSEMENT", "@USER signHandle: TPMI_DH_OBJECT+"],
    parameters: ["public qualifyingData: TPM2B_DATA", "public inScheme: TPMT_SIG_SCHEME+"],
    response: ["public timeInfo: TPM2B_ATTEST", "public signature: TPMT_SIGNATURE"],
  },
  CertifyX509: {
    code: 0x197,
    section: "18.8",
    sessions: "required",
    handles: ["@ADMIN objectHandle: TPMI_DH_OBJECT", "@USER signHandle: TPMI_DH_OBJECT+"],
    parameters: [
      "public reserved: TPM2B_DATA",
      "public inScheme: TPMT_SIG_SCHEME+",
      "public partialCertificate: TPM2B_MAX_BUFFER",
    ],
    response: [
      "public addedToCertificate: TPM2B_MAX_BUFFER",
      "public tbsDigest: TPM2B_DIGEST",
      "public signature: TPMT_SIGNATURE",
    ],
  },
} as const satisfies CommandRows;
