/** Why the TPM refused a command. */
import type { ReasonWords } from "../../../src/index.ts";

/** The library's own sentences are English; they are fetched with what explains. */
const sentences: ReasonWords | null = null;
export const reasons = {
  noted: "Refused, as the TPM noted it:",
  general: "Refused; the code in general:",
  notLoaded: "Why it was refused can’t be said: the explanations could not be fetched. The response code is above.",
  sentences: sentences as ReasonWords | null,
};
