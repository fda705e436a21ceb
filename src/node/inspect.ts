/** `tabtpm inspect`: what a stored TPM holds, without its lock, without changing it, and without its secrets. */
import { X509Certificate } from "node:crypto";
import { TpmClient, TpmError, type TpmStructure, type TpmValue } from "../client/index.ts";
import { ekCertificateIndices, ekTemplates, PLATFORM_CERTIFICATE_INDEX, readCertificate } from "../provision/index.ts";
import { type AttributeName, hasAttribute } from "../spec/attributes.ts";
import type { TPM_CAP } from "../spec/constants.ts";
import { TPM_HC } from "../spec/handles.ts";
import { TPM_PT } from "../spec/properties.ts";
import { FileStore } from "../store/file.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { sealedFor } from "../store/seal.ts";
import { nameHandle, nameNumber } from "../trace/names.ts";
import { UsageError } from "./errors.ts";
import { createTpm } from "./index.ts";
import { parseOptions } from "./parse.ts";
import type { Streams } from "./terminal.ts";

export const INSPECT_HELP = `Usage: tabtpm inspect --state DIR

Prints what the TPM in this folder holds, as it will be after its next start: counters, authorizations and policies
that are set, PCR banks, NV indices, persistent objects, EK certificates. Never a secret. The TPM may be in use; nothing is changed.
`;

/** @returns undefined when help is asked for. @throws UsageError */
export function parseInspectOptions(argv: readonly string[]): { dir: string } | undefined {
  const values = parseOptions("inspect", argv, { state: { type: "string" }, help: { type: "boolean", short: "h" } });
  if (values.help) return undefined;
  if (!values.state) throw new UsageError("--state needs the name of a folder.");
  return { dir: values.state };
}

export async function inspect({ dir }: { dir: string }, streams: Streams): Promise<void> {
  const blob = await new FileStore({ dir }).exportBlob();
  if (blob === null) throw new Error(`There is no TPM in ${dir}.`);
  if (sealedFor(blob)) throw new Error(`The TPM in ${dir} is encrypted (tabtpm socket --key), and can't be inspected.`);
  streams.stdout.write(`${(await describeState(blob)).join("\n")}\n`);
}

/** @param blob the permanent state. @returns lines of text. @throws TpmStateError when it can't be used. */
export async function describeState(blob: Uint8Array): Promise<string[]> {
  // A copy of the TPM in memory is started and asked: what it tells anybody is no secret.
  const medium = new MemoryMedium();
  medium.blob = blob;
  const tpm = createTpm({ store: new MemoryStore(medium) });
  try {
    await tpm.powerOn();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    return [
      `profile: ${tpm.state().profile}`,
      `state: ${blob.length} bytes`,
      ...(await describeProperties(client)),
      ...(await describePolicies(client)),
      ...(await describePcrs(client)),
      ...(await describeNvIndices(client)),
      ...(await describePersistentObjects(client)),
      ...(await describeCertificates(client)),
    ];
  } finally {
    await tpm.close();
  }
}

/** All structures of one capability, from `first` on. */
async function list(client: TpmClient, capability: keyof typeof TPM_CAP, first: number): Promise<TpmStructure[]> {
  const { parameters } = await client.call("GetCapability", {
    parameters: { capability, property: first, propertyCount: 127 },
  });
  const { data } = parameters.capabilityData as TpmStructure;
  return [...(data as readonly TpmStructure[])];
}

/** Handles of one type. */
async function handles(client: TpmClient, first: number): Promise<number[]> {
  return (await list(client, "TPM_CAP_HANDLES", first)) as unknown as number[];
}

async function describeProperties(client: TpmClient): Promise<string[]> {
  const properties = new Map(
    (await list(client, "TPM_CAP_TPM_PROPERTIES", TPM_PT.PT_VAR)).map(({ property, value }) => [property, value]),
  );
  const value = (property: keyof typeof TPM_PT) => Number(properties.get(TPM_PT[property]) ?? 0);
  const permanent = value("TPM_PT_PERMANENT");
  const isOrderly = hasAttribute("TPMA_STARTUP_CLEAR", value("TPM_PT_STARTUP_CLEAR"), "orderly");
  const { parameters } = await client.call("ReadClock", {});
  const { clockInfo } = parameters.currentTime as TpmStructure;
  const { clock, resetCount, restartCount } = clockInfo as TpmStructure;
  const isSet = (bit: AttributeName<"TPMA_PERMANENT">) =>
    hasAttribute("TPMA_PERMANENT", permanent, bit) ? "set" : "not set";
  const yesNo = (bit: AttributeName<"TPMA_PERMANENT">) =>
    hasAttribute("TPMA_PERMANENT", permanent, bit) ? "yes" : "no";
  const audited = (BigInt(value("TPM_PT_AUDIT_COUNTER_0")) << 32n) | BigInt(value("TPM_PT_AUDIT_COUNTER_1"));
  return [
    `last shutdown: ${isOrderly ? "orderly" : "not orderly"}`,
    `resets: ${resetCount}`,
    `restarts since the last reset: ${restartCount}`,
    `clock: ${clock} ms`,
    `owner authorization: ${isSet("ownerAuthSet")}`,
    `endorsement authorization: ${isSet("endorsementAuthSet")}`,
    `lockout authorization: ${isSet("lockoutAuthSet")}`,
    `TPM2_Clear disabled: ${yesNo("disableClear")}`,
    `dictionary attack: ${value("TPM_PT_LOCKOUT_COUNTER")} of ${value("TPM_PT_MAX_AUTH_FAIL")} failures, one forgotten every ${value("TPM_PT_LOCKOUT_INTERVAL")} s, lockout recovery ${value("TPM_PT_LOCKOUT_RECOVERY")} s`,
    `in lockout: ${yesNo("inLockout")}`,
    `audited commands so far: ${audited}`,
    `room: ${value("TPM_PT_HR_PERSISTENT_AVAIL")} more persistent objects, ${value("TPM_PT_NV_COUNTERS_AVAIL")} more NV counters`,
  ];
}

