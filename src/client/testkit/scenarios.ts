/** What sessions must do on any TPM: run against the core in a unit test, and against libtpms in swtpm. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { TpmBackend } from "../../engine/backend.ts";
import { attributeBits } from "../../spec/attributes.ts";
import type { SessionOptions } from "../client.ts";
import { TpmClient } from "../client.ts";
import { TpmFormatError } from "../errors.ts";
import type { AuthSession } from "../session.ts";
import type { SessionCipher, SessionHash } from "../sessionCrypto.ts";
import { unmarshalValue } from "../unmarshal.ts";
import type { InputOf } from "../values.ts";

/** A started TPM, and what went over its wire since it was last asked. */
export interface Wire {
  readonly client: TpmClient;
  /** Commands and responses in hexadecimal, and forgets them. */
  taken(): string;
  /** Changes one octet of the next response: the last but `fromEnd`. */
  spoilNext(fromEnd: number): void;
}

/** Watches a TPM that executes commands. */
export function watched(tpm: Pick<TpmBackend, "execute">): Wire {
  let seen = "";
  let spoil: number | null = null;
  const client = new TpmClient({
    async execute(command, options) {
      seen += `${hex(command)} `;
      const response = (await tpm.execute(command, options)).slice();
      if (spoil !== null) response[response.length - 1 - spoil]! ^= 1;
      spoil = null;
      seen += `${hex(response)} `;
      return response;
    },
  });
  return {
    client,
    taken() {
      const all = seen;
      seen = "";
      return all;
    },
    spoilNext(fromEnd) {
      spoil = fromEnd;
    },
  };
}

const NOTHING = new Uint8Array(0);
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const text = (words: string) => new TextEncoder().encode(words);
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

const STORAGE = attributeBits(
  "TPMA_OBJECT",
  "fixedTPM",
  "fixedParent",
  "sensitiveDataOrigin",
  "userWithAuth",
  "noDA",
  "restricted",
  "decrypt",
);
const AES_128 = { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" } as const;
const NONE = { scheme: "TPM_ALG_NULL" } as const;

const storage = (
  kind: "RSA" | "TPM_ECC_NIST_P256" | "TPM_ECC_NIST_P384" | "TPM_ECC_NIST_P521",
  nameAlg: SessionHash,
): InputOf<"TPMT_PUBLIC"> => {
  const common = { nameAlg, objectAttributes: STORAGE, authPolicy: NOTHING };
  if (kind === "RSA") {
    const parameters = { symmetric: AES_128, scheme: NONE, keyBits: 2048, exponent: 0 };
    return { ...common, type: "TPM_ALG_RSA", parameters, unique: NOTHING };
  }
  const parameters = { symmetric: AES_128, scheme: NONE, curveID: kind, kdf: NONE };
  return { ...common, type: "TPM_ALG_ECC", parameters, unique: { x: NOTHING, y: NOTHING } };
};

async function primary(client: TpmClient, inPublic: InputOf<"TPMT_PUBLIC">, auth = NOTHING): Promise<number> {
  const { handles } = await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_OWNER" },
    parameters: { inSensitive: { userAuth: auth, data: NOTHING }, inPublic, outsideInfo: NOTHING, creationPCR: [] },
  });
  return handles.objectHandle;
}
const flush = (client: TpmClient, flushHandle: number) => client.call("FlushContext", { parameters: { flushHandle } });

const nvIndex = 0x0150_0001;
async function define(
  client: TpmClient,
  auth: Uint8Array,
  dataSize = 32,
  authPolicy: Uint8Array = NOTHING,
): Promise<void> {
  await client.call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: {
      auth,
      publicInfo: {
        nvIndex,
        nameAlg: "TPM_ALG_SHA256",
        attributes: attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE", "POLICYREAD", "NO_DA"),
        authPolicy,
        dataSize,
      },
    },
  });
}
const index = { authHandle: nvIndex, nvIndex };

