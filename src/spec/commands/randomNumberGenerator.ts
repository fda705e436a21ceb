// TPM 2.0 Part 3, chapter 16: Random Number Generator.
import type { CommandRows } from "../rows.ts";

export const randomNumberGenerator = {
  GetRandom: {
    code: 0x17b,
    section: "16.1",
    sessions: "optional",
    parameters: ["public bytesRequested: UINT16"],
    response: ["secret randomBytes: TPM2B_DIGEST"],
  },
  StirRandom: {
    code: 0x146,
    section: "16.2",
    attributes: "NV",
    sessions: "optional",
    parameters: ["secret inData: TPM2B_SENSITIVE_DATA"],
  },
} as const satisfies CommandRows;
