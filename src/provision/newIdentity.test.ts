import { beforeAll, describe, expect, it } from "vitest";
import { type CommandInput, TpmClient, TpmError } from "../client/index.ts";
import { createTpm } from "../node/index.ts";
import {
  ekCertificateIndices,
  ekTemplates,
  newIdentityState,
  PLATFORM_CERTIFICATE_INDEX,
  readCertificate,
} from "./index.ts";
import { writeCertificate } from "./nvIndex.ts";
import { changedState, reconfiguredState } from "./provision.ts";

const NOTHING = new Uint8Array(0);
const OWNERS = 0x1500001;
const PLATFORMS = 0x1400001;
const CERTIFICATE = 0x1c0000a;
const PERSISTENT = 0x81000001;
const SHA256 = 0xb;

type Seed = "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT" | "TPM_RH_PLATFORM";

const primary = (primaryHandle: Seed) => {
  const { publicArea } = ekTemplates.find(({ index }) => index === CERTIFICATE)!;
  const inSensitive = { userAuth: NOTHING, data: NOTHING };
  const parameters = { inSensitive, inPublic: publicArea, outsideInfo: NOTHING, creationPCR: [] };
  return { handles: { primaryHandle }, parameters } as CommandInput<"CreatePrimary">;
};

/** The public key that a hierarchy makes of one template, in hexadecimal. */
async function publicKey(client: TpmClient, hierarchy: Seed): Promise<string> {
  const { handles, parameters } = await client.call("CreatePrimary", primary(hierarchy));
  await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
  const { unique } = parameters.outPublic as unknown as { unique: { x: Uint8Array } };
  return Buffer.from(unique.x).toString("hex");
}

const keys = async (client: TpmClient) => [
  await publicKey(client, "TPM_RH_ENDORSEMENT"),
  await publicKey(client, "TPM_RH_OWNER"),
  await publicKey(client, "TPM_RH_PLATFORM"),
];

async function withTpm<T>(permanent: Uint8Array, work: (client: TpmClient) => Promise<T>): Promise<T> {
  const tpm = createTpm();
  try {
    await tpm.newTpm({ permanent });
    await tpm.powerOn();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    return await work(client);
  } finally {
    await tpm.close();
  }
}

const defineSpace = (client: TpmClient, authHandle: Seed, nvIndex: number, attributes: number) =>
  client.call("NV_DefineSpace", {
    handles: { authHandle },
    parameters: {
      auth: NOTHING,
      publicInfo: { nvIndex, nameAlg: "TPM_ALG_SHA256", attributes, authPolicy: NOTHING, dataSize: 4 },
    },
  });

const banks = async (client: TpmClient) => {
  const parameters = { capability: "TPM_CAP_PCRS", property: 0, propertyCount: 1 } as const;
  const { capabilityData } = (await client.call("GetCapability", { parameters })).parameters;
  return (capabilityData as { data: readonly { hash: number; pcrSelect: Uint8Array }[] }).data;
};

/** What one of the handles in this range is. */
const handlesFrom = async (client: TpmClient, property: number) => {
  const parameters = { capability: "TPM_CAP_HANDLES", property, propertyCount: 64 } as const;
  const { capabilityData } = (await client.call("GetCapability", { parameters })).parameters;
  return (capabilityData as { data: readonly number[] }).data;
};

describe("a TPM with a new identity", () => {
  let old: Uint8Array;
  let fresh: Uint8Array;
  let before: string[];

  beforeAll(async () => {
    const maker = createTpm({ profile: "libtpms-0.9" });
    await maker.newTpm({ permanent: await reconfiguredState(maker, { pcrBanks: [SHA256] }) });
    old = await changedState(maker, undefined, async (client) => {
      before = await keys(client);
      await writeCertificate(client, CERTIFICATE, Uint8Array.of(1, 2, 3), true);
      await writeCertificate(client, PLATFORM_CERTIFICATE_INDEX, Uint8Array.of(4), false);
      // OWNERWRITE, OWNERREAD, AUTHREAD; PPWRITE, PPREAD, AUTHREAD, NO_DA, PLATFORMCREATE.
      await defineSpace(client, "TPM_RH_OWNER", OWNERS, 0x60002);
      await defineSpace(client, "TPM_RH_PLATFORM", PLATFORMS, 0x42050001);
      const handles = { authHandle: "TPM_RH_PLATFORM" as const, nvIndex: PLATFORMS };
      await client.call("NV_Write", { handles, parameters: { data: Uint8Array.of(1, 2, 3, 4), offset: 0 } });
      const { handles: made } = await client.call("CreatePrimary", primary("TPM_RH_OWNER"));
      await client.call("EvictControl", {
        handles: { auth: "TPM_RH_OWNER", objectHandle: made.objectHandle },
        parameters: { persistentHandle: PERSISTENT },
      });
      for (const authHandle of ["TPM_RH_OWNER", "TPM_RH_ENDORSEMENT", "TPM_RH_LOCKOUT"] as const) {
        const parameters = { newAuth: new TextEncoder().encode("mine") };
        // The last of them also forbids TPM2_Clear, which needs lockoutAuth.
        if (authHandle === "TPM_RH_LOCKOUT") {
          await client.call("ClearControl", { handles: { auth: authHandle }, parameters: { disable: 1 } });
        }
        await client.call("HierarchyChangeAuth", { handles: { authHandle }, parameters });
      }
    });
    const source = createTpm();
    await source.newTpm({ permanent: old });
    fresh = await newIdentityState(source, { authority: null });
    await source.close();
    await maker.close();
  });

  it("makes other keys from each of its seeds, and a clone the same", async () => {
    const made = await withTpm(fresh, keys);
    const again = await withTpm(fresh.slice(), keys);
    expect(again).toEqual(made);
    const [endorsement, owner, platform] = made;
    const [oldEndorsement, oldOwner, oldPlatform] = before;
    expect([endorsement === oldEndorsement, owner === oldOwner, platform === oldPlatform]).toEqual([
      false,
      false,
      false,
    ]);
    // Of the old one, the platform's seed can still be asked, and gives what it gave.
    expect(await withTpm(old, (client) => publicKey(client, "TPM_RH_PLATFORM"))).toBe(oldPlatform);
  });

  it("has nothing of the old owner's, and no password", async () => {
    await withTpm(old, async (client) => {
      expect(await handlesFrom(client, 0x81000000)).toContain(PERSISTENT);
      await expect(client.call("Clear", { handles: { authHandle: "TPM_RH_LOCKOUT" } })).rejects.toThrow(TpmError);
    });
    await withTpm(fresh, async (client) => {
      expect(await handlesFrom(client, 0x81000000)).toEqual([]);
      expect(await handlesFrom(client, 0x1000000)).toEqual([PLATFORMS]);
      await client.call("Clear", { handles: { authHandle: "TPM_RH_LOCKOUT" } });
    });
  });

  it("has the platform's data, its PCR banks and its profile, and no certificate of keys that are gone", async () => {
    const [before, after] = [await withTpm(old, banks), await withTpm(fresh, banks)];
    expect(after).toEqual(before);
    await withTpm(fresh, async (client) => {
      expect(await readCertificate(client, PLATFORMS)).toEqual(Uint8Array.of(1, 2, 3, 4));
      expect(await ekCertificateIndices(client)).toEqual([]);
    });
    const tpm = createTpm();
    await tpm.newTpm({ permanent: fresh });
    expect(tpm.state().profile).toBe("libtpms-0.9");
    await tpm.close();
  });
});
