import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { objectSessionScenarios } from "../../testkit/objectSessionScenarios.ts";
import { encryptsParameters, sessionScenarios } from "../../testkit/sessionScenarios.ts";
import { AUDIT, AuthSession, CONTINUE, call, DECRYPT, digest, type Symmetric } from "../../testkit/sessions.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("sessions, as a client that follows Part 1 sees them", () => {
  for (const [name, scenario] of [...sessionScenarios, ...objectSessionScenarios]) {
    it(name, async () => {
      const tpm = TestTpm.started();
      await scenario((command) => tpm.run(command).bytes);
    });
  }
});

describe("what only the profile full has", () => {
  const hashes = [
    ["SM3", ALG.SM3_256],
    ["SHA3-256", ALG.SHA3_256],
    ["SHA3-384", ALG.SHA3_384],
    ["SHA3-512", ALG.SHA3_512],
  ] as const;
  const ciphers: readonly Symmetric[] = [
    { algorithm: "aes", bits: 192 },
    { algorithm: "camellia", bits: 192 },
    { algorithm: "sm4", bits: 128 },
  ];

  it.each(ciphers)("parameters are encrypted with %o", async (symmetric) => {
    const tpm = TestTpm.started();
    await encryptsParameters(symmetric)((command) => tpm.run(command).bytes);
    const other = TestTpm.started({ profile: 1 });
    const refused = AuthSession.start((command) => other.run(command).bytes, { symmetric });
    await expect(refused).rejects.toThrow(symmetric.algorithm === "sm4" ? "0x4d6" : "0x4c4");
  });

  it.each(hashes)("sessions with %s authorise, encrypt and audit", async (_name, hash) => {
    const tpm = TestTpm.started();
    const run = (command: Uint8Array) => tpm.run(command).bytes;
    for (const symmetric of [{ algorithm: "xor", hash } as const, { algorithm: "aes", bits: 256 } as const]) {
      await encryptsParameters(symmetric, hash)(run);
      tpm.run(command(CC.FlushContext, [], [u32(0x02000000)]));
    }
    // Three sessions with three hashes, on one command: each has its own cpHash and rpHash.
    const main = await AuthSession.start(run, { hash });
    const encrypting = await AuthSession.start(run, { hash: ALG.SHA1, symmetric: { algorithm: "sm4", bits: 128 } });
    const auditing = await AuthSession.start(run, { hash: ALG.SHA512 });
    const auth = bytes(4, 5, 6);
    const change = await call(run, {
      code: CC.HierarchyChangeAuth,
      handles: [RH.OWNER],
      parameters: [sized(auth)],
      uses: [
        { session: main, entity: { auth: bytes(), after: auth } },
        { session: encrypting, attributes: CONTINUE | DECRYPT },
        { session: auditing, attributes: CONTINUE | AUDIT },
      ],
    });
    expect(change.response.rc).toBe(0);
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password(auth)])).rc).toBe(0);
  });

  it.each(hashes)("policies with %s", async (name, hash) => {
    const tpm = TestTpm.started();
    const run = (command: Uint8Array) => tpm.run(command).bytes;
    const policy = digest(
      hash,
      new Uint8Array(digest(hash).length),
      u32(CC.PolicyCommandCode),
      u32(CC.HierarchyChangeAuth),
    );
    expect(tpm.run(command(CC.SetPrimaryPolicy, [RH.OWNER], [sized(policy), u16(hash)], [password()])).rc).toBe(0);
    // The policy is in the blob, of this profile only.
    expect(tpm.powerCycle().core.profile()).toBe(0);
    const session = await AuthSession.start(run, { hash, type: SE.POLICY });
    expect(tpm.run(command(CC.PolicyCommandCode, [session.handle], [u32(CC.HierarchyChangeAuth)])).rc, name).toBe(0);
    const auth = bytes(1, 2);
    const uses = [{ session, entity: { auth: bytes() } }];
    const change = await call(run, {
      code: CC.HierarchyChangeAuth,
      handles: [RH.OWNER],
      parameters: [sized(auth)],
      uses,
    });
    expect(change.response.rc).toBe(0);
  });
});

describe("loaded sessions", () => {
  it("are three at most, with the lowest free handles", async () => {
    const tpm = TestTpm.started();
    const run = (command: Uint8Array) => tpm.run(command).bytes;
    const handles = [];
    for (const type of [SE.HMAC, SE.POLICY, SE.TRIAL]) handles.push((await AuthSession.start(run, { type })).handle);
    expect(handles).toEqual([0x02000000, 0x03000001, 0x03000002]);
    await expect(AuthSession.start(run)).rejects.toThrow("0x903");
    expect(tpm.run(command(CC.FlushContext, [], [u32(0x03000001)])).rc).toBe(0);
    expect((await AuthSession.start(run)).handle).toBe(0x02000001);
  });

  it("a failed command leaves the session as it was", async () => {
    const tpm = TestTpm.started();
    const run = (command: Uint8Array) => tpm.run(command).bytes;
    const auth = bytes(1, 2, 3);
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized(auth)], [password()])).rc).toBe(0);
    const session = await AuthSession.start(run);
    const before = tpm.stateHash();
    const wrong = await call(run, {
      code: CC.HierarchyChangeAuth,
      handles: [RH.OWNER],
      parameters: [sized([])],
      uses: [{ session, entity: { auth: bytes(9) } }],
    });
    expect(wrong.response.rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    expect(tpm.stateHash()).toBe(before);
    const right = await call(run, {
      code: CC.HierarchyChangeAuth,
      handles: [RH.OWNER],
      parameters: [sized([])],
      uses: [{ session, entity: { auth, after: bytes() } }],
    });
    expect(right.response.rc).toBe(0);
  });

  it("a commit that fails takes the nonce back, too", async () => {
    const tpm = TestTpm.started();
    const run = (command: Uint8Array) => tpm.run(command).bytes;
    const session = await AuthSession.start(run);
    const before = tpm.stateHash();
    tpm.storeFails = true;
    const change = {
      code: CC.HierarchyChangeAuth,
      handles: [RH.OWNER],
      parameters: [sized(bytes(7))],
      uses: [{ session, attributes: CONTINUE, entity: { auth: bytes() } }],
    };
    expect((await call(run, change)).response.rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
  });

  it("are lost at _TPM_Init", async () => {
    const tpm = TestTpm.started();
    const run = (command: Uint8Array) => tpm.run(command).bytes;
    const session = await AuthSession.start(run);
    tpm.core.powerOn();
    expect(tpm.startup().rc).toBe(0);
    expect(tpm.run(command(CC.FlushContext, [], [u32(session.handle)])).rc).toBe(rc("TPM_RC_HANDLE", { parameter: 1 }));
  });
});

describe("secrets", () => {
  it("no trace of an authValue stays in the buffers after the command", async () => {
    const tpm = TestTpm.started();
    const secret = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 ^ (i * 7));
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized(secret)], [password()])).rc).toBe(0);
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password(secret)])).rc).toBe(0);
    const memory = Buffer.from(tpm.core.memory.buffer);
    expect(memory.indexOf(secret)).toBe(-1);
  });
});
