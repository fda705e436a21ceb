import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { TpmClient, type TpmError } from "../client/index.ts";
import { createTpm } from "../node/index.ts";
import { TPM_RC } from "../spec/responseCodes.ts";
import { createAuthority, type DemoAuthority } from "./certificates.ts";
import { type ProvisionProgress, provisionedState, readEkCertificates, type StoredCertificate } from "./index.ts";
import { type Key, subjectPublicKeyInfo } from "./publicKey.ts";
import { ekTemplates } from "./templates.ts";

const NOTHING = new Uint8Array(0);

/** A TPM of its own with this state, started. */
async function started(permanent: Uint8Array): Promise<TpmClient> {
  const tpm = createTpm();
  await tpm.newTpm({ permanent });
  await tpm.powerOn();
  const client = new TpmClient(tpm);
  await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
  return client;
}

/** What `tpm2_createek` does. */
async function ek(client: TpmClient, name: string): Promise<Uint8Array> {
  const { handles, parameters } = await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_ENDORSEMENT" },
    parameters: {
      inSensitive: { userAuth: NOTHING, data: NOTHING },
      inPublic: ekTemplates.find((template) => template.name === name)?.publicArea ?? null,
      outsideInfo: NOTHING,
      creationPCR: [],
    },
  });
  await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
  return subjectPublicKeyInfo(parameters.outPublic as unknown as Key);
}
const spkiOf = ({ certificate }: StoredCertificate) =>
  new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });

describe("a provisioned TPM", () => {
  let authority: DemoAuthority;
  let state: Uint8Array;
  const progress: ProvisionProgress[] = [];

  beforeAll(async () => {
    authority = await createAuthority();
    const onProgress = (step: ProvisionProgress) => progress.push(step);
    state = await provisionedState(createTpm(), { authority, onProgress });
  }, 120_000);

  it("has a certificate for each template of the profile, where clients look", async () => {
    const found = await readEkCertificates(await started(state));
    expect(found.map(({ template, index }) => [template, index.toString(16)])).toEqual([
      ["L-1", "1c00002"],
      ["L-2", "1c0000a"],
      ["H-1", "1c00012"],
      ["H-2", "1c00014"],
      ["H-3", "1c00016"],
      ["H-4", "1c00018"],
      ["H-5", "1c0001a"],
      ["H-6", "1c0001c"],
      ["H-7", "1c0001e"],
    ]);
    const ca = new X509Certificate(authority.certificate);
    for (const { template, key, certificate } of found) {
      const parsed = new X509Certificate(certificate);
      expect([template, parsed.verify(ca.publicKey), parsed.checkIssued(ca)]).toEqual([template, true, true]);
      expect(parsed.subject).toBe(`CN=tabtpm demo EK ${template} ${key}`);
      expect(certificate.length).toBe(parsed.raw.length);
    }
    expect(new Set(found.map(({ certificate }) => new X509Certificate(certificate).serialNumber)).size).toBe(9);
  });

  it("told how far it was", () => {
    expect(progress.map(({ done, total }) => [done, total])).toEqual(Array.from({ length: 10 }, (_, i) => [i, 9]));
    expect(progress.map(({ making }) => making).slice(7)).toEqual(["RSA 3072 (H-6)", "RSA 4096 (H-7)", ""]);
  });

  it("makes the keys of its certificates from its templates", async () => {
    const client = await started(state);
    for (const stored of await readEkCertificates(client)) {
      // The large ones take long, and are made as the small ones are.
      if (["RSA 3072", "RSA 4096"].includes(stored.key)) continue;
      const made = Buffer.from(await ek(client, stored.template));
      // node:crypto does not print SM2 keys as it reads them: compare where the key lies in the certificate.
      if (stored.template === "H-5") expect(Buffer.from(stored.certificate).includes(made)).toBe(true);
      else expect(made).toEqual(spkiOf(stored));
    }
  });

  it("has them in Indices like swtpm_setup's", async () => {
    const client = await started(state);
    const { parameters } = await client.call("NV_ReadPublic", { handles: { nvIndex: 0x01c00002 } });
    // Seen in `tpm2_nvreadpublic` of a TPM that swtpm_setup 0.7.1 made.
    expect(parameters.nvPublic).toMatchObject({ attributes: 0x62072001, nameAlg: 0x000b, authPolicy: NOTHING });
  });

  it("keeps the certificates over ChangeEPS, but not their keys, as real TPMs do", async () => {
    const client = await started(state);
    const before = await readEkCertificates(client);
    await client.call("ChangeEPS", { handles: { authHandle: "TPM_RH_PLATFORM" } });
    expect(await readEkCertificates(client)).toEqual(before);
    const [l2] = before.filter(({ template }) => template === "L-2");
    expect(Buffer.from(await ek(client, "L-2"))).not.toEqual(spkiOf(l2 as StoredCertificate));
  });

  it("keeps both over Clear", async () => {
    const client = await started(state);
    const before = await readEkCertificates(client);
    await client.call("Clear", { handles: { authHandle: "TPM_RH_PLATFORM" } });
    expect(await readEkCertificates(client)).toEqual(before);
    const [l2] = before.filter(({ template }) => template === "L-2");
    expect(Buffer.from(await ek(client, "L-2"))).toEqual(spkiOf(l2 as StoredCertificate));
  });

  it("lets nobody without the platform's authorization delete a certificate", async () => {
    const client = await started(state);
    const handles = { authHandle: "TPM_RH_OWNER", nvIndex: 0x01c00002 } as const;
    await expect(client.call("NV_UndefineSpace", { handles })).rejects.toMatchObject({
      decoded: { name: "TPM_RC_NV_AUTHORIZATION" },
    });
  });
});

