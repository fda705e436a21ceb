/** A TPM with something of everything that a permanent state has, and what can be seen of one: of libtpms and of ours alike. */
import { attributeBits, type InputOf, marshalValue, password, TpmClient, unmarshalValue } from "../../client/index.ts";
import type { TpmBackend } from "../../engine/backend.ts";

type Area = InputOf<"TPMT_PUBLIC">;

const NOTHING = new Uint8Array(0);
const text = (words: string) => new TextEncoder().encode(words);
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
export const OWNER_AUTH = "the owner's";
const ENDORSEMENT_AUTH = "the endorsement's";
const INDEX_AUTH = "the index's";
const KEY_AUTH = "a key's";

const nvBits = (...names: Parameters<typeof attributeBits<"TPMA_NV">>[1][]) => attributeBits("TPMA_NV", ...names);
const OPEN = nvBits("AUTHREAD", "AUTHWRITE", "OWNERREAD", "OWNERWRITE", "NO_DA");
const type = (number: number) => number * 16;
/** Handle, attributes, size: one of every type, written or not, orderly or not. */
const INDICES = {
  ordinary: [0x01500001, OPEN, 300],
  unwritten: [0x01500002, OPEN, 20],
  counter: [0x01500003, OPEN | type(1), 8],
  bits: [0x01500004, OPEN | type(2), 8],
  extend: [0x01500005, OPEN | type(4), 32],
  pinFail: [0x01500006, (OPEN & ~nvBits("AUTHWRITE")) | type(8), 8],
  pinPass: [0x01500007, (OPEN & ~nvBits("AUTHWRITE")) | type(9), 8],
  orderly: [0x01500008, OPEN | nvBits("ORDERLY"), 16],
  orderlyCounter: [0x01500009, OPEN | type(1) | nvBits("ORDERLY"), 8],
  locked: [0x0150000a, OPEN | nvBits("WRITEDEFINE"), 5],
  early: [0x01400001, OPEN, 2048],
} as const;
type IndexName = keyof typeof INDICES;

const objectBits = (...names: Parameters<typeof attributeBits<"TPMA_OBJECT">>[1][]) =>
  attributeBits("TPMA_OBJECT", "fixedTPM", "fixedParent", "sensitiveDataOrigin", "userWithAuth", "noDA", ...names);
