/** What the TPMs hold whose state is kept, and how that can be told. */
import { type Authorization, password } from "../../src/client/index.ts";
import { attributeTypes } from "../../src/spec/attributes.ts";
import type { Recorder } from "./recorder.ts";

const octets = (text: string) => new TextEncoder().encode(text);
const NOTHING = new Uint8Array(0);
const OWNER: Authorization[] = [password("owner")];
const KEY: Authorization[] = [password("key")];
const NV: Authorization[] = [password("nv")];

const STORAGE_KEY = 0x81000001;
const HMAC_KEY = 0x81000002;
const SEALED = 0x81000003;
const SIGNING_KEY = 0x81000004;
const ORDINARY = 0x01500001;
const COUNTER = 0x01500002;
const ORDERLY = 0x01500003;
/** TPM_NT of a counter, in TPMA_NV. */
const NT_COUNTER = 1 << 4;

function bits(type: "TPMA_OBJECT" | "TPMA_NV" | "TPMA_SESSION", ...names: string[]): number {
  const row = attributeTypes[type];
  if (row?.kind !== "attributes") throw new Error(`${type} is no attribute type.`);
  return names.reduce((mask, name) => {
    const field = row.fields.find((each) => each.name === name);
    if (!field) throw new Error(`${type} has no ${name}.`);
    return mask + 2 ** field.low;
  }, 0);
}

const NULL_SCHEME = { scheme: "TPM_ALG_NULL" };
const publicArea = (type: string, attributes: string[], parameters: object, unique: object) =>
  ({
    type,
    nameAlg: "TPM_ALG_SHA256",
    objectAttributes: bits("TPMA_OBJECT", "fixedTPM", "fixedParent", "userWithAuth", ...attributes),
    authPolicy: NOTHING,
    parameters,
    unique,
  }) as never;

