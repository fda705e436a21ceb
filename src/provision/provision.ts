/** What a TPM's manufacturer does before it ships one: EK certificates, and which PCR banks are active. */
import { type InputOf, TpmClient, TpmError } from "../client/index.ts";
import type { Tpm } from "../engine/api.ts";
import { TPM_PT } from "../spec/properties.ts";
import type { DemoAuthority, PlatformIdentity, TpmIdentity } from "./certificates.ts";
import { PLATFORM_CERTIFICATE_INDEX, writeCertificate } from "./nvIndex.ts";
import { type Key, subjectPublicKeyInfo } from "./publicKey.ts";
import { type EkTemplate, ekTemplates } from "./templates.ts";

export interface ProvisionProgress {
  /** EK certificates that are in place, and how many there will be. */
  readonly done: number;
  readonly total: number;
  /** What is made now: "RSA 2048 (L-1)". Empty at the end. */
  readonly making: string;
}

export interface ProvisionOptions {
  /** Signs the certificates. */
  readonly authority: DemoAuthority;
  /** The PCR banks to be active from the first start on, by TPM_ALG_ID. Default: those that are. */
  readonly pcrBanks?: readonly number[] | undefined;
  /** Makes a platform certificate, too, of the first Endorsement Key. */
  readonly platform?: PlatformIdentity | undefined;
  /** The common name in all certificates, such as the name of a virtual machine; by default it says which key it is. */
  readonly subject?: string | undefined;
  /** Locks the certificates against writing. */
  readonly lockNv?: boolean | undefined;
  readonly onProgress?: ((progress: ProvisionProgress) => void) | undefined;
  /** Cuts the TPM's power, in {@link provisionedState}. */
  readonly signal?: AbortSignal | undefined;
}

const NOTHING = new Uint8Array(0);
/** So many of the fixed properties hold what is asked for. */
const PROPERTIES = 16;

/**
 * Provisions a new TPM that has no power, and takes its permanent state: to be given to {@link Tpm.newTpm} or to a store,
 * so that what is half done is nowhere. The TPM itself, best one in memory, is left without power.
 * @throws TpmError when the TPM refuses: it is not new, or full.
 */
export async function provisionedState(tpm: Tpm, options: ProvisionOptions): Promise<Uint8Array> {
  return changedState(tpm, options.signal, (client) => provision(client, options));
}

/**
 * Sets the active PCR banks of a TPM that has no power, and takes its permanent state.
 * @param banks by TPM_ALG_ID. @throws TpmError when the TPM refuses.
 */
