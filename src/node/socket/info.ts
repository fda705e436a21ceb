/** What CMD_GET_INFO tells about the TPM: taken from a TPM of the same profile, whether or not this one is started. */
import { type InputOf, TpmClient, TpmError, type TpmStructure } from "../../client/index.ts";
import type { TpmProfile } from "../../public.ts";
import { algorithms, TPM_ALG } from "../../spec/algorithms.ts";
import type { TPM_CAP } from "../../spec/constants.ts";
import { TPM_PT } from "../../spec/properties.ts";
import { createTpm } from "../index.ts";
import { availableProfiles } from "../profiles.ts";

const SPECIFICATION = 1;
const ATTRIBUTES = 2;
const FEATURES = 4;
const ACTIVE_PROFILE = 0x20;
const AVAILABLE_PROFILES = 0x40;

/** The properties of a TPM of this profile that CMD_GET_INFO is about. */
export interface TpmDescription {
  level: number;
  revision: number;
  manufacturer: number;
  firmwareVersion: number;
  rsaKeySizes: number[];
  camelliaKeySizes: number[];
  profile: TpmProfile;
}

/** @returns JSON in swtpm's form, of the parts that `flags` asks for. */
export function formatInfo(description: TpmDescription, flags: number): string {
  const { level, revision, manufacturer, firmwareVersion, rsaKeySizes, camelliaKeySizes } = description;
  const id = (value: number) => `id:${value.toString(16).toUpperCase().padStart(8, "0")}`;
  return JSON.stringify({
    ...(flags & SPECIFICATION && { TPMSpecification: { family: "2.0", level, revision } }),
    ...(flags & ATTRIBUTES && {
      TPMAttributes: { manufacturer: id(manufacturer), version: id(firmwareVersion), model: "tabtpm" },
    }),
    ...(flags & FEATURES && {
      TPMFeatures: {
        ...(rsaKeySizes.length > 0 && { RSAKeySizes: rsaKeySizes }),
        ...(camelliaKeySizes.length > 0 && { CamelliaKeySizes: camelliaKeySizes }),
      },
    }),
    ...(flags & ACTIVE_PROFILE && { ActiveProfile: { Name: description.profile } }),
    ...(flags & AVAILABLE_PROFILES && { AvailableProfiles: availableProfiles() }),
  });
}

/** Asks a throw-away TPM, so that the one that is served notices nothing. */
export async function describeTpm(profile: TpmProfile): Promise<TpmDescription> {
  const tpm = createTpm({ profile });
  try {
    await tpm.powerOn();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const plain = { symmetric: { algorithm: "TPM_ALG_NULL" }, scheme: { scheme: "TPM_ALG_NULL" } } as const;
    return {
      profile,
      level: await property(client, "TPM_PT_LEVEL"),
      revision: await property(client, "TPM_PT_REVISION"),
      manufacturer: await property(client, "TPM_PT_MANUFACTURER"),
      firmwareVersion: await property(client, "TPM_PT_FIRMWARE_VERSION_1"),
      rsaKeySizes: await keySizes(client, "TPM_ALG_RSA", (keyBits) => ({
        type: "TPM_ALG_RSA",
        parameters: { ...plain, keyBits, exponent: 0 },
      })),
      camelliaKeySizes: await keySizes(client, "TPM_ALG_CAMELLIA", (keyBits) => ({
        type: "TPM_ALG_SYMCIPHER",
        parameters: { sym: { algorithm: "TPM_ALG_CAMELLIA", keyBits, mode: "TPM_ALG_CFB" } },
      })),
    };
  } finally {
    await tpm.close();
  }
}

/** The first one from `property` on; empty when there is none. */
async function capabilityFrom(
  client: TpmClient,
  capability: keyof typeof TPM_CAP,
  property: number,
): Promise<TpmStructure> {
  const { parameters } = await client.call("GetCapability", { parameters: { capability, property, propertyCount: 1 } });
  const { data } = parameters.capabilityData as TpmStructure;
  return (data as readonly TpmStructure[])[0] ?? {};
}

async function property(client: TpmClient, name: keyof typeof TPM_PT): Promise<number> {
  const { value } = await capabilityFrom(client, "TPM_CAP_TPM_PROPERTIES", TPM_PT[name]);
  return Number(value);
}

/** TPM2_TestParms says which of the registry's key sizes there are. */
async function keySizes(
  client: TpmClient,
  name: "TPM_ALG_RSA" | "TPM_ALG_CAMELLIA",
  parametersFor: (keyBits: number) => InputOf<"TPMT_PUBLIC_PARMS">,
): Promise<number[]> {
  const { alg } = await capabilityFrom(client, "TPM_CAP_ALGS", TPM_ALG[name]);
  if (alg !== TPM_ALG[name]) return [];
  const sizes: number[] = [];
  for (const keyBits of algorithms[name].keyBits) {
    try {
      await client.call("TestParms", { parameters: { parameters: parametersFor(keyBits) } });
      sizes.push(keyBits);
    } catch (error) {
      if (!(error instanceof TpmError)) throw error;
    }
  }
  return sizes;
}
