import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { marshalCommand } from "../node/index.ts";
import { attributeBits } from "../spec/attributes.ts";
import { commands } from "../spec/commands.ts";
import { describeEntity, EntityNames, entityOfHandle, readHead, SESSION_FLAGS, sessionFlagsOf } from "./index.ts";
import { eccTemplate, primary, type Recorder, recorder, rsaTemplate } from "./testkit/recorded.ts";

const OWN = ["fixedTPM", "fixedParent", "sensitiveDataOrigin", "userWithAuth"] as const;
const SIGNING = attributeBits("TPMA_OBJECT", ...OWN, "sign");
const STORAGE = attributeBits("TPMA_OBJECT", ...OWN, "restricted", "decrypt");
const nothing = new Uint8Array(0);
const nv = (nvIndex: number, type: number) => ({
  auth: nothing,
  publicInfo: {
    nvIndex,
    nameAlg: "TPM_ALG_SHA256" as const,
    attributes: attributeBits("TPMA_NV", "OWNERWRITE", "OWNERREAD", "NO_DA") | (type << 4),
    authPolicy: nothing,
    dataSize: 8,
  },
});

let tpm: Recorder;
beforeAll(async () => {
  tpm = await recorder();
});
afterAll(() => tpm.close());

/** What the handles are called when all was seen that the TPM has answered so far. */
function names() {
  const entities = new EntityNames();
  for (const { command, response } of tpm.events) entities.observe(command, response);
  return (handle: number) => describeEntity(entities.entityOf(handle));
}

test("the number of a handle says what it can", () => {
  const name = (handle: number) => describeEntity(entityOfHandle(handle));
  expect([0x40000001, 0x4000000b, 0x4000000c, 0x4000000a, 0x40000007, 0x40000009].map(name)).toEqual([
    "owner",
    "endorsement",
    "platform",
    "lockout",
    "null",
    "password",
  ]);
  expect(name(16)).toBe("PCR 16");
  expect(name(0x01c00002)).toBe("NV 0x1c00002 'EK certificate, RSA 2048'");
  expect(name(0x01c08000)).toBe("NV 0x1c08000 'platform certificate'");
  expect(name(0x01500016)).toBe("NV 0x1500016");
  expect(name(0x02000001)).toBe("HMAC session 02000001");
  expect(name(0x81000001)).toBe("persistent object 81000001");
  expect(name(0x40000110)).toBe("TPM_RH_ACT_0");
});

test("keys are known by what made, loaded, read, moved or saved them", async () => {
  const { client } = tpm;
  const signing = await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_OWNER" },
    parameters: primary(rsaTemplate(SIGNING)),
  });
  const key = signing.handles.objectHandle;
  expect(names()(key)).toBe("object 80000000: RSA-2048 signing key, primary of owner");

  const parent = await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_ENDORSEMENT" },
    parameters: primary(eccTemplate(STORAGE, true)),
  });
  const parentHandle = parent.handles.objectHandle;
  expect(names()(parentHandle)).toBe("object 80000001: ECC NIST P-256 storage key, primary of endorsement");

  // Sealed data, under that parent.
  const created = await client.call("Create", {
    handles: { parentHandle },
    parameters: {
      inSensitive: { userAuth: nothing, data: new Uint8Array([1, 2, 3]) },
      inPublic: {
        type: "TPM_ALG_KEYEDHASH",
        nameAlg: "TPM_ALG_SHA256",
        objectAttributes: attributeBits("TPMA_OBJECT", "fixedTPM", "fixedParent", "userWithAuth"),
        authPolicy: nothing,
        parameters: { scheme: { scheme: "TPM_ALG_NULL" } },
        unique: nothing,
      },
      outsideInfo: nothing,
      creationPCR: [],
    },
  });
  const { outPrivate, outPublic } = created.parameters;
  const loaded = await client.call("Load", {
    handles: { parentHandle },
    parameters: { inPrivate: outPrivate, inPublic: outPublic },
  });
  expect(names()(loaded.handles.objectHandle)).toBe("object 80000002: sealed data");

  const saved = await client.call("ContextSave", { handles: { saveHandle: loaded.handles.objectHandle } });
  await client.call("FlushContext", { parameters: { flushHandle: loaded.handles.objectHandle } });
  expect(names()(loaded.handles.objectHandle)).toBe("object 80000002");
  const again = await client.call("ContextLoad", { parameters: { context: saved.parameters.context } });
  expect(names()(again.handles.loadedHandle)).toBe("object 80000002: sealed data");

  await client.call("EvictControl", {
    handles: { auth: "TPM_RH_OWNER", objectHandle: key },
    parameters: { persistentHandle: 0x81000005 },
  });
  expect(names()(0x81000005)).toBe("persistent object 81000005: RSA-2048 signing key, primary of owner");
  await client.call("FlushContext", { parameters: { flushHandle: key } });
  await client.call("EvictControl", {
    handles: { auth: "TPM_RH_OWNER", objectHandle: 0x81000005 },
    parameters: { persistentHandle: 0x81000005 },
  });
  expect(names()(0x81000005)).toBe("persistent object 81000005");

  // One that was made before anybody looked.
  const late = new EntityNames();
  await client.call("ReadPublic", { handles: { objectHandle: parentHandle } });
  const { command, response } = tpm.events.at(-1)!;
  late.observe(command, response);
  expect(describeEntity(late.entityOf(parentHandle))).toBe("object 80000001: ECC NIST P-256 storage key");
  expect(describeEntity(late.copy().entityOf(parentHandle))).toBe("object 80000001: ECC NIST P-256 storage key");
  late.forget();
  expect(describeEntity(late.entityOf(parentHandle))).toBe("object 80000001");
});

