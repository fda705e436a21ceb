/** Certificates in NV Indices, with the attributes that swtpm_setup gives them. */
import type { OutputOf, TpmClient } from "../client/index.ts";
import { attributeBits } from "../spec/attributes.ts";
import { ekTemplates } from "./templates.ts";

const ATTRIBUTES = attributeBits(
  "TPMA_NV",
  "PPWRITE",
  "WRITEDEFINE",
  "PPREAD",
  "OWNERREAD",
  "AUTHREAD",
  "NO_DA",
  "PLATFORMCREATE",
);
/** Where swtpm_setup writes the platform's certificate: the first of those that the TCG's registry keeps for it. */
export const PLATFORM_CERTIFICATE_INDEX = 0x01c08000;
/** TPM_PT_NV_BUFFER_MAX is at least this in all TPMs for PCs. */
const PIECE = 512;

/** @param lock no one writes it again before it was deleted (TPM2_NV_WriteLock). */
export async function writeCertificate(
  client: TpmClient,
  nvIndex: number,
  certificate: Uint8Array,
  lock: boolean,
): Promise<void> {
  const nothing = new Uint8Array(0);
  await client.call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_PLATFORM" },
    parameters: {
      auth: nothing,
      publicInfo: {
        nvIndex,
        nameAlg: "TPM_ALG_SHA256",
        attributes: ATTRIBUTES,
        authPolicy: nothing,
        dataSize: certificate.length,
      },
    },
  });
  const handles = { authHandle: "TPM_RH_PLATFORM", nvIndex } as const;
  for (let offset = 0; offset < certificate.length; offset += PIECE) {
    const data = certificate.subarray(offset, offset + PIECE);
    await client.call("NV_Write", { handles, parameters: { data, offset } });
  }
  if (lock) await client.call("NV_WriteLock", { handles });
}

export interface StoredCertificate {
  /** The template in the EK Credential Profile: "L-1". */
  readonly template: string;
  /** "RSA 2048" */
  readonly key: string;
  readonly index: number;
  /** X.509, DER. */
  readonly certificate: Uint8Array;
}

/** The NV Indices of EK certificates that a TPM has: no more than one command. */
export async function ekCertificateIndices(client: TpmClient): Promise<number[]> {
  const first = ekTemplates[0]?.index ?? 0;
  const { parameters } = await client.call("GetCapability", {
    parameters: { capability: "TPM_CAP_HANDLES", property: first, propertyCount: 64 },
  });
  const { data } = parameters.capabilityData as { data: readonly number[] };
  return data.filter((handle) => ekTemplates.some(({ index }) => index === handle));
}

/**
 * The EK certificates that a TPM has, in the order of their templates. It must have been started.
 * @throws TpmError when one of them can't be read.
 */
export async function readEkCertificates(client: TpmClient): Promise<StoredCertificate[]> {
  const present = await ekCertificateIndices(client);
  const found: StoredCertificate[] = [];
  for (const { name, key, index } of ekTemplates) {
    if (!present.includes(index)) continue;
    found.push({ template: name, key, index, certificate: await readCertificate(client, index) });
  }
  return found;
}

/** What an NV Index holds that anybody may read. @throws TpmError */
export async function readCertificate(client: TpmClient, nvIndex: number): Promise<Uint8Array> {
  const { parameters } = await client.call("NV_ReadPublic", { handles: { nvIndex } });
  const { dataSize } = parameters.nvPublic as OutputOf<"TPMS_NV_PUBLIC">;
  const certificate = new Uint8Array(dataSize);
  for (let offset = 0; offset < dataSize; offset += PIECE) {
    const size = Math.min(PIECE, dataSize - offset);
    const read = await client.call("NV_Read", {
      handles: { authHandle: nvIndex, nvIndex },
      parameters: { size, offset },
    });
    certificate.set(read.parameters.data, offset);
  }
  return certificate;
}
