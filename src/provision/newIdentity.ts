/** Another TPM of one that is there: what a machine's owner does before it goes to somebody else. */
import { type TpmClient, TpmError } from "../client/index.ts";
import type { Tpm } from "../engine/api.ts";
import { ekCertificateIndices, PLATFORM_CERTIFICATE_INDEX } from "./nvIndex.ts";
import { changedState, type ProvisionOptions, provision } from "./provision.ts";

export interface NewIdentityOptions extends Omit<ProvisionOptions, "authority"> {
  /** Signs certificates of the new Endorsement Keys; null: there are none. */
  readonly authority: ProvisionOptions["authority"] | null;
}

/**
 * Gives a TPM that has no power a new identity, and takes its permanent state. All seeds are new (TPM2_ChangePPS,
 * TPM2_ChangeEPS, TPM2_Clear), so that no key, no sealed data and no context of the old one works; what its owner stored, authorisations
 * and policies are gone; certificates of the old Endorsement Keys are removed. Profile, PCR banks and the platform's NV Indices stay.
 * The TPM itself, best one in memory, is left without power.
 * @throws TpmError when the TPM refuses.
 */
export async function newIdentityState(tpm: Tpm, { authority, ...options }: NewIdentityOptions): Promise<Uint8Array> {
  // The platform may have asked for it (TPM2_PP_Commands).
  await tpm.setPhysicalPresence(true);
  return changedState(tpm, options.signal, async (client) => {
    const platform = { authHandle: "TPM_RH_PLATFORM" } as const;
    // An owner may have forbidden TPM2_Clear; only the platform can allow it again.
    await client.call("ClearControl", { handles: { auth: "TPM_RH_PLATFORM" }, parameters: { disable: 0 } });
    await client.call("ChangePPS", { handles: platform });
    await client.call("ChangeEPS", { handles: platform });
    await client.call("Clear", { handles: platform });
    await removeCertificates(client);
    if (authority !== null) await provision(client, { ...options, authority });
  });
}

/** They are of keys that can't be made any more. TPM2_Clear has removed those that the owner had stored. */
async function removeCertificates(client: TpmClient): Promise<void> {
  for (const nvIndex of await ekCertificateIndices(client)) await undefine(client, nvIndex);
  try {
    await undefine(client, PLATFORM_CERTIFICATE_INDEX);
  } catch (error) {
    // There is none.
    if (!(error instanceof TpmError) || error.decoded.about !== "handle") throw error;
  }
}

const undefine = (client: TpmClient, nvIndex: number) =>
  client.call("NV_UndefineSpace", { handles: { authHandle: "TPM_RH_PLATFORM", nvIndex } });