describe("provisioning", () => {
  it("locks the certificates and sets the PCR banks when told", async () => {
    const authority = await createAuthority();
    const tpm = createTpm({ profile: "libtpms-0.9" });
    const state = await provisionedState(tpm, { authority, lockNv: true, pcrBanks: [0x000b, 0x000d] });
    const client = await started(state);
    const { parameters } = await client.call("GetCapability", {
      parameters: { capability: "TPM_CAP_PCRS", property: 0, propertyCount: 1 },
    });
    const { data } = parameters.capabilityData as { data: readonly { hash: number; pcrSelect: Uint8Array }[] };
    expect(data.map(({ hash, pcrSelect }) => [hash, Buffer.from(pcrSelect).toString("hex")])).toEqual([
      [0x0004, "000000"],
      [0x000b, "ffffff"],
      [0x000c, "000000"],
      [0x000d, "ffffff"],
    ]);
    const found = await readEkCertificates(client);
    // libtpms 0.9 has no SM4 and no RSA 4096.
    expect(found.map(({ template }) => template)).toEqual(["L-1", "L-2", "H-1", "H-2", "H-3", "H-4", "H-6"]);
    const write = client.call("NV_Write", {
      handles: { authHandle: "TPM_RH_PLATFORM", nvIndex: 0x01c0000a },
      parameters: { data: NOTHING, offset: 0 },
    });
    expect(await write.catch((error: TpmError) => error.code)).toBe(TPM_RC.TPM_RC_NV_LOCKED);
  }, 120_000);

  it("ends when told, at once, and leaves the TPM without power", async () => {
    const authority = await createAuthority();
    const abort = new AbortController();
    const tpm = createTpm();
    const onProgress = ({ done }: ProvisionProgress) => {
      if (done === 1) abort.abort(new Error("enough"));
    };
    await expect(provisionedState(tpm, { authority, onProgress, signal: abort.signal })).rejects.toThrow("enough");
    expect(tpm.power).toBe("off");
  });

  it("is refused by a TPM that has certificates", async () => {
    const authority = await createAuthority();
    const tpm = createTpm();
    await tpm.powerOn();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    await client.call("NV_DefineSpace", {
      handles: { authHandle: "TPM_RH_PLATFORM" },
      parameters: {
        auth: NOTHING,
        publicInfo: {
          nvIndex: 0x01c00002,
          nameAlg: "TPM_ALG_SHA256",
          attributes: 0x42072001,
          authPolicy: NOTHING,
          dataSize: 8,
        },
      },
    });
    await expect(provisionedState(tpm, { authority })).rejects.toMatchObject({
      decoded: { name: "TPM_RC_NV_DEFINED" },
    });
  });
});
