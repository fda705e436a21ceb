import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { rc } from "../spec/testkit/responseCode.ts";
import { TpmClient } from "./client.ts";
import { password } from "./command.ts";
import { TpmError, TpmFormatError } from "./errors.ts";
import type { SessionHash } from "./sessionCrypto.ts";

const PCR_16 = Uint8Array.of(0, 0, 1);
const EMPTY = new Uint8Array(0);

/** The core as a backend; `spoil` may change responses on their way. */
function clientOf(tpm: TestTpm, spoil: (response: Uint8Array) => void = () => {}): TpmClient {
  return new TpmClient({
    async execute(command, { locality = 0 } = {}) {
      const response = tpm.run(command, locality).bytes;
      spoil(response);
      return response;
    },
  });
}
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

let tpm: TestTpm;
let client: TpmClient;
beforeEach(() => {
  tpm = TestTpm.started();
  client = clientOf(tpm);
});

describe("a client of the core", () => {
  it("gets random octets", async () => {
    const { parameters } = await client.call("GetRandom", { parameters: { bytesRequested: 20 } });
    expect(parameters.randomBytes).toHaveLength(20);
  });

  it("stirs: what is stirred in changes what comes out, and nothing else does", async () => {
    const next = async (stir?: string) => {
      const fresh = clientOf(TestTpm.started({ seed: "the same for all" }));
      if (stir !== undefined)
        await fresh.call("StirRandom", { parameters: { inData: new TextEncoder().encode(stir) } });
      const { parameters } = await fresh.call("GetRandom", { parameters: { bytesRequested: 32 } });
      return Buffer.from(parameters.randomBytes).toString("hex");
    };
    expect(await next("a")).toBe(await next("a"));
    expect(new Set([await next(), await next("a"), await next("b")]).size).toBe(3);
    const tooMuch = await errorOf(client.call("StirRandom", { parameters: { inData: new Uint8Array(129) } }));
    expect(tooMuch).toMatchObject({ decoded: { name: "TPM_RC_SIZE", about: "parameter", number: 1 } });
  });

  it("extends and reads a PCR", async () => {
    const digest = createHash("sha256").update("event").digest();
    await client.call("PCR_Extend", {
      handles: { pcrHandle: 16 },
      parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: Uint8Array.from(digest) }] },
    });
    const { parameters } = await client.call("PCR_Read", {
      parameters: { pcrSelectionIn: [{ hash: "TPM_ALG_SHA256", pcrSelect: PCR_16 }] },
    });
    const expected = createHash("sha256").update(new Uint8Array(32)).update(digest).digest();
    expect(parameters.pcrValues).toEqual([Uint8Array.from(expected)]);
    expect(parameters.pcrSelectionOut).toEqual([{ hash: TPM_ALG.TPM_ALG_SHA256, sizeofSelect: 3, pcrSelect: PCR_16 }]);
  });

  it("reads 64-bit numbers as bigint", async () => {
    const { parameters } = await client.call("ReadClock", {});
    const { time, clockInfo } = parameters.currentTime;
    expect(typeof time).toBe("bigint");
    expect(clockInfo).toMatchObject({ resetCount: 1, restartCount: 0, safe: 1 });
  });

  it("hashes with a sequence, whose handle it gets", async () => {
    const { handles } = await client.call("HashSequenceStart", {
      parameters: { auth: EMPTY, hashAlg: "TPM_ALG_SHA512" },
    });
    const { sequenceHandle } = handles;
    const part = (text: string) => new TextEncoder().encode(text);
    await client.call("SequenceUpdate", { handles: { sequenceHandle }, parameters: { buffer: part("to be ") } });
    const { parameters } = await client.call("SequenceComplete", {
      handles: { sequenceHandle },
      parameters: { buffer: part("hashed"), hierarchy: "TPM_RH_NULL" },
    });
    expect(Buffer.from(parameters.result)).toEqual(createHash("sha512").update("to be hashed").digest());
  });

  it("says what the TPM found wrong", async () => {
    const error = await errorOf(
      client.call("GetCapability", { parameters: { capability: 99, property: 0, propertyCount: 1 } }),
    );
    expect(error).toBeInstanceOf(TpmError);
    expect(error).toMatchObject({
      code: rc("TPM_RC_VALUE", { parameter: 1 }),
      command: "GetCapability",
      decoded: { subject: "capability" },
    });
  });

  it("authorises with passwords", async () => {
    const newAuth = new TextEncoder().encode("secret");
    await client.call("HierarchyChangeAuth", { handles: { authHandle: "TPM_RH_OWNER" }, parameters: { newAuth } });
    const clear = { handles: { authHandle: "TPM_RH_OWNER" }, parameters: { newAuth: EMPTY } } as const;
    expect(await errorOf(client.call("HierarchyChangeAuth", clear, { sessions: [password("wrong")] }))).toMatchObject({
      decoded: { name: "TPM_RC_BAD_AUTH", about: "session", number: 1 },
    });
    await client.call("HierarchyChangeAuth", clear, { sessions: [password("secret")] });
  });
});

