/** What the guest does: it counts in an NV counter, makes keys, and has a policy session that no store keeps. */
import { made, signingKey } from "../../../../src/client/testkit/keys.ts";
import { type Tpm, TpmClient, TpmError } from "../../../../src/index.ts";
import { attributeBits } from "../../../../src/spec/attributes.ts";

const COUNTER = 0x01500001;
/** Of TPMA_NV: TPM_NT_COUNTER. */
const IS_COUNTER = 1 << 4;
const FIRST_KEY = 0x81000000;
/** Keys that it has at once; the next one takes the place of the oldest. */
export const KEYS = 6;
/** One command of so many makes a key. */
const KEY_EACH = 9;
const NOTHING = new Uint8Array(0);
const hex = (octets: Uint8Array) => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");

/** Told to the soak before a command goes out, and when its response is there. A slot's key is its Name in hex; null: none. */
export type Told =
  | { readonly what: "count"; readonly count: number }
  | { readonly what: "key"; readonly slot: number; readonly name: string | null };
export type Tell = (when: "asked" | "acknowledged" | "broken", told: Told | string) => Promise<void>;

/** What the guest's memory has: it goes where its TPM goes. */
export interface Memory {
  count: number;
  made: number;
  session: number;
  policy: string;
}

export interface Holdings {
  readonly count: number;
  /** By slot. */
  readonly keys: readonly (string | null)[];
}

export class Guest {
  readonly #client: TpmClient;
  readonly #tell: Tell;
  memory: Memory = { count: 0, made: 0, session: 0, policy: "" };

  constructor(tpm: Pick<Tpm, "execute">, tell: Tell) {
    this.#client = new TpmClient(tpm);
    this.#tell = tell;
  }

  /** After a _TPM_Init. */
  async boot(): Promise<void> {
    await this.#client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const { count, keys } = await this.#firstHoldings();
    const { handles } = await this.#client.call("StartAuthSession", {
      handles: { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" },
      parameters: {
        nonceCaller: new Uint8Array(16),
        encryptedSalt: NOTHING,
        sessionType: "TPM_SE_POLICY",
        symmetric: { algorithm: "TPM_ALG_NULL" },
        authHash: "TPM_ALG_SHA256",
      },
    });
    const session = handles.sessionHandle;
    await this.#client.call("PolicyAuthValue", { handles: { policySession: session } });
    const made = keys.filter((key) => key !== null).length;
    this.memory = { count, made, session, policy: await this.#policyOf(session) };
  }

  /** After a resume: what the guest remembers and what its TPM has are of the same moment. */
  async check(): Promise<void> {
    const { count, session, policy } = this.memory;
    const found = await readCounter(this.#client);
    if (found !== count) {
      await this.#tell("broken", `a guest that had counted to ${count} goes on with a TPM that has ${found}`);
    }
    const kept = await this.#policyOf(session).catch(String);
    if (kept !== policy) await this.#tell("broken", `a session did not come along: ${kept}`);
  }

  /** One thing of many. */
  async work(): Promise<void> {
    const { memory } = this;
    const isKey = (memory.count + memory.made) % KEY_EACH === KEY_EACH - 1;
    if (isKey) await this.#makeKey();
    await this.count();
  }

  async count(): Promise<void> {
    const told = { what: "count", count: this.memory.count + 1 } as const;
    await this.#tell("asked", told);
    await this.#client.call("NV_Increment", { handles: { authHandle: COUNTER, nvIndex: COUNTER } });
    this.memory.count++;
    await this.#tell("acknowledged", told);
  }

  async #makeKey(): Promise<void> {
    const slot = this.memory.made % KEYS;
    const persistentHandle = FIRST_KEY + slot;
    const unique = crypto.getRandomValues(new Uint8Array(8));
    const { handles, parameters } = await this.#client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: made({ ...signingKey, unique: { x: unique, y: NOTHING } }),
    });
    const objectHandle = handles.objectHandle;
    if ((await nameAt(this.#client, slot)) !== null) {
      await this.#tell("asked", { what: "key", slot, name: null });
      await this.#client.call("EvictControl", {
        handles: { auth: "TPM_RH_OWNER", objectHandle: persistentHandle },
        parameters: { persistentHandle },
      });
      await this.#tell("acknowledged", { what: "key", slot, name: null });
    }
    const told = { what: "key", slot, name: hex(parameters.name) } as const;
    await this.#tell("asked", told);
    await this.#client.call("EvictControl", {
      handles: { auth: "TPM_RH_OWNER", objectHandle },
      parameters: { persistentHandle },
    });
    this.memory.made++;
    await this.#tell("acknowledged", told);
    await this.#client.call("FlushContext", { parameters: { flushHandle: objectHandle } });
  }

  holdings(): Promise<Holdings> {
    return holdingsOf(this.#client);
  }

  async #policyOf(policySession: number): Promise<string> {
    const { parameters } = await this.#client.call("PolicyGetDigest", { handles: { policySession } });
    return hex(parameters.policyDigest);
  }

  async #firstHoldings(): Promise<Holdings> {
    try {
      return await holdingsOf(this.#client);
    } catch (error) {
      if (!(error instanceof TpmError)) throw error;
    }
    const attributes = attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE", "NO_DA") | IS_COUNTER;
    await this.#client
      .call("NV_DefineSpace", {
        handles: { authHandle: "TPM_RH_OWNER" },
        parameters: {
          auth: NOTHING,
          publicInfo: { nvIndex: COUNTER, nameAlg: "TPM_ALG_SHA256", attributes, authPolicy: NOTHING, dataSize: 8 },
        },
      })
      .catch((error: unknown) => {
        if (!String(error).includes("TPM_RC_NV_DEFINED")) throw error;
      });
    await this.#client.call("NV_Increment", { handles: { authHandle: COUNTER, nvIndex: COUNTER } });
    return holdingsOf(this.#client);
  }
}

/** What a TPM answers about what it holds. @throws TpmPoweredOffError and others where it answers nothing */
async function holdingsOf(client: TpmClient): Promise<Holdings> {
  const count = await readCounter(client);
  const keys: (string | null)[] = [];
  for (let slot = 0; slot < KEYS; slot++) keys.push(await nameAt(client, slot));
  return { count, keys };
}

async function readCounter(client: TpmClient): Promise<number> {
  const { parameters } = await client.call("NV_Read", {
    handles: { authHandle: COUNTER, nvIndex: COUNTER },
    parameters: { size: 8, offset: 0 },
  });
  const { data } = parameters;
  return Number(new DataView(data.buffer, data.byteOffset).getBigUint64(0));
}

async function nameAt(client: TpmClient, slot: number): Promise<string | null> {
  try {
    const { parameters } = await client.call("ReadPublic", { handles: { objectHandle: FIRST_KEY + slot } });
    return hex(parameters.name);
  } catch (error) {
    if (error instanceof TpmError && error.decoded.name === "TPM_RC_HANDLE") return null;
    throw error;
  }
}
