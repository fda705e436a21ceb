/** What tests of saved states do with a TPM, and look at. */

import type { TpmInspection } from "../../engine/inspection.ts";
import { attributeBits } from "../../spec/attributes.ts";
import { TPM_NT } from "../../spec/constants.ts";
import type { TpmClient } from "../index.ts";
import { made, signingKey } from "./keys.ts";

const NOTHING = new Uint8Array(0);
const NO_DA = attributeBits("TPMA_OBJECT", "noDA");

export const startup = (client: TpmClient) => client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });

/** Extends PCR 16. */
export const extend = (client: TpmClient) =>
  client.call("PCR_Event", { handles: { pcrHandle: 16 }, parameters: { eventData: Uint8Array.of(1, 2, 3) } });
/** PCR 16 of the SHA-256 bank, in hexadecimal digits. */
export async function pcr16(tpm: { inspect(): Promise<TpmInspection> }): Promise<string> {
  const { banks } = (await tpm.inspect()).pcrs;
  const value = banks.find(({ hashAlg }) => hashAlg === "TPM_ALG_SHA256")?.values.get(16);
  if (value === undefined) throw new Error("there is no PCR 16");
  return Buffer.from(value).toString("hex");
}

/** Changes the permanent state: the owner's authValue, which is empty before. */
export const changeAuth = (client: TpmClient) =>
  client.call("HierarchyChangeAuth", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: { newAuth: Uint8Array.of(1) },
  });

/** An NV index of 8 octets, for whoever knows its authValue. @param without attributes that it does not get */
export async function define(
  client: TpmClient,
  nvIndex: number,
  type: keyof typeof TPM_NT = "TPM_NT_ORDINARY",
  without = 0,
  auth = NOTHING,
) {
  const bits = attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE", "OWNERREAD", "OWNERWRITE", "NO_DA");
  await client.call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: {
      auth,
      publicInfo: {
        nvIndex,
        nameAlg: "TPM_ALG_SHA256",
        attributes: (bits & ~without) | (TPM_NT[type] << 4),
        authPolicy: NOTHING,
        dataSize: 8,
      },
    },
  });
}
/** Of an NV counter without an authValue. */
export const increment = (client: TpmClient, nvIndex: number) =>
  client.call("NV_Increment", { handles: { authHandle: nvIndex, nvIndex } });
/** What an NV counter without an authValue has. */
export const count = async (client: TpmClient, nvIndex: number) => {
  const { parameters } = await client.call("NV_Read", {
    handles: { authHandle: nvIndex, nvIndex },
    parameters: { size: 8, offset: 0 },
  });
  return Buffer.from(parameters.data as Uint8Array).readBigUInt64BE();
};

/** A signing key of P-256, which the hierarchy makes again each time. @returns its Name, in hexadecimal digits */
export async function persist(
  client: TpmClient,
  persistentHandle: number,
  hierarchy: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT",
) {
  const { handles, parameters } = await client.call("CreatePrimary", {
    handles: { primaryHandle: hierarchy },
    parameters: made({ ...signingKey, objectAttributes: signingKey.objectAttributes | NO_DA }),
  });
  await client.call("EvictControl", {
    handles: { auth: "TPM_RH_OWNER", objectHandle: handles.objectHandle },
    parameters: { persistentHandle },
  });
  await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
  return Buffer.from(parameters.name as Uint8Array).toString("hex");
}

/** 32 octets of the TPM's, in hexadecimal digits. */
export const random = async (client: TpmClient) =>
  Buffer.from(
    (await client.call("GetRandom", { parameters: { bytesRequested: 32 } })).parameters.randomBytes as Uint8Array,
  ).toString("hex");
/** TPMS_CLOCK_INFO, or what tests ask of it. */
export const clockOf = async (client: TpmClient) =>
  (
    (await client.call("ReadClock", {})).parameters.currentTime as unknown as {
      clockInfo: { clock: bigint; safe: number; resetCount: number };
    }
  ).clockInfo;