/** A value goes to an index and comes back; neither it nor the authValue is to be seen on the wire. */
async function writesAndReads({ client, taken }: Wire, session: AuthSession): Promise<void> {
  const [auth, data] = [text("an authValue of an index"), text("what nobody else may read: 01234")];
  await define(client, auth);
  taken();
  const use = { session, auth };
  await client.call(
    "NV_Write",
    { handles: index, parameters: { data, offset: 0 } },
    { sessions: [{ ...use, decrypt: true }] },
  );
  const { parameters } = await client.call(
    "NV_Read",
    { handles: index, parameters: { size: data.length, offset: 0 } },
    { sessions: [{ ...use, encrypt: true }] },
  );
  expect(Buffer.from(parameters.data).toString()).toBe(Buffer.from(data).toString());
  const wire = taken();
  expect(wire).not.toContain(hex(data));
  expect(wire).not.toContain(hex(auth));
  expect(wire).toContain(hex(Uint8Array.of(0, 0, 1, 0x37)));
}

const ciphers: readonly SessionCipher[] = [
  { algorithm: "TPM_ALG_AES", keyBits: 128 },
  { algorithm: "TPM_ALG_AES", keyBits: 256 },
  { algorithm: "TPM_ALG_XOR" },
];
const salts = [
  ["RSA", "TPM_ALG_SHA256"],
  ["TPM_ECC_NIST_P256", "TPM_ALG_SHA256"],
  ["TPM_ECC_NIST_P256", "TPM_ALG_SHA1"],
  ["TPM_ECC_NIST_P384", "TPM_ALG_SHA384"],
] as const;

