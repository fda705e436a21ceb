/** What is wrong when the TPM refuses a `startup-...` of `--flags`. In the package a bundle of its own: it takes the tables of names. */
import { TpmError } from "../../client/index.ts";

/** @param code of TPM2_Startup's response. */
export function startupError(type: "clear" | "state", code: number): Error {
  const cause = new TpmError("Startup", code);
  const what = `TPM2_Startup(${type.toUpperCase()}) failed: ${cause.decoded.name}`;
  return new Error(`${what}. Drop startup-${type} from --flags.`, { cause });
}
