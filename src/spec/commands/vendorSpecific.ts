// TPM 2.0 Part 3, chapter 34: Vendor Specific.
import type { CommandRows } from "../rows.ts";

export const vendorSpecific = {
  Vendor_TCG_Test: {
    code: 0x20000000,
    section: "34.2",
    sessions: "optional",
    parameters: ["secret inputData: TPM2B_DATA"],
    response: ["secret outputData: TPM2B_DATA"],
  },
} as const satisfies CommandRows;
