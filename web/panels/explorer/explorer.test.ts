import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTpm, type InlineTpm, TpmClient, type TpmInspection } from "../../../src/node/index.ts";
import { explorerWords } from "../../words/explorerTree.ts";
import { useLanguage } from "../../words/index.ts";
import { factsOf } from "./facts.ts";
import { type TreeNode, treeOf } from "./tree.ts";
import { triesOf } from "./tries.ts";

const KEY = 0x8100_0001;
const COUNTER = 0x0150_0001;
const nothing = new Uint8Array(0);
/** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, decrypt: a storage key. */
const STORAGE = 0x0003_0072;
/** OWNERWRITE, OWNERREAD, and that it is a counter. */
const COUNTER_ATTRIBUTES = 0x0002_0012;

let tpm: InlineTpm;
let inspection: TpmInspection;
beforeAll(async () => {
  tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
  const client = new TpmClient(tpm);
  await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
  const { handles } = await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_OWNER" },
    parameters: {
      inSensitive: { userAuth: Uint8Array.of(1), data: nothing },
      inPublic: {
        type: "TPM_ALG_ECC",
        nameAlg: "TPM_ALG_SHA256",
        objectAttributes: STORAGE,
        authPolicy: nothing,
        parameters: {
          symmetric: { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" },
          scheme: { scheme: "TPM_ALG_NULL" },
          curveID: "TPM_ECC_NIST_P256",
          kdf: { scheme: "TPM_ALG_NULL" },
        },
        unique: { x: nothing, y: nothing },
      },
      outsideInfo: nothing,
      creationPCR: [],
    },
  });
  await client.call("EvictControl", {
    handles: { auth: "TPM_RH_OWNER", objectHandle: handles.objectHandle as number },
    parameters: { persistentHandle: KEY },
  });
  await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle as number } });
  const publicInfo = {
    nvIndex: COUNTER,
    nameAlg: "TPM_ALG_SHA256" as const,
    attributes: COUNTER_ATTRIBUTES,
    authPolicy: nothing,
    dataSize: 8,
  };
  await client.call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: { auth: nothing, publicInfo },
  });
  await client.call("NV_Increment", { handles: { authHandle: "TPM_RH_OWNER", nvIndex: COUNTER } });
  const session = await client.call("StartAuthSession", {
    handles: { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" },
    parameters: {
      nonceCaller: new Uint8Array(16),
      encryptedSalt: nothing,
      sessionType: "TPM_SE_POLICY",
      symmetric: { algorithm: "TPM_ALG_NULL" },
      authHash: "TPM_ALG_SHA256",
    },
  });
  const policySession = session.handles.sessionHandle as number;
  await client.call("PolicyCommandCode", { handles: { policySession }, parameters: { code: "TPM_CC_Unseal" } });
  await client.call("PolicyLocality", { handles: { policySession }, parameters: { locality: 0b11 } });
  inspection = await tpm.inspect();
});
afterAll(() => tpm.close());
afterEach(() => useLanguage("en"));

const all = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap((node) => [node, ...all(node.children)]);
const nodeOf = (id: string) => all(treeOf(inspection)).find((node) => node.id === id)!;
const facts = (id: string) => factsOf(nodeOf(id).subject).map(({ term, sentence }) => `${term}: ${sentence}`);

describe("the tree", () => {
  test("has keys under their hierarchy, sessions, indices, every bank and the lockout, each with an id of its own", () => {
    const tree = treeOf(inspection);
    expect(tree[0]).toMatchObject({ label: "Owner", children: [{ label: "0x81000001 ECC NIST_P256" }] });
    const banks = ["SHA1", "SHA256", "SHA384", "SHA512"].map((name) => `PCR bank ${name}`);
    expect(tree.slice(4).map(({ label }) => label)).toEqual(["Sessions (1)", "NV indices (1)", ...banks, "Lockout"]);
    const ids = all(tree).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id.startsWith("pcr TPM_ALG_SHA256"))).toHaveLength(24);
  });
});

describe("what a thing allows is said in words", () => {
  test("of a key: each attribute that is set, and what it means that others are not", () => {
    const said = facts("object 0x81000001");
    expect(said).toContain("fixedTPM: It can't leave this TPM.");
    expect(said).toContain("decrypt: It decrypts.");
    expect(said).toContain("noDA clear: Wrong tries count towards the lockout.");
    expect(said).toContain("authValue: An authorization value is set; whoever uses it has to know it.");
    expect(said.some((line) => line.startsWith("sign"))).toBe(false);
  });

  test("of a policy session: what it still demands", () => {
    const id = all(treeOf(inspection)).find(({ subject }) => subject.kind === "session")?.id as string;
    expect(facts(id)).toContain("TPM2_PolicyCommandCode: It is good for TPM2_Unseal only.");
    expect(facts(id)).toContain("TPM2_PolicyLocality: It is good at locality 0, 1 only.");
  });

  test("of a counter, a PCR and the lockout", () => {
    expect(facts(`index ${COUNTER}`)).toEqual(
      expect.arrayContaining(["TPM_NT: A counter: it only counts up.", "data: 0000000000000001"]),
    );
    expect(facts("pcr TPM_ALG_SHA1 16")[0]).toBe(`value: ${"00".repeat(20)}`);
    expect(facts("lockout")).toContain("failedTries: 0 of 3 wrong tries.");
  });

  test("in German, too, with the field's own terms", async () => {
    await useLanguage("de");
    expect(facts("object 0x81000001")).toContain("fixedTPM: Es kann dieses TPM nicht verlassen.");
    expect(explorerWords().tryIt).toBe("Ausprobieren");
  });
});

test("the lines to try fit what is chosen, and have no Enter", () => {
  const tries = (id: string) => triesOf(nodeOf(id).subject);
  expect(tries("hierarchy owner")).toEqual(["tpm2_createprimary -C o -G ecc -c primary.ctx"]);
  expect(tries("object 0x81000001")[0]).toBe("tpm2_create -C 0x81000001 -P AUTH -G ecc -u key.pub -r key.priv");
  expect(tries(`index ${COUNTER}`)).toEqual([
    "tpm2_nvread 0x01500001 -C o",
    "tpm2_nvincrement 0x01500001 -C o",
    "tpm2_nvreadpublic 0x01500001",
  ]);
  expect(tries("pcr TPM_ALG_SHA256 0")).toEqual(["tpm2_pcrread sha256:0"]);
  expect(tries("pcr TPM_ALG_SHA256 16")[2]).toBe("tpm2_pcrreset 16");
  for (const node of all(treeOf(inspection))) expect(triesOf(node.subject).join("")).not.toMatch(/[\r\n]/);
});
