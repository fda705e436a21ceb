/** EK certificates in an imported state, held against the EKs that the core makes of the imported seed. */
import { X509Certificate } from "node:crypto";
import { TpmClient } from "../../client/index.ts";
import { type LibtpmsState, toPermanentBlob } from "../../libtpms/index.ts";
import { ekTemplates } from "../../provision/index.ts";
import { type Key, subjectPublicKeyInfo } from "../../provision/publicKey.ts";
import { attributeBits } from "../../spec/attributes.ts";
import { MemoryMedium, MemoryStore } from "../../store/memory.ts";
import { createTpm } from "../index.ts";

export interface CheckedCertificate {
  /** The NV Index. */
  readonly index: number;
  /** "RSA 2048" */
  readonly key: string;
  /** `other`: of another key than the EK is now; `none`: the Index holds no certificate. */
  readonly is: "of the EK" | "other" | "none";
  /** The persistent object that has the certificate's key, if there is one. */
  readonly persistent: number | undefined;
}

const NOTHING = new Uint8Array(0);
const WRITTEN = attributeBits("TPMA_NV", "WRITTEN");

/** Makes the EKs in a TPM in memory, of which nothing is kept. @throws what the signal says */
export async function checkEkCertificates(state: LibtpmsState, signal?: AbortSignal): Promise<CheckedCertificate[]> {
  const stored = state.nv.indices.flatMap(({ handle, attributes, data }) => {
    const template = ekTemplates.find(({ index }) => index === handle);
    return template !== undefined && (attributes & WRITTEN) !== 0 ? [{ template, data }] : [];
  });
  if (stored.length === 0) return [];
  const medium = new MemoryMedium();
  // Of the copy: nobody has to know the authValue of the hierarchy, which no key depends on.
  medium.blob = await toPermanentBlob({ ...state, persistent: { ...state.persistent, endorsementAuth: NOTHING } });
  const tpm = createTpm({ store: new MemoryStore(medium) });
  try {
    await tpm.powerOn();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const persistent = await persistentKeys(client, state);
    const checked: CheckedCertificate[] = [];
    for (const { template, data } of stored) {
      signal?.throwIfAborted();
      const about = { index: template.index, key: template.key };
      const certified = certifiedKey(data);
      if (certified === undefined) {
        checked.push({ ...about, is: "none", persistent: undefined });
        continue;
      }
      const ek = await ekOf(client, template.publicArea);
      const is = ek !== undefined && certified.equals(ek) ? "of the EK" : "other";
      checked.push({ ...about, is, persistent: persistent.find(({ key }) => certified.equals(key))?.handle });
    }
    return checked;
  } finally {
    await tpm.close();
  }
}

type Client = InstanceType<typeof TpmClient>;

/** SubjectPublicKeyInfo of the EK of a template; undefined when this TPM does not make it. */
async function ekOf(
  client: Client,
  inPublic: (typeof ekTemplates)[number]["publicArea"],
): Promise<Uint8Array | undefined> {
  try {
    const { handles, parameters } = await client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_ENDORSEMENT" },
      parameters: {
        inSensitive: { userAuth: NOTHING, data: NOTHING },
        inPublic,
        outsideInfo: NOTHING,
        creationPCR: [],
      },
    });
    await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
    return subjectPublicKeyInfo(parameters.outPublic as Key);
  } catch (error) {
    // A curve or size that libtpms 0.9 does not have.
    if (error instanceof Error && error.name === "TpmError") return undefined;
    throw error;
  }
}

async function persistentKeys(client: Client, { nv }: LibtpmsState) {
  const keys: { handle: number; key: Uint8Array }[] = [];
  for (const { handle } of nv.objects) {
    const { parameters } = await client.call("ReadPublic", { handles: { objectHandle: handle } });
    try {
      keys.push({ handle, key: subjectPublicKeyInfo(parameters.outPublic as Key) });
    } catch (error) {
      // Neither RSA nor on a curve: no EK.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return keys;
}

function certifiedKey(der: Uint8Array): Buffer | undefined {
  try {
    return new X509Certificate(der).publicKey.export({ format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
