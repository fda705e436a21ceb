/** Why the TPM refused a command. */
import { english, type ReasonWords } from "../../../src/index.ts";

const sentences: ReasonWords = english;
export const reasons = {
  noted: "Refused, as the TPM noted it:",
  general: "Refused; the code in general:",
  sentences,
};