export const scenarios: ReadonlyArray<readonly [string, (wire: Wire) => Promise<void>]> = [
  ...salts.flatMap(([kind, nameAlg]) =>
    ciphers.map(
      (cipher) =>
        [
          `a session salted for ${kind} with ${nameAlg} encrypts with ${Object.values(cipher).join(" ")}`,
          async (wire: Wire) => {
            const salt = await primary(wire.client, storage(kind, nameAlg));
            const session = await wire.client.startSession({ salt, cipher });
            await flush(wire.client, salt);
            await writesAndReads(wire, session);
          },
        ] as const,
    ),
  ),
  ...(["TPM_ALG_SHA1", "TPM_ALG_SHA384", "TPM_ALG_SHA512"] as const).map(
    (algorithm) =>
      [
        `a session of ${algorithm} that is salted and bound encrypts`,
        async (wire: Wire) => {
          const salt = await primary(wire.client, storage("TPM_ECC_NIST_P256", "TPM_ALG_SHA256"), text("owner of it"));
          const options: SessionOptions = {
            algorithm,
            salt,
            bind: { handle: salt, auth: "owner of it" },
            cipher: { algorithm: "TPM_ALG_AES", keyBits: 128 },
          };
          const session = await wire.client.startSession(options);
          await writesAndReads(wire, session);
        },
      ] as const,
  ),
  [
    "a session bound to an index is bound no more when the index changes",
    async (wire) => {
      const { client } = wire;
      const [auth, data] = [text("index"), new Uint8Array(32)];
      await define(client, auth);
      const session = await client.startSession({ bind: { handle: nvIndex, auth } });
      const write = { handles: index, parameters: { data, offset: 0 } };
      // The first write gives it another Name.
      for (let time = 0; time < 3; time++) await client.call("NV_Write", write, { sessions: [{ session, auth }] });
    },
  ],
  [
    "another session than the one that authorises encrypts, and its nonce is proved with the command",
    async ({ client, taken }) => {
      const data = text("what nobody else may read: 01234");
      await define(client, text("index"));
      const salt = await primary(client, storage("TPM_ECC_NIST_P256", "TPM_ALG_SHA256"));
      const session = await client.startSession();
      const options: SessionOptions = { salt, cipher: { algorithm: "TPM_ALG_AES", keyBits: 128 } };
      const [there, back] = [await client.startSession(options), await client.startSession(options)];
      taken();
      const use = { session, auth: "index" };
      const write = { handles: index, parameters: { data, offset: 0 } };
      await client.call("NV_Write", write, { sessions: [use, { session: there, decrypt: true }] });
      const read = { handles: index, parameters: { size: 32, offset: 0 } };
      const { parameters } = await client.call("NV_Read", read, {
        sessions: [use, { session: back, encrypt: true }],
      });
      expect(hex(parameters.data)).toBe(hex(data));
      expect(taken()).not.toContain(hex(data));
    },
  ],
  [
    "one session decrypts and another encrypts in the same command",
    async ({ client, taken }) => {
      const salt = await primary(client, storage("RSA", "TPM_ALG_SHA256"));
      const options: SessionOptions = { salt, cipher: { algorithm: "TPM_ALG_XOR" } };
      const [there, back] = [await client.startSession(options), await client.startSession(options)];
      taken();
      const buffer = text("to be hashed in private, please");
      const { parameters } = await client.call(
        "Hash",
        { parameters: { data: buffer, hashAlg: "TPM_ALG_SHA256", hierarchy: "TPM_RH_NULL" } },
        {
          sessions: [
            { session: there, decrypt: true },
            { session: back, encrypt: true },
          ],
        },
      );
      const expected = createHash("sha256").update(buffer).digest("hex");
      expect(hex(parameters.outHash)).toBe(expected);
      const wire = taken();
      expect(wire).not.toContain(expected);
      expect(wire).not.toContain(hex(buffer));
    },
  ],
  [
    "a command's own change of the authValue is known",
    async ({ client }) => {
      const session = await client.startSession({ bind: { handle: "TPM_RH_LOCKOUT" } });
      for (const authHandle of ["TPM_RH_OWNER", "TPM_RH_LOCKOUT"] as const) {
        const change = (newAuth: string) => ({ handles: { authHandle }, parameters: { newAuth: text(newAuth) } });
        await client.call("HierarchyChangeAuth", change("mine"), { sessions: [{ session }] });
        await client.call("HierarchyChangeAuth", change("other"), { sessions: [{ session, auth: "mine" }] });
        const last = authHandle === "TPM_RH_OWNER" ? "" : "lockout";
        await client.call("HierarchyChangeAuth", change(last), { sessions: [{ session, auth: "other" }] });
      }
      await client.call(
        "Clear",
        { handles: { authHandle: "TPM_RH_LOCKOUT" } },
        { sessions: [{ session, auth: "lockout" }] },
      );
    },
  ],
  [
    "a PCR's own change of the authValue is known",
    async ({ client }) => {
      const session = await client.startSession();
      const set = (auth: string) => ({ handles: { pcrHandle: 20 }, parameters: { auth: text(auth) } });
      await client.call("PCR_SetAuthValue", set("mine"), { sessions: [{ session }] });
      await client.call("PCR_SetAuthValue", set(""), { sessions: [{ session, auth: "mine" }] });
      await client.call("PCR_SetAuthValue", set("other"), { sessions: [{ session }] });
    },
  ],
  [
    "a session that is bound to TPM_RH_NULL is bound to nothing",
    async ({ client }) => {
      const session = await client.startSession({ bind: { handle: "TPM_RH_NULL" } });
      const audit = { sessions: [{ session, audit: true }] };
      const { parameters } = await client.call("GetRandom", { parameters: { bytesRequested: 8 } }, audit);
      expect(parameters.randomBytes).toHaveLength(8);
    },
  ],
  [
    "a policy session that asks for a password encrypts for a command that it does not authorize",
    async ({ client }) => {
      const bind = { handle: "TPM_RH_OWNER" } as const;
      const session = await client.startSession({ type: "TPM_SE_POLICY", bind, cipher: { algorithm: "TPM_ALG_XOR" } });
      await client.call("PolicyPassword", { handles: { policySession: session.handle } });
      const random = { parameters: { bytesRequested: 8 } };
      for (let time = 0; time < 2; time++) {
        const { parameters } = await client.call("GetRandom", random, { sessions: [{ session, encrypt: true }] });
        expect(parameters.randomBytes).toHaveLength(8);
      }
    },
  ],
  [
    "commands with the same sessions that are sent at once go one after the other",
    async ({ client }) => {
      const auth = text("index");
      await define(client, auth, 8);
      const [one, other] = [await client.startSession(), await client.startSession()];
      const write = (data: string) => ({ handles: index, parameters: { data: text(data), offset: 0 } });
      const uses = [
        { session: one, auth },
        { session: other, audit: true },
      ] as const;
      const swapped = [
        { session: other, auth },
        { session: one, audit: true },
      ] as const;
      const wrong = client.call("NV_Write", write("too long for it"), { sessions: uses });
      await Promise.all([
        expect(wrong).rejects.toThrow("TPM_RC_NV_RANGE"),
        client.call("NV_Write", write("first..."), { sessions: swapped }),
        client.call("NV_Write", write("second.."), { sessions: uses }),
      ]);
      const read = { handles: index, parameters: { size: 8, offset: 0 } };
      const { parameters } = await client.call("NV_Read", read, { sessions: swapped });
      expect(Buffer.from(parameters.data).toString()).toBe("second..");
    },
  ],
  [
    "a policy that asks for a password, an authValue or neither is served",
    async ({ client, taken }) => {
      const auth = text("the index's own");
      const policies = {
        PolicyPassword: async (session: AuthSession) =>
          void (await client.call("PolicyPassword", { handles: { policySession: session.handle } })),
        PolicyAuthValue: async (session: AuthSession) =>
          void (await client.call("PolicyAuthValue", { handles: { policySession: session.handle } })),
        PolicyCommandCode: async (session: AuthSession) =>
          void (await client.call("PolicyCommandCode", {
            handles: { policySession: session.handle },
            parameters: { code: "TPM_CC_NV_Read" },
          })),
      };
      for (const [name, policy] of Object.entries(policies)) {
        const trial = await client.startSession({ type: "TPM_SE_TRIAL" });
        await policy(trial);
        const digest = await client.call("PolicyGetDigest", { handles: { policySession: trial.handle } });
        await flush(client, trial.handle);
        await define(client, auth, 8, digest.parameters.policyDigest);
        const data = text("contents");
        const write = { handles: index, parameters: { data, offset: 0 } };
        await client.call("NV_Write", write, {
          sessions: [{ session: await client.startSession(), auth, continueSession: false }],
        });
        const session = await client.startSession({ type: "TPM_SE_POLICY" });
        taken();
        for (let time = 0; time < 2; time++) {
          await policy(session);
          const read = { handles: index, parameters: { size: 8, offset: 0 } };
          const { parameters } = await client.call("NV_Read", read, { sessions: [{ session, auth }] });
          expect(parameters.data).toEqual(data);
        }
        expect(taken().includes(hex(auth))).toBe(name === "PolicyPassword");
        await flush(client, session.handle);
        await client.call("NV_UndefineSpace", { handles: { authHandle: "TPM_RH_OWNER", nvIndex } });
      }
    },
  ],
  [
    "a salted policy session proves and encrypts",
    async (wire) => {
      const { client, taken } = wire;
      const trial = await client.startSession({ type: "TPM_SE_TRIAL" });
      await client.call("PolicyAuthValue", { handles: { policySession: trial.handle } });
      const { policyDigest } = (await client.call("PolicyGetDigest", { handles: { policySession: trial.handle } }))
        .parameters;
      await flush(client, trial.handle);
      const [auth, data] = [text("the index's own"), text("contents")];
      await define(client, auth, 8, policyDigest);
      await client.call(
        "NV_Write",
        { handles: index, parameters: { data, offset: 0 } },
        { sessions: [{ session: await client.startSession(), auth, continueSession: false }] },
      );
      const salt = await primary(client, storage("TPM_ECC_NIST_P256", "TPM_ALG_SHA256"));
      const cipher: SessionCipher = { algorithm: "TPM_ALG_AES", keyBits: 128 };
      const session = await client.startSession({ type: "TPM_SE_POLICY", salt, cipher });
      await client.call("PolicyAuthValue", { handles: { policySession: session.handle } });
      taken();
      const read = { handles: index, parameters: { size: 8, offset: 0 } };
      const { parameters } = await client.call("NV_Read", read, { sessions: [{ session, auth, encrypt: true }] });
      expect(parameters.data).toEqual(data);
      expect(taken()).not.toContain(hex(data));
    },
  ],
  [
    "an audit's digest is the TPM's",
    async ({ client }) => {
      const session = await client.startSession();
      const audit = { sessions: [{ session, audit: true }] };
      await client.call("GetRandom", { parameters: { bytesRequested: 8 } }, audit);
      await client.call("ReadClock", {}, { sessions: [{ session, audit: true }] }).catch(() => null);
      await client.call("PCR_Read", { parameters: { pcrSelectionIn: [] } }, audit);
      const { parameters } = await client.call("GetSessionAuditDigest", {
        handles: { privacyAdminHandle: "TPM_RH_ENDORSEMENT", signHandle: "TPM_RH_NULL", sessionHandle: session.handle },
        parameters: { qualifyingData: NOTHING, inScheme: { scheme: "TPM_ALG_NULL" } },
      });
      const { attested } = unmarshalValue("TPMS_ATTEST", parameters.auditInfo) as unknown as {
        attested: { sessionDigest: Uint8Array };
      };
      expect(hex(attested.sessionDigest)).toBe(hex(session.auditDigest ?? NOTHING));
    },
  ],
  [
    "Names of objects come from what the TPM told, or are asked for",
    async ({ client, taken }) => {
      const key = await primary(client, storage("TPM_ECC_NIST_P256", "TPM_ALG_SHA256"), text("parent"));
      const session = await client.startSession();
      taken();
      const create = {
        handles: { parentHandle: key },
        parameters: {
          inSensitive: { userAuth: NOTHING, data: text("sealed") },
          inPublic: {
            type: "TPM_ALG_KEYEDHASH",
            nameAlg: "TPM_ALG_SHA256",
            objectAttributes: attributeBits("TPMA_OBJECT", "fixedTPM", "fixedParent", "userWithAuth"),
            authPolicy: NOTHING,
            parameters: { scheme: NONE },
            unique: NOTHING,
          },
          outsideInfo: NOTHING,
          creationPCR: [],
        },
      } as const;
      const { parameters } = await client.call("Create", create, { sessions: [{ session, auth: "parent" }] });
      expect(taken().trim().split(" ")).toHaveLength(2);
      const { outPrivate, outPublic } = parameters;
      const load = { handles: create.handles, parameters: { inPrivate: outPrivate, inPublic: outPublic } };
      const { handles } = await client.call("Load", load, { sessions: [{ session, auth: "parent" }] });
      const itemHandle = handles.objectHandle;
      expect(await client.nameOf(itemHandle)).toHaveLength(34);
      const unsealed = await client.call("Unseal", { handles: { itemHandle } }, { sessions: [{ session }] });
      expect(Buffer.from(unsealed.parameters.outData).toString()).toBe("sealed");
      // Flushed, and another object has its handle.
      await flush(client, itemHandle);
      await flush(client, key);
      const other = await primary(client, storage("TPM_ECC_NIST_P256", "TPM_ALG_SHA1"));
      const { name } = (await client.call("ReadPublic", { handles: { objectHandle: other } })).parameters;
      expect(hex(await client.nameOf(other))).toBe(hex(name));
      expect(hex(await client.nameOf("TPM_RH_OWNER"))).toBe("40000001");
    },
  ],
  [
    "a response that someone changed is found out, wherever it was changed",
    async ({ client, spoilNext }) => {
      await define(client, NOTHING, 8);
      const session = await client.startSession();
      const write = { handles: index, parameters: { data: new Uint8Array(8), offset: 0 } };
      await client.call("NV_Write", write, { sessions: [{ session }] });
      // HMAC, attributes, nonce and parameter.
      for (const octet of [0, 34, 36, 70]) {
        const read = { handles: index, parameters: { size: 8, offset: 0 } };
        const fresh = await client.startSession();
        await client.nameOf(nvIndex);
        spoilNext(octet);
        expect(await errorOf(client.call("NV_Read", read, { sessions: [{ session: fresh }] }))).toBeInstanceOf(
          TpmFormatError,
        );
        await flush(client, fresh.handle);
      }
    },
  ],
];
