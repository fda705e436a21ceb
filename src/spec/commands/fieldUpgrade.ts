// TPM 2.0 Part 3, chapter 27: Field Upgrade.
import type { CommandRows } from "../rows.ts";

export const fieldUpgrade = {
  FieldUpgradeStart: {
    code: 0x12f,
    section: "27.2",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@ADMIN authorization: TPMI_RH_PLATFORM", "keyHandle: TPMI_DH_OBJECT"],
    parameters: ["public fuDigest: TPM2B_DIGEST", "public manifestSignature: TPMT_SIGNATURE"],
  },
  FieldUpgradeData: {
    code: 0x141,
    section: "27.3",
    attributes: "NV",
    sessions: "optional",
    parameters: ["public fuData: TPM2B_MAX_BUFFER"],
    response: ["public nextDigest: TPMT_HA+", "public firstDigest: TPMT_HA"],
  },
  FirmwareRead: {
    code: 0x179,
    section: "27.4",
    sessions: "optional",
    parameters: ["public sequenceNumber: UINT32"],
    response: ["public fuData: TPM2B_MAX_BUFFER"],
  },
} as const satisfies CommandRows;