const storageTemplate = publicArea(
  "TPM_ALG_ECC",
  ["sensitiveDataOrigin", "noDA", "restricted", "decrypt"],
  {
    symmetric: { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" },
    scheme: NULL_SCHEME,
    curveID: "TPM_ECC_NIST_P256",
    kdf: NULL_SCHEME,
  },
  { x: NOTHING, y: NOTHING },
);
const signingTemplate = publicArea(
  "TPM_ALG_RSA",
  ["sensitiveDataOrigin", "noDA", "sign"],
  { symmetric: { algorithm: "TPM_ALG_NULL" }, scheme: NULL_SCHEME, keyBits: 2048, exponent: 0 },
  NOTHING,
);
const hmacTemplate = publicArea(
  "TPM_ALG_KEYEDHASH",
  ["sensitiveDataOrigin", "noDA", "sign"],
  { scheme: { scheme: "TPM_ALG_HMAC", details: { hashAlg: "TPM_ALG_SHA256" } } },
  NOTHING,
);
const sealedTemplate = publicArea("TPM_ALG_KEYEDHASH", ["noDA"], { scheme: NULL_SCHEME }, NOTHING);

const creation = (inPublic: never, auth: string, data = "") => ({
  inSensitive: { userAuth: octets(auth), data: octets(data) },
  inPublic,
  outsideInfo: NOTHING,
  creationPCR: [],
});

/** Makes what is permanent. The TPM is new and started. */
export async function fill(tpm: Recorder): Promise<void> {
  await tpm.call("HierarchyChangeAuth", { authHandle: "TPM_RH_OWNER" }, { newAuth: octets("owner") });
  await tpm.call(
    "DictionaryAttackParameters",
    { lockHandle: "TPM_RH_LOCKOUT" },
    { newMaxTries: 9, newRecoveryTime: 1000, lockoutRecovery: 2000 },
  );
  await tpm.call(
    "SetPrimaryPolicy",
    { authHandle: "TPM_RH_ENDORSEMENT" },
    { authPolicy: new Uint8Array(32).fill(0x5a), hashAlg: "TPM_ALG_SHA256" },
  );
  await makeKeys(tpm);
  await makeIndices(tpm);
}

async function makeKeys(tpm: Recorder): Promise<void> {
  const keep = async (hierarchy: string, objectHandle: number, persistentHandle: number) => {
    await tpm.call(
      "EvictControl",
      { auth: hierarchy, objectHandle },
      { persistentHandle },
      hierarchy === "TPM_RH_OWNER" ? OWNER : undefined,
    );
    await tpm.call("FlushContext", {}, { flushHandle: objectHandle });
  };
  const owner = { primaryHandle: "TPM_RH_OWNER" };
  const storage = await tpm.call("CreatePrimary", owner, creation(storageTemplate, ""), OWNER);
  const parentHandle = storage.handles.objectHandle;
  for (const [template, data, handle] of [
    [hmacTemplate, "", HMAC_KEY],
    [sealedTemplate, "sealed in an earlier version", SEALED],
  ] as const) {
    const { parameters } = await tpm.call("Create", { parentHandle }, creation(template, "key", data));
    const { outPrivate, outPublic } = parameters;
    const { handles } = await tpm.call("Load", { parentHandle }, {
      inPrivate: outPrivate,
      inPublic: outPublic,
    } as never);
    await keep("TPM_RH_OWNER", handles.objectHandle, handle);
  }
  await keep("TPM_RH_OWNER", parentHandle, STORAGE_KEY);
  const signing = await tpm.call("CreatePrimary", owner, creation(signingTemplate, "key"), OWNER);
  await keep("TPM_RH_OWNER", signing.handles.objectHandle, SIGNING_KEY);
}

async function makeIndices(tpm: Recorder): Promise<void> {
  const rights = bits("TPMA_NV", "OWNERWRITE", "AUTHWRITE", "OWNERREAD", "AUTHREAD", "NO_DA");
  for (const [nvIndex, more, dataSize] of [
    [ORDINARY, 0, 32],
    [COUNTER, NT_COUNTER, 8],
    [ORDERLY, bits("TPMA_NV", "ORDERLY"), 16],
  ] as const) {
    const publicInfo = { nvIndex, nameAlg: "TPM_ALG_SHA256", attributes: rights + more, authPolicy: NOTHING, dataSize };
    await tpm.call("NV_DefineSpace", { authHandle: "TPM_RH_OWNER" }, { auth: octets("nv"), publicInfo }, OWNER);
  }
  await write(tpm, ORDINARY, "what an NV Index has in it");
  for (let i = 0; i < 3; i++) await tpm.call("NV_Increment", { authHandle: COUNTER, nvIndex: COUNTER }, {}, NV);
  await write(tpm, ORDERLY, "saved by Shutdown");
}

async function write(tpm: Recorder, nvIndex: number, text: string): Promise<void> {
  await tpm.call("NV_Write", { authHandle: nvIndex, nvIndex }, { data: octets(text.slice(0, 16)), offset: 0 }, NV);
}

const selection = (pcr: number) => [
  {
    hash: "TPM_ALG_SHA256",
    pcrSelect: Uint8Array.from([0, 8, 16], (first) => (pcr >= first && pcr < first + 8 ? 1 << (pcr - first) : 0)),
  },
];

/** Asks for what {@link fill} made. */
export async function probeFilling(tpm: Recorder): Promise<void> {
  const list = (property: number) => ({ capability: "TPM_CAP_HANDLES", property, propertyCount: 20 });
  await tpm.probe("persistent objects", "GetCapability", {}, list(0x81000000));
  await tpm.probe("NV Indices", "GetCapability", {}, list(0x01000000));
  for (const [property, what] of [
    [0x200, "which authValues are set"],
    [0x20f, "how many failed tries lead to the lockout"],
    [0x210, "seconds until one is forgotten"],
  ] as const) {
    await tpm.probe(what, "GetCapability", {}, { capability: "TPM_CAP_TPM_PROPERTIES", property, propertyCount: 1 });
  }
  const policies = { capability: "TPM_CAP_AUTH_POLICIES", property: 0x4000000b, propertyCount: 1 };
  await tpm.probe("the policy of the endorsement hierarchy", "GetCapability", {}, policies);
  await tpm.probe("the storage key", "ReadPublic", { objectHandle: STORAGE_KEY });
  const message = { buffer: octets("a message"), hashAlg: "TPM_ALG_SHA256" };
  await tpm.probe("an HMAC by a persistent key", "HMAC", { handle: HMAC_KEY }, message, KEY);
  await tpm.probe("sealed data", "Unseal", { itemHandle: SEALED }, {}, KEY);
  const digest = new Uint8Array(32).fill(0xd1);
  const inScheme = { scheme: "TPM_ALG_RSASSA", details: { hashAlg: "TPM_ALG_SHA256" } };
  const validation = { tag: "TPM_ST_HASHCHECK", hierarchy: "TPM_RH_NULL", digest: NOTHING };
  await tpm.probe("a signature by RSA 2048", "Sign", { keyHandle: SIGNING_KEY }, { digest, inScheme, validation }, KEY);
  await tpm.probe(
    "a key from the owner's seed, with a ticket",
    "CreatePrimary",
    { primaryHandle: "TPM_RH_OWNER" },
    creation(storageTemplate, ""),
    OWNER,
  );
  for (const [nvIndex, what, size] of [
    [ORDINARY, "an NV Index", 16],
    [COUNTER, "an NV counter", 8],
    [ORDERLY, "an orderly NV Index", 16],
  ] as const) {
    await tpm.probe(what, "NV_Read", { authHandle: nvIndex, nvIndex }, { size, offset: 0 }, NV);
  }
  await tpm.probe("PCR 10", "PCR_Read", {}, { pcrSelectionIn: selection(10) });
}

/** What is volatile: PCRs, a loaded object, sessions, a sequence, an orderly index, a saved context. */
export interface Volatile {
  context: never;
}

export async function use(tpm: Recorder): Promise<Volatile> {
  for (const pcrHandle of [10, 16]) {
    const digests = [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(pcrHandle) }];
    await tpm.call("PCR_Extend", { pcrHandle }, { digests });
  }
  await write(tpm, ORDERLY, "not yet permanent");
  const session = {
    nonceCaller: new Uint8Array(16),
    encryptedSalt: NOTHING,
    symmetric: { algorithm: "TPM_ALG_NULL" },
    authHash: "TPM_ALG_SHA256",
  };
  const nobody = { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" };
  const policy = await tpm.call("StartAuthSession", nobody, { ...session, sessionType: "TPM_SE_POLICY" });
  await tpm.call("PolicyCommandCode", { policySession: policy.handles.sessionHandle }, { code: "TPM_CC_Unseal" });
  const other = await tpm.call("StartAuthSession", nobody, { ...session, sessionType: "TPM_SE_HMAC" });
  const saved = await tpm.call("ContextSave", { saveHandle: other.handles.sessionHandle });
  const primary = await tpm.call("CreatePrimary", { primaryHandle: "TPM_RH_NULL" }, creation(storageTemplate, ""));
  if (primary.handles.objectHandle !== 0x80000000) throw new Error("The first object has another handle.");
  await tpm.call("HashSequenceStart", {}, { auth: NOTHING, hashAlg: "TPM_ALG_SHA384" });
  await tpm.call("SequenceUpdate", { sequenceHandle: 0x80000001 }, { buffer: new Uint8Array(200).fill(0x42) });
  return { context: saved.parameters.context };
}

function probeOrderly(tpm: Recorder, what: string): Promise<void> {
  return tpm.probe(what, "NV_Read", { authHandle: ORDERLY, nvIndex: ORDERLY }, { size: 16, offset: 0 }, NV);
}

/** Asks for what {@link use} left, right after the TPM was resumed. */
export async function probeUse(tpm: Recorder, { context }: Volatile): Promise<void> {
  await tpm.probe("that it is started already", "Startup", {}, { startupType: "TPM_SU_CLEAR" });
  for (const pcr of [10, 16]) await tpm.probe(`PCR ${pcr}`, "PCR_Read", {}, { pcrSelectionIn: selection(pcr) });
  await tpm.probe("the digest of a policy session", "PolicyGetDigest", { policySession: 0x03000000 });
  await tpm.probe("a session that was saved", "ContextLoad", {}, { context });
  await tpm.probe("a loaded object", "ReadPublic", { objectHandle: 0x80000000 });
  await probeOrderly(tpm, "an orderly NV Index before it is permanent");
  const rest = { buffer: new Uint8Array(100).fill(0x43), hierarchy: "TPM_RH_NULL" };
  await tpm.probe("the rest of a hash sequence", "SequenceComplete", { sequenceHandle: 0x80000001 }, rest);
}

/** Asks a TPM that was started with TPM2_Startup(STATE) for what TPM2_Shutdown(STATE) saved. */
export async function probeSuspended(tpm: Recorder, { context }: Volatile): Promise<void> {
  for (const pcr of [10, 16]) await tpm.probe(`PCR ${pcr}`, "PCR_Read", {}, { pcrSelectionIn: selection(pcr) });
  await tpm.probe("a session that was saved", "ContextLoad", {}, { context });
  await probeOrderly(tpm, "an orderly NV Index that was saved");
}