test("sequences, sessions and NV Indices, too, until they are gone", async () => {
  const { client } = tpm;
  for (const flushHandle of [0x80000001, 0x80000002])
    await client.call("FlushContext", { parameters: { flushHandle } });
  const sequence = await client.call("HashSequenceStart", {
    parameters: { auth: nothing, hashAlg: "TPM_ALG_SHA256" },
  });
  expect(names()(sequence.handles.sequenceHandle)).toBe("object 80000000: SHA256 hash sequence");
  await client.call("SequenceComplete", {
    handles: { sequenceHandle: sequence.handles.sequenceHandle },
    parameters: { buffer: nothing, hierarchy: "TPM_RH_NULL" },
  });
  expect(names()(sequence.handles.sequenceHandle)).toBe("object 80000000");

  const session = async (sessionType: "TPM_SE_HMAC" | "TPM_SE_POLICY" | "TPM_SE_TRIAL") => {
    const started = await client.call("StartAuthSession", {
      handles: { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" },
      parameters: {
        nonceCaller: new Uint8Array(16),
        encryptedSalt: nothing,
        sessionType,
        symmetric: { algorithm: "TPM_ALG_NULL" },
        authHash: "TPM_ALG_SHA256",
      },
    });
    const { sessionHandle } = started.handles;
    const name = names()(sessionHandle);
    await client.call("FlushContext", { parameters: { flushHandle: sessionHandle } });
    return name;
  };
  expect(await session("TPM_SE_HMAC")).toBe("HMAC session 02000000");
  expect(await session("TPM_SE_TRIAL")).toBe("trial policy session 03000000");
  expect(await session("TPM_SE_POLICY")).toBe("policy session 03000000");

  for (const [nvIndex, type] of [
    [0x01500016, 1],
    [0x01500017, 4],
    [0x01500018, 0],
  ] as const)
    await client.call("NV_DefineSpace", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: {
        ...nv(nvIndex, type),
        publicInfo: { ...nv(nvIndex, type).publicInfo, dataSize: type === 4 ? 32 : 8 },
      },
    });
  expect([0x01500016, 0x01500017, 0x01500018].map(names())).toEqual([
    "NV 0x1500016 'counter'",
    "NV 0x1500017 'extend'",
    "NV 0x1500018 'ordinary'",
  ]);
  await client.call("NV_UndefineSpace", { handles: { authHandle: "TPM_RH_OWNER", nvIndex: 0x01500017 } });
  expect(names()(0x01500017)).toBe("NV 0x1500017");
  await client.call("Clear", { handles: { authHandle: "TPM_RH_PLATFORM" } });
  expect(names()(0x01500016)).toBe("NV 0x1500016");
});

test("what failed changes no name", async () => {
  const before = names()(0x01500016);
  await tpm.execute(
    marshalCommand("NV_DefineSpace", { handles: { authHandle: "TPM_RH_LOCKOUT" }, parameters: nv(0x01500016, 1) }),
  );
  expect(names()(0x01500016)).toBe(before);
});

test("the flags of a session are spelled out", () => {
  expect(sessionFlagsOf("continueSession | decrypt").map((flag) => SESSION_FLAGS[flag])).toEqual([
    "the session stays after this command",
    "the first parameter of the command is encrypted",
  ]);
  expect(sessionFlagsOf("none")).toEqual([]);
});

test("no octets make it throw", () => {
  const entities = new EntityNames();
  fc.assert(
    fc.property(
      fc.constantFrom(...commands.map(({ code }) => code)),
      fc.constantFrom(1, 2),
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ maxLength: 60 }),
      (code, tag, body, answer) => {
        const command = Uint8Array.from([
          0x80,
          tag,
          0,
          0,
          0,
          10 + body.length,
          code >>> 24,
          0,
          code >> 8,
          code,
          ...body,
        ]);
        const response = Uint8Array.from([0x80, tag, 0, 0, 0, 10 + answer.length, 0, 0, 0, 0, ...answer]);
        const head = readHead(command, response);
        entities.observe(command, response, head);
        for (const handle of [...head.handles, ...head.sessions, head.responseHandle ?? 0])
          expect(describeEntity(entities.entityOf(handle))).not.toBe("");
      },
    ),
    { numRuns: 1000 },
  );
});
