/** Why the TPM refused a command. */
import { english, type ReasonWords } from "../../../src/index.ts";

const sentences: ReasonWords = english;
export const reasons = {
  noted: "Why, as the TPM noted it",
  general: "What this response code means in general",
  sentences,
};