describe("HMAC sessions", () => {
  const newAuth = new TextEncoder().encode("secret");
  const owner = { handles: { authHandle: "TPM_RH_OWNER" } } as const;
  const hashes: SessionHash[] = ["TPM_ALG_SHA1", "TPM_ALG_SHA256", "TPM_ALG_SHA384", "TPM_ALG_SHA512"];

  it.each(hashes)("of %s prove command and response, one after the other", async (algorithm) => {
    const session = await client.startSession({ algorithm });
    await client.call(
      "HierarchyChangeAuth",
      { ...owner, parameters: { newAuth } },
      { sessions: [{ session, newAuth: "secret" }] },
    );
    const changed = { ...owner, parameters: { newAuth: EMPTY } };
    const wrong = await errorOf(
      client.call("HierarchyChangeAuth", changed, { sessions: [{ session, auth: "wrong" }] }),
    );
    expect(wrong).toMatchObject({ decoded: { name: "TPM_RC_BAD_AUTH", about: "session" } });
    await client.call("HierarchyChangeAuth", changed, { sessions: [{ session, auth: "secret", newAuth: "" }] });
    await client.call("FlushContext", { parameters: { flushHandle: session.handle } });
  });

  it("that are bound do not need the authValue again", async () => {
    await client.call("HierarchyChangeAuth", { ...owner, parameters: { newAuth } });
    const session = await client.startSession({ bind: { handle: "TPM_RH_OWNER", auth: "secret" } });
    const policy = { ...owner, parameters: { authPolicy: EMPTY, hashAlg: "TPM_ALG_NULL" } } as const;
    await client.call("SetPrimaryPolicy", policy, { sessions: [{ session, auth: "secret" }] });
    await client.call("SetPrimaryPolicy", policy, { sessions: [{ session, auth: "secret" }] });
  });

  it("find out a response that someone changed", async () => {
    const session = await client.startSession();
    const spoiled = clientOf(tpm, (response) => {
      const last = response.length - 1;
      response[last] = (response[last] ?? 0) ^ 1;
    });
    const error = await errorOf(
      spoiled.call("HierarchyChangeAuth", { ...owner, parameters: { newAuth: EMPTY } }, { sessions: [{ session }] }),
    );
    expect(error).toBeInstanceOf(TpmFormatError);
    expect(String(error)).toMatch(/HMAC of the response is wrong/);
  });

  it("prove the empty Name of a sequence object", async () => {
    const session = await client.startSession();
    const { handles } = await client.call("HashSequenceStart", {
      parameters: { auth: EMPTY, hashAlg: "TPM_ALG_SHA256" },
    });
    const update = { handles, parameters: { buffer: Uint8Array.of(1) } };
    await client.call("SequenceUpdate", update, { sessions: [{ session }] });
    // Another client has not seen its beginning: it asks.
    const late = clientOf(tpm);
    const own = await late.startSession();
    await late.call("SequenceUpdate", update, { sessions: [{ session: own }] });
    const wrong = { sessions: [{ session: own }], names: [Uint8Array.of(1, 2)] };
    expect(await errorOf(late.call("SequenceUpdate", update, wrong))).toMatchObject({
      code: rc("TPM_RC_BAD_AUTH", { session: 1 }),
    });
  });
});
