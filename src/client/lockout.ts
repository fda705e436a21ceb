/** The protection against guessing (Part 1, "Dictionary Attack Protection"): how it stands. */
import { hasAttribute } from "../spec/attributes.ts";
import { TPM_PT } from "../spec/properties.ts";
import type { TpmClient } from "./client.ts";

export interface DictionaryAttackState {
  /** Failed tries that are not forgotten yet (TPM_PT_LOCKOUT_COUNTER). */
  readonly failedTries: number;
  /** At so many what is protected is locked (TPM_PT_MAX_AUTH_FAIL); 0: always. */
  readonly maxTries: number;
  /** Seconds after which a failed try is forgotten (TPM_PT_LOCKOUT_INTERVAL); 0: tries are not counted. */
  readonly recoveryTime: number;
  /** Seconds for which lockoutAuth can't be used after a wrong one (TPM_PT_LOCKOUT_RECOVERY); 0: until TPM Reset. */
  readonly lockoutRecovery: number;
  /** What is protected answers TPM_RC_LOCKOUT. */
  readonly inLockout: boolean;
  readonly lockoutAuthSet: boolean;
}

/**
 * Asks a TPM that was started, with one command that changes nothing.
 * @throws TpmError; Error when the TPM does not tell all of it.
 */
export async function readDictionaryAttackState(client: TpmClient): Promise<DictionaryAttackState> {
  const first = TPM_PT.TPM_PT_PERMANENT;
  const { parameters } = await client.call("GetCapability", {
    parameters: {
      capability: "TPM_CAP_TPM_PROPERTIES",
      property: first,
      propertyCount: TPM_PT.TPM_PT_LOCKOUT_RECOVERY - first + 1,
    },
  });
  const { data } = parameters.capabilityData as { readonly data: readonly { property: number; value: number }[] };
  const value = (name: keyof typeof TPM_PT) => {
    const found = data.find(({ property }) => property === TPM_PT[name]);
    if (found === undefined) throw new Error(`The TPM does not tell its ${name}.`);
    return found.value;
  };
  const permanent = value("TPM_PT_PERMANENT");
  return {
    failedTries: value("TPM_PT_LOCKOUT_COUNTER"),
    maxTries: value("TPM_PT_MAX_AUTH_FAIL"),
    recoveryTime: value("TPM_PT_LOCKOUT_INTERVAL"),
    lockoutRecovery: value("TPM_PT_LOCKOUT_RECOVERY"),
    inLockout: hasAttribute("TPMA_PERMANENT", permanent, "inLockout"),
    lockoutAuthSet: hasAttribute("TPMA_PERMANENT", permanent, "lockoutAuthSet"),
  };
}