export function reconfiguredState(
  tpm: Tpm,
  { pcrBanks, signal }: { pcrBanks: readonly number[]; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  return changedState(tpm, signal, (client) => allocate(client, pcrBanks));
}

/** @returns the state of a TPM that had no power, and was started, changed and shut down. */
export async function changedState(
  tpm: Tpm,
  signal: AbortSignal | undefined,
  change: (client: TpmClient) => Promise<void>,
): Promise<Uint8Array> {
  const cutPower = () => void tpm.powerOff();
  await tpm.powerOn();
  signal?.addEventListener("abort", cutPower);
  try {
    signal?.throwIfAborted();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    await change(client);
    await client.call("Shutdown", { parameters: { shutdownType: "TPM_SU_CLEAR" } });
  } catch (error) {
    // Without power there are no answers: the reason is the signal's.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", cutPower);
    await tpm.powerOff();
  }
  const state = await tpm.exportState();
  if (state === null) throw new Error("The TPM's store has nothing, although the TPM stored its certificates there.");
  return state;
}

/**
 * Makes the EK certificates of all templates that the TPM can make keys of, and sets its PCR banks. It must have been
 * started, and its hierarchies have no authValues.
 * @throws TpmError
 */
export async function provision(client: TpmClient, options: ProvisionOptions): Promise<void> {
  const { authority, pcrBanks, lockNv = false, platform, onProgress } = options;
  // Loaded by those who provision, who wait anyway.
  const { ekCertificate, platformCertificate } = await import("./certificates.ts");
  const identity = await identityOf(client);
  const templates: EkTemplate[] = [];
  for (const template of ekTemplates) if (await isSupported(client, template)) templates.push(template);
  const total = templates.length;
  for (const [done, template] of templates.entries()) {
    const { name, key, index, publicArea } = template;
    onProgress?.({ done, total, making: `${key} (${name})` });
    const publicKey = subjectPublicKeyInfo(await createEk(client, template));
    const usage = publicArea.type === "TPM_ALG_RSA" ? "keyEncipherment" : "keyAgreement";
    const subject = options.subject ?? `tabtpm demo EK ${name} ${key}`;
    await writeCertificate(client, index, await ekCertificate(authority, identity, publicKey, subject, usage), lockNv);
    if (platform === undefined || done > 0) continue;
    const owner = options.subject ?? "tabtpm demo platform";
    const certificate = await platformCertificate(authority, platform, publicKey, owner, usage);
    await writeCertificate(client, PLATFORM_CERTIFICATE_INDEX, certificate, lockNv);
  }
  if (pcrBanks !== undefined) await allocate(client, pcrBanks);
  onProgress?.({ done: total, total, making: "" });
}

async function isSupported(client: TpmClient, { publicArea }: EkTemplate): Promise<boolean> {
  const { type, parameters } = publicArea;
  try {
    await client.call("TestParms", {
      parameters: { parameters: { type, parameters } as InputOf<"TPMT_PUBLIC_PARMS"> },
    });
    return true;
  } catch (error) {
    // The profile lacks the key size, the curve or the cipher.
    if (error instanceof TpmError && error.decoded.about === "parameter") return false;
    throw error;
  }
}

/** @returns the TPMT_PUBLIC; the key itself is made again by whoever needs it. */
async function createEk(client: TpmClient, { publicArea }: EkTemplate): Promise<Key> {
  const { handles, parameters } = await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_ENDORSEMENT" },
    parameters: {
      inSensitive: { userAuth: NOTHING, data: NOTHING },
      inPublic: publicArea,
      outsideInfo: NOTHING,
      creationPCR: [],
    },
  });
  await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
  return parameters.outPublic as unknown as Key;
}

/** What goes into the certificates of a TPM: it says so itself. */
async function identityOf(client: TpmClient): Promise<TpmIdentity> {
  const { parameters } = await client.call("GetCapability", {
    parameters: { capability: "TPM_CAP_TPM_PROPERTIES", property: TPM_PT.PT_FIXED, propertyCount: PROPERTIES },
  });
  const { data } = parameters.capabilityData as { data: readonly { property: number; value: number }[] };
  const value = (property: number) => data.find((tagged) => tagged.property === property)?.value ?? 0;
  return {
    manufacturer: value(TPM_PT.TPM_PT_MANUFACTURER),
    model: [0, 1, 2, 3].map((i) => text(value(TPM_PT.TPM_PT_VENDOR_STRING_1 + i))).join(""),
    version: value(TPM_PT.TPM_PT_FIRMWARE_VERSION_1),
    family: text(value(TPM_PT.TPM_PT_FAMILY_INDICATOR)),
    level: value(TPM_PT.TPM_PT_LEVEL),
    revision: value(TPM_PT.TPM_PT_REVISION),
  };
}

/** Four characters in a UINT32, as far as they are any. */
function text(value: number): string {
  const octets = [value >>> 24, value >>> 16, value >>> 8, value].map((octet) => octet & 0xff);
  return String.fromCharCode(...octets.filter((octet) => octet !== 0)).trim();
}

/** Activates these banks, with all their PCRs, and no others. */
async function allocate(client: TpmClient, banks: readonly number[]): Promise<void> {
  const { parameters } = await client.call("GetCapability", {
    parameters: { capability: "TPM_CAP_PCRS", property: 0, propertyCount: 1 },
  });
  const { data } = parameters.capabilityData as { data: readonly { hash: number; pcrSelect: Uint8Array }[] };
  const known = data.map(({ hash }) => hash);
  const pcrAllocation = [...known, ...banks.filter((bank) => !known.includes(bank))].map((hash) => ({
    hash,
    pcrSelect: new Uint8Array(3).fill(banks.includes(hash) ? 0xff : 0),
  }));
  const done = await client.call("PCR_Allocate", {
    handles: { authHandle: "TPM_RH_PLATFORM" },
    parameters: { pcrAllocation },
  });
  if (done.parameters.allocationSuccess !== 1) throw new Error("The TPM can't have these PCR banks active.");
}