async function describePolicies(client: TpmClient): Promise<string[]> {
  const policies = await list(client, "TPM_CAP_AUTH_POLICIES", TPM_HC.PERMANENT_FIRST);
  return policies.flatMap(({ handle, policyHash }) => {
    const { hashAlg, digest } = policyHash as TpmStructure;
    if (!(digest instanceof Uint8Array)) return [];
    return [`policy of ${nameHandle(Number(handle))}: ${algorithm(hashAlg)} ${hex(digest)}`];
  });
}

async function describePcrs(client: TpmClient): Promise<string[]> {
  const banks = await list(client, "TPM_CAP_PCRS", TPM_HC.PCR_FIRST);
  return banks.map(({ hash, pcrSelect }) => `PCR bank ${algorithm(hash)}: ${selected(pcrSelect as Uint8Array)}`);
}

function selected(bits: Uint8Array): string {
  const pcrs = Array.from({ length: bits.length * 8 }, (_, pcr) => pcr).filter(
    (pcr) => ((bits[pcr >> 3] as number) >> (pcr & 7)) & 1,
  );
  if (pcrs.length === 0) return "none";
  return pcrs.length === bits.length * 8 ? `all ${pcrs.length}` : pcrs.join(", ");
}

async function describeNvIndices(client: TpmClient): Promise<string[]> {
  const lines: string[] = [];
  for (const nvIndex of await handles(client, TPM_HC.NV_INDEX_FIRST)) {
    const { parameters } = await client.call("NV_ReadPublic", { handles: { nvIndex } });
    const { attributes, dataSize, authPolicy } = parameters.nvPublic as TpmStructure;
    const policy = authPolicy instanceof Uint8Array && authPolicy.length > 0 ? ", with a policy" : "";
    const words = nameNumber("TPMA_NV", Number(attributes), 4);
    lines.push(`NV index ${handleHex(nvIndex)}: ${dataSize} bytes, ${words}${policy}`);
  }
  return lines;
}

async function describePersistentObjects(client: TpmClient): Promise<string[]> {
  const lines: string[] = [];
  for (const objectHandle of await handles(client, TPM_HC.PERSISTENT_FIRST)) {
    try {
      const { parameters } = await client.call("ReadPublic", { handles: { objectHandle } });
      const { type, objectAttributes } = parameters.outPublic as TpmStructure;
      const words = nameNumber("TPMA_OBJECT", Number(objectAttributes), 4);
      lines.push(`persistent object ${handleHex(objectHandle)}: ${algorithm(type)}, ${words}`);
    } catch (error) {
      // One of a hierarchy that is disabled is there, but can't be asked.
      if (!(error instanceof TpmError)) throw error;
      lines.push(`persistent object ${handleHex(objectHandle)}`);
    }
  }
  return lines;
}

async function describeCertificates(client: TpmClient): Promise<string[]> {
  const lines: string[] = [];
  const ofPlatform = (await handles(client, PLATFORM_CERTIFICATE_INDEX)).filter(
    (i) => i === PLATFORM_CERTIFICATE_INDEX,
  );
  for (const index of [...(await ekCertificateIndices(client)), ...ofPlatform]) {
    const { name = "", key = "" } = ekTemplates.find((template) => template.index === index) ?? {};
    const kind = index === PLATFORM_CERTIFICATE_INDEX ? "platform certificate" : `EK certificate ${name} (${key})`;
    const what = `${kind} in ${handleHex(index)}`;
    try {
      const { subject, serialNumber, issuer } = new X509Certificate(await readCertificate(client, index));
      const oneLine = (name: string) => name.replaceAll("\n", ", ");
      lines.push(`${what}: ${oneLine(subject)}, serial ${serialNumber}, issued by ${oneLine(issuer)}`);
    } catch (error) {
      // Whoever owns the platform may have put something else there, or an authValue before it.
      lines.push(`${what}: ${error instanceof TpmError ? "can't be read" : "is no certificate"}`);
    }
  }
  return lines;
}

const algorithm = (value: TpmValue | undefined) => nameNumber("TPM_ALG_ID", Number(value), 2);
const handleHex = (handle: number) => `0x${handle.toString(16).padStart(8, "0")}`;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