const AES = { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" } as const;
const NO_CIPHER = { algorithm: "TPM_ALG_NULL" } as const;
const NO_SCHEME = { scheme: "TPM_ALG_NULL" } as const;
const common = { nameAlg: "TPM_ALG_SHA256", authPolicy: NOTHING } as const;
const STORAGE = objectBits("restricted", "decrypt");
const SHA256 = { hashAlg: "TPM_ALG_SHA256" } as const;
const rsa = (keyBits: number, objectAttributes: number): Area => ({
  ...{ ...common, type: "TPM_ALG_RSA", objectAttributes, unique: NOTHING },
  parameters: { symmetric: objectAttributes === STORAGE ? AES : NO_CIPHER, scheme: NO_SCHEME, keyBits, exponent: 0 },
});
const ecc = (
  curveID: "TPM_ECC_NIST_P256" | "TPM_ECC_NIST_P384" | "TPM_ECC_NIST_P521" | "TPM_ECC_BN_P256",
  objectAttributes: number,
): Area => ({
  ...{ ...common, type: "TPM_ALG_ECC", objectAttributes, unique: { x: NOTHING, y: NOTHING } },
  parameters: { symmetric: objectAttributes === STORAGE ? AES : NO_CIPHER, scheme: NO_SCHEME, curveID, kdf: NO_SCHEME },
});
/** What libtpms makes of a seed, one of each kind. */
export const PRIMARIES = {
  rsaStorage: rsa(2048, STORAGE),
  rsaSigning: rsa(2048, objectBits("sign")),
  rsa1024: rsa(1024, objectBits("decrypt")),
  rsa3072: rsa(3072, STORAGE),
  p256: ecc("TPM_ECC_NIST_P256", STORAGE),
  p384: ecc("TPM_ECC_NIST_P384", objectBits("sign")),
  p521: ecc("TPM_ECC_NIST_P521", objectBits("decrypt")),
  bn256: ecc("TPM_ECC_BN_P256", objectBits("sign")),
  hmac: {
    ...{ ...common, type: "TPM_ALG_KEYEDHASH", objectAttributes: objectBits("sign"), unique: NOTHING },
    parameters: { scheme: { scheme: "TPM_ALG_HMAC", details: SHA256 } },
  },
  aes: {
    ...{ ...common, type: "TPM_ALG_SYMCIPHER", objectAttributes: objectBits("decrypt", "sign"), unique: NOTHING },
    parameters: { sym: AES },
  },
  aesStorage: {
    ...{ ...common, type: "TPM_ALG_SYMCIPHER", objectAttributes: STORAGE, unique: NOTHING },
    parameters: { sym: AES },
  },
} as const satisfies Record<string, Area>;
const SEALED: Area = {
  ...{ ...common, type: "TPM_ALG_KEYEDHASH", unique: NOTHING, parameters: { scheme: NO_SCHEME } },
  objectAttributes: attributeBits("TPMA_OBJECT", "fixedTPM", "fixedParent", "userWithAuth", "noDA"),
};
const PERSISTENT = {
  rsaStorage: 0x81000001,
  p256: 0x81000002,
  hmac: 0x81000003,
  aes: 0x81000004,
  rsaSigning: 0x81000005,
  sealed: 0x81000006,
  platform: 0x81800001,
};

export interface Furnished {
  /** A sealed object under the persistent RSA key, outside of the TPM: TPM2B_PRIVATE without its size, TPMT_PUBLIC. */
  readonly child: { readonly outPrivate: Uint8Array; readonly outPublic: Uint8Array };
}

/** Of a started TPM. */
export class Furnisher {
  readonly #client: TpmClient;
  constructor(tpm: Pick<TpmBackend, "execute">) {
    this.#client = new TpmClient(tpm);
  }

  get client(): TpmClient {
    return this.#client;
  }

  startup(startupType: "TPM_SU_CLEAR" | "TPM_SU_STATE" = "TPM_SU_CLEAR") {
    return this.#client.call("Startup", { parameters: { startupType } });
  }
  shutdown(shutdownType: "TPM_SU_CLEAR" | "TPM_SU_STATE" = "TPM_SU_CLEAR") {
    return this.#client.call("Shutdown", { parameters: { shutdownType } });
  }

  async furnish(): Promise<Furnished> {
    await this.#makeObjects();
    const child = await this.#makeChild();
    for (const name of Object.keys(INDICES) as IndexName[]) await this.#define(name);
    await this.#writeIndices();
    await this.#configure();
    return { child };
  }

  async primary(
    primaryHandle: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT" | "TPM_RH_PLATFORM",
    inPublic: Area,
    { auth = "", data = NOTHING as Uint8Array, userAuth = NOTHING as Uint8Array } = {},
  ) {
    const { handles, parameters } = await this.#client.call(
      "CreatePrimary",
      {
        handles: { primaryHandle },
        parameters: { inSensitive: { userAuth, data }, inPublic, outsideInfo: NOTHING, creationPCR: [] },
      },
      { sessions: [password(auth)] },
    );
    return { handle: handles.objectHandle, parameters };
  }

  flush(flushHandle: number) {
    return this.#client.call("FlushContext", { parameters: { flushHandle } });
  }

  async #makeObjects(): Promise<void> {
    const persist = async (
      auth: "TPM_RH_OWNER" | "TPM_RH_PLATFORM",
      objectHandle: number,
      persistentHandle: number,
    ) => {
      await this.#client.call("EvictControl", { handles: { auth, objectHandle }, parameters: { persistentHandle } });
      await this.flush(objectHandle);
    };
    for (const name of ["rsaStorage", "p256", "hmac", "aes", "rsaSigning"] as const) {
      const hierarchy = name === "p256" ? "TPM_RH_ENDORSEMENT" : "TPM_RH_OWNER";
      const { handle } = await this.primary(hierarchy, PRIMARIES[name], { userAuth: text(KEY_AUTH) });
      await persist("TPM_RH_OWNER", handle, PERSISTENT[name]);
    }
    const sealed = await this.primary("TPM_RH_OWNER", SEALED, {
      data: text("a secret of the TPM"),
      userAuth: text(KEY_AUTH),
    });
    await persist("TPM_RH_OWNER", sealed.handle, PERSISTENT.sealed);
    const { handle } = await this.primary("TPM_RH_PLATFORM", ecc("TPM_ECC_NIST_P256", objectBits("decrypt")));
    await persist("TPM_RH_PLATFORM", handle, PERSISTENT.platform);
  }

  async #makeChild(): Promise<Furnished["child"]> {
    const { parameters } = await this.#client.call(
      "Create",
      {
        handles: { parentHandle: PERSISTENT.rsaStorage },
        parameters: {
          inSensitive: { userAuth: text(KEY_AUTH), data: text("sealed under the storage key") },
          ...{ inPublic: SEALED, outsideInfo: NOTHING, creationPCR: [] },
        },
      },
      { sessions: [password(KEY_AUTH)] },
    );
    return { outPrivate: parameters.outPrivate, outPublic: marshalValue("TPMT_PUBLIC", parameters.outPublic) };
  }

  async #define(name: IndexName): Promise<void> {
    const [nvIndex, attributes, dataSize] = INDICES[name];
    const publicInfo = { nvIndex, nameAlg: "TPM_ALG_SHA256", attributes, authPolicy: NOTHING, dataSize } as const;
    await this.#client.call("NV_DefineSpace", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: { auth: text(INDEX_AUTH), publicInfo },
    });
  }

  async #writeIndices(): Promise<void> {
    const on = (name: IndexName) => ({ authHandle: "TPM_RH_OWNER", nvIndex: INDICES[name][0] }) as const;
    const write = async (name: IndexName, data: Uint8Array) => {
      await this.#client.call("NV_Write", { handles: on(name), parameters: { data, offset: 0 } });
    };
    await write(
      "ordinary",
      new Uint8Array(300).map((_, at) => at),
    );
    await write("early", new Uint8Array(1000).fill(7));
    await write("orderly", text("sixteen octets.."));
    await write("locked", text("fixed"));
    await this.#client.call("NV_WriteLock", { handles: on("locked") });
    for (const limit of ["pinFail", "pinPass"] as const) await write(limit, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 5]));
    for (let times = 0; times < 3; times++) await this.#client.call("NV_Increment", { handles: on("counter") });
    for (let times = 0; times < 5; times++) await this.#client.call("NV_Increment", { handles: on("orderlyCounter") });
    await this.#client.call("NV_SetBits", { handles: on("bits"), parameters: { bits: 0x8000000000000005n } });
    await this.#client.call("NV_Extend", { handles: on("extend"), parameters: { data: text("measured") } });
  }

  async #configure(): Promise<void> {
    const { client } = { client: this.#client };
    await client.call("PCR_Allocate", {
      handles: { authHandle: "TPM_RH_PLATFORM" },
      parameters: {
        pcrAllocation: [
          { hash: "TPM_ALG_SHA1", pcrSelect: new Uint8Array(3) },
          { hash: "TPM_ALG_SHA384", pcrSelect: new Uint8Array([0xff, 0x01, 0x80]) },
        ],
      },
    });
    await client.call("SetPrimaryPolicy", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: { authPolicy: new Uint8Array(48).fill(0x5a), hashAlg: "TPM_ALG_SHA384" },
    });
    await client.call("SetCommandCodeAuditStatus", {
      handles: { auth: "TPM_RH_OWNER" },
      parameters: { auditAlg: "TPM_ALG_SHA384", setList: [], clearList: [] },
    });
    await client.call("SetCommandCodeAuditStatus", {
      handles: { auth: "TPM_RH_OWNER" },
      parameters: {
        auditAlg: "TPM_ALG_NULL",
        setList: ["TPM_CC_GetRandom", "TPM_CC_PolicyAuthorizeNV"],
        clearList: [],
      },
    });
    await client.call("DictionaryAttackParameters", {
      handles: { lockHandle: "TPM_RH_LOCKOUT" },
      parameters: { newMaxTries: 9, newRecoveryTime: 7777, lockoutRecovery: 8888 },
    });
    const change = (authHandle: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT" | "TPM_RH_LOCKOUT", newAuth: string) =>
      client.call("HierarchyChangeAuth", { handles: { authHandle }, parameters: { newAuth: text(newAuth) } });
    await change("TPM_RH_ENDORSEMENT", ENDORSEMENT_AUTH);
    await change("TPM_RH_OWNER", OWNER_AUTH);
    await change("TPM_RH_LOCKOUT", "lockout's");
  }

  /** Everything that a client can see, and what the secrets of the TPM make. Nothing of it depends on time or chance. */
  async observe({ child }: Furnished): Promise<Record<string, unknown>> {
    return {
      ...{ indices: await this.indices(INDEX_AUTH), persistent: await this.persistent() },
      ...{ primaries: await this.primaries(OWNER_AUTH, ENDORSEMENT_AUTH), secrets: await this.#secrets(child) },
      capabilities: await this.capabilities(),
    };
  }

  async primaries(owner = "", endorsement = ""): Promise<Record<string, string>> {
    const made: Record<string, string> = {};
    for (const [name, area] of Object.entries(PRIMARIES)) {
      const hierarchies =
        name === "rsa3072"
          ? (["TPM_RH_OWNER"] as const)
          : (["TPM_RH_OWNER", "TPM_RH_ENDORSEMENT", "TPM_RH_PLATFORM"] as const);
      for (const hierarchy of hierarchies) {
        const auth = { TPM_RH_OWNER: owner, TPM_RH_ENDORSEMENT: endorsement, TPM_RH_PLATFORM: "" }[hierarchy];
        const { handle, parameters } = await this.primary(hierarchy, area, { auth });
        made[`${hierarchy} ${name}`] = hex(parameters.name);
        await this.flush(handle);
      }
    }
    return made;
  }

  async handles(property: number): Promise<readonly number[]> {
    const { parameters } = await this.#client.call("GetCapability", {
      parameters: { capability: "TPM_CAP_HANDLES", property, propertyCount: 200 },
    });
    return (parameters.capabilityData as { data: readonly number[] }).data;
  }

  async indices(auth: string): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const nvIndex of await this.handles(0x01000000)) {
      const { parameters } = await this.#client.call("NV_ReadPublic", { handles: { nvIndex } });
      const { dataSize } = parameters.nvPublic as { dataSize: number };
      const data = await this.#client
        .call(
          "NV_Read",
          { handles: { authHandle: nvIndex, nvIndex }, parameters: { size: Math.min(dataSize, 1000), offset: 0 } },
          { sessions: [password(auth)] },
        )
        .then(
          ({ parameters: read }) => hex(read.data),
          (error: Error) => error.message,
        );
      found[nvIndex.toString(16)] = { name: hex(parameters.nvName), public: parameters.nvPublic, data };
    }
    return found;
  }

  async persistent(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const objectHandle of await this.handles(0x81000000)) {
      const { parameters } = await this.#client.call("ReadPublic", { handles: { objectHandle } });
      found[objectHandle.toString(16)] = [hex(parameters.name), hex(parameters.qualifiedName)];
    }
    return found;
  }

  async #secrets({ outPrivate, outPublic }: Furnished["child"]): Promise<Record<string, string>> {
    const { client } = { client: this.#client };
    const sessions = { sessions: [password(KEY_AUTH)] };
    const unsealed = await client.call("Unseal", { handles: { itemHandle: PERSISTENT.sealed } }, sessions);
    const loaded = await client.call(
      "Load",
      {
        handles: { parentHandle: PERSISTENT.rsaStorage },
        parameters: { inPrivate: outPrivate, inPublic: unmarshalValue("TPMT_PUBLIC", outPublic) as unknown as Area },
      },
      sessions,
    );
    const child = await client.call("Unseal", { handles: { itemHandle: loaded.handles.objectHandle } }, sessions);
    await this.flush(loaded.handles.objectHandle);
    const mac = await client.call(
      "HMAC",
      { handles: { handle: PERSISTENT.hmac }, parameters: { buffer: text("a message"), hashAlg: "TPM_ALG_NULL" } },
      sessions,
    );
    const cipher = await client.call(
      "EncryptDecrypt2",
      {
        handles: { keyHandle: PERSISTENT.aes },
        parameters: { inData: text("a message"), decrypt: 0, mode: "TPM_ALG_NULL", ivIn: new Uint8Array(16) },
      },
      sessions,
    );
    const signed = await client.call(
      "Sign",
      {
        handles: { keyHandle: PERSISTENT.rsaSigning },
        parameters: {
          digest: new Uint8Array(32).fill(3),
          inScheme: { scheme: "TPM_ALG_RSASSA", details: SHA256 },
          validation: { tag: "TPM_ST_HASHCHECK", hierarchy: "TPM_RH_NULL", digest: NOTHING },
        },
      },
      sessions,
    );
    return {
      ...{ unsealed: hex(unsealed.parameters.outData), child: hex(child.parameters.outData) },
      ...{ mac: hex(mac.parameters.outHMAC), cipher: hex(cipher.parameters.outData) },
      signature: JSON.stringify(signed.parameters.signature, (_, value) =>
        value instanceof Uint8Array ? hex(value) : value,
      ),
    };
  }

  async capabilities(): Promise<Record<string, unknown>> {
    const ask = async (
      capability: "TPM_CAP_AUDIT_COMMANDS" | "TPM_CAP_PP_COMMANDS" | "TPM_CAP_PCRS" | "TPM_CAP_AUTH_POLICIES",
      property = 0,
    ) => {
      const { parameters } = await this.#client.call("GetCapability", {
        parameters: { capability, property, propertyCount: 100 },
      });
      return parameters.capabilityData;
    };
    const { parameters } = await this.#client.call("GetCapability", {
      parameters: { capability: "TPM_CAP_TPM_PROPERTIES", property: 0x200, propertyCount: 100 },
    });
    const properties = (parameters.capabilityData as { data: readonly unknown[] }).data as readonly {
      property: number;
      value: number;
    }[];
    // PERMANENT, STARTUP_CLEAR, NV_COUNTERS, LOCKOUT_COUNTER .. LOCKOUT_RECOVERY, AUDIT_COUNTER_0, AUDIT_COUNTER_1
    const kept = [0x200, 0x201, 0x20a, 0x20e, 0x20f, 0x210, 0x211, 0x213, 0x214];
    const { parameters: clock } = await this.#client.call("ReadClock", {});
    const { clockInfo } = clock.currentTime as {
      clockInfo: { resetCount: number; restartCount: number; safe: number };
    };
    return {
      ...{ audit: await ask("TPM_CAP_AUDIT_COMMANDS", 0x11f), presence: await ask("TPM_CAP_PP_COMMANDS", 0x11f) },
      ...{ pcrs: await ask("TPM_CAP_PCRS"), policies: await ask("TPM_CAP_AUTH_POLICIES", 0x40000000) },
      properties: properties.filter(({ property }) => kept.includes(property)),
      clock: [clockInfo.resetCount, clockInfo.restartCount, clockInfo.safe],
    };
  }
}
