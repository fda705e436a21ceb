/** The limit of a PIN index, where a policy session uses its authValue (Part 2, 13.3; Part 3, 23.4). */
import { describe, expect, it } from "vitest";
import { command, hex, type Response, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { defineSpace, NV, type NvPublic, nvName, nvRead, nvWrite, pin } from "../../testkit/nv.ts";
import { empty, Policy } from "../../testkit/policies.ts";
import { ok } from "../../testkit/run.ts";
import { AuthSession, type Call, call, digest } from "../../testkit/sessions.ts";

const INDEX = 0x01000000;
const RIGHT = Uint8Array.of(1, 2, 3, 4);
const WRONG = Uint8Array.of(4, 3, 2, 1);
const NEW = Uint8Array.of(9);
const BAD_AUTH = rc("TPM_RC_BAD_AUTH", { session: 1 });
const AUTH_UNAVAILABLE = rc("TPM_RC_AUTH_UNAVAILABLE");
const LIMIT = 3;

const proofs = {
  TPM2_PolicyAuthValue: CC.PolicyAuthValue,
  TPM2_PolicyPassword: CC.PolicyPassword,
} as const;
type Proof = keyof typeof proofs;

/** A TPM with a PIN index whose policy is TPM2_PolicyAuthValue, for `code` only where that is given. */
class Pin {
  readonly tpm: TestTpm;
  readonly #info: NvPublic;
  readonly #code: number;
  #session: AuthSession | null = null;
  #isWritten = false;

  constructor(type: number, { profile = 0, code = 0, more = 0 } = {}) {
    this.tpm = TestTpm.started({ profile });
    this.#code = code;
    const policy = new Policy();
    if (code !== 0) policy.extend(CC.PolicyCommandCode, u32(code));
    policy.extend(CC.PolicyAuthValue);
    const usual = NV.OWNERWRITE | NV.OWNERREAD | NV.POLICYREAD | NV.POLICYWRITE | NV.AUTHREAD | NV.NO_DA;
    this.#info = { handle: INDEX, attributes: usual | type | more, policy: policy.value, size: 8 };
    expect(this.tpm.run(defineSpace(this.#info, RIGHT, more & NV.PLATFORMCREATE ? RH.PLATFORM : RH.OWNER)).rc).toBe(0);
  }
  readonly run = (bytes: Uint8Array) => this.tpm.run(bytes).bytes;
  get name(): Uint8Array {
    return nvName(this.#info, this.#info.attributes | (this.#isWritten ? NV.WRITTEN : 0));
  }
  set(count: number, limit: number): void {
    expect(this.tpm.run(nvWrite(RH.OWNER, INDEX, pin(count, limit))).rc).toBe(0);
    this.#isWritten = true;
  }
  /** pinCount */
  get count(): number {
    return this.tpm.run(nvRead(RH.OWNER, INDEX, 8)).view.getUint32(16);
  }
  /** A command whose first handle is authorised by a policy session that uses the authValue. */
  async use(proof: Proof, auth: Uint8Array, command_: Omit<Call, "uses">): Promise<Response> {
    this.#session ??= await AuthSession.start(this.run, { type: SE.POLICY });
    const session = this.#session;
    await ok(this.run, command(CC.PolicyRestart, [session.handle]));
    if (this.#code !== 0) await ok(this.run, command(CC.PolicyCommandCode, [session.handle], [u32(this.#code)]));
    await ok(this.run, command(proofs[proof], [session.handle]));
    const how = proof === "TPM2_PolicyPassword" ? { password: auth } : { withAuth: true };
    // The response to TPM2_NV_ChangeAuth is keyed with the new authValue.
    const entity = command_.code === CC.NV_ChangeAuth ? { auth, after: NEW } : { auth };
    return (await call(this.run, { ...command_, uses: [{ session, entity, ...how }] })).response;
  }
  async read(proof: Proof, auth: Uint8Array): Promise<number> {
    const read = { code: CC.NV_Read, handles: [INDEX, INDEX], names: [this.name, this.name] };
    return (await this.use(proof, auth, { ...read, parameters: [u16(8), u16(0)] })).rc;
  }
  async write(proof: Proof, auth: Uint8Array, data: Uint8Array): Promise<number> {
    const write = { code: CC.NV_Write, handles: [INDEX, INDEX], names: [this.name, this.name] };
    return (await this.use(proof, auth, { ...write, parameters: [sized(data), u16(0)] })).rc;
  }
}

describe.each(Object.keys(proofs) as Proof[])("a policy session with %s", (proof) => {
  it("uses a PIN Pass index as often as its limit says, and no more", async () => {
    const index = new Pin(NV.PIN_PASS);
    index.set(0, LIMIT);
    for (let uses = 1; uses <= LIMIT; uses++) {
      expect(await index.read(proof, WRONG)).toBe(BAD_AUTH);
      expect(await index.read(proof, RIGHT)).toBe(0);
      expect(index.count).toBe(uses);
    }
    for (const auth of [RIGHT, WRONG]) expect(await index.read(proof, auth)).toBe(AUTH_UNAVAILABLE);
    expect(index.count).toBe(LIMIT);
    index.set(0, 1);
    expect(await index.read(proof, RIGHT)).toBe(0);
  });

  it("tries a PIN Fail index as often as its limit says; a right one in between starts anew", async () => {
    const index = new Pin(NV.PIN_FAIL);
    index.set(0, LIMIT);
    for (let tries = 1; tries < LIMIT; tries++) {
      expect(await index.read(proof, WRONG)).toBe(BAD_AUTH);
      expect(index.count).toBe(tries);
    }
    expect(await index.read(proof, RIGHT)).toBe(0);
    expect(index.count).toBe(0);
    for (let tries = 1; tries <= LIMIT; tries++) expect(await index.read(proof, WRONG)).toBe(BAD_AUTH);
    for (const auth of [RIGHT, WRONG]) expect(await index.read(proof, auth)).toBe(AUTH_UNAVAILABLE);
    expect(index.count).toBe(LIMIT);
  });

  it("and a password share one count, which is stored with each use", async () => {
    for (const more of [0, NV.ORDERLY]) {
      const index = new Pin(NV.PIN_FAIL, { more });
      index.set(0, 2);
      const { commits } = index.tpm;
      expect(await index.read(proof, WRONG)).toBe(BAD_AUTH);
      expect(index.tpm.run(nvRead(INDEX, INDEX, 8, 0, WRONG)).rc).toBe(BAD_AUTH);
      expect(index.tpm.commits).toBe(commits + 2);
      expect(await index.read(proof, RIGHT)).toBe(AUTH_UNAVAILABLE);
      expect(index.tpm.run(nvRead(INDEX, INDEX, 8, 0, RIGHT)).rc).toBe(AUTH_UNAVAILABLE);
    }
  });

  it("that cannot be counted tells nothing: TPM_RC_NV_UNAVAILABLE, right or wrong", async () => {
    for (const more of [0, NV.ORDERLY]) {
      const index = new Pin(NV.PIN_FAIL, { more });
      index.set(0, 2);
      index.tpm.storeFails = true;
      for (const auth of [RIGHT, WRONG, RIGHT, WRONG])
        expect(await index.read(proof, auth)).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
      expect(index.count).toBe(0);
    }
  });

  it.each([
    ["PIN Fail", NV.PIN_FAIL],
    ["PIN Pass", NV.PIN_PASS],
  ] as const)("is bound by the limit of a %s index in every command that takes it", async (_, type) => {
    const others: [code: number, more: number, call: (index: Pin, session: number) => Omit<Call, "uses">][] = [
      [CC.NV_Write, 0, ({ name }) => twice(CC.NV_Write, name, [sized(pin(0, 9)), u16(0)])],
      [CC.NV_ReadLock, NV.READ_STCLEAR, ({ name }) => twice(CC.NV_ReadLock, name)],
      [CC.NV_WriteLock, NV.WRITE_STCLEAR, ({ name }) => twice(CC.NV_WriteLock, name)],
      [
        CC.NV_ChangeAuth,
        0,
        ({ name }) => ({ code: CC.NV_ChangeAuth, handles: [INDEX], names: [name], parameters: [sized(NEW)] }),
      ],
      [
        CC.PolicySecret,
        0,
        ({ name }, session) => ({
          code: CC.PolicySecret,
          handles: [INDEX, session],
          names: [name],
          parameters: [sized([]), sized([]), sized([]), u32(0)],
        }),
      ],
      [
        CC.PolicyNV,
        0,
        ({ name }, session) => ({
          code: CC.PolicyNV,
          handles: [INDEX, INDEX, session],
          names: [name, name],
          parameters: [sized([]), u16(0), u16(0)],
        }),
      ],
    ];
    for (const [code, more, callOf] of others) {
      const index = new Pin(type, { code, more });
      const other = await AuthSession.start(index.run, { type: SE.POLICY });
      index.set(2, 2);
      for (const auth of [RIGHT, WRONG])
        expect([code, (await index.use(proof, auth, callOf(index, other.handle))).rc]).toEqual([
          code,
          AUTH_UNAVAILABLE,
        ]);
      expect(index.count).toBe(2);
      index.set(1, 2);
      expect([code, (await index.use(proof, WRONG, callOf(index, other.handle))).rc]).toEqual([code, BAD_AUTH]);
      if (type === NV.PIN_FAIL) index.set(1, 2);
      expect([code, (await index.use(proof, RIGHT, callOf(index, other.handle))).rc]).toEqual([code, 0]);
    }
  });

  it("does not use the authValue of an index that was never written, but to write it", async () => {
    for (const type of [NV.PIN_FAIL, NV.PIN_PASS]) {
      const secret = new Pin(type);
      const other = await AuthSession.start(secret.run, { type: SE.POLICY });
      const parameters = [sized([]), sized([]), sized([]), u32(0)];
      const handles = [INDEX, other.handle];
      for (const auth of [RIGHT, WRONG]) {
        expect(
          (await secret.use(proof, auth, { code: CC.PolicySecret, handles, names: [secret.name], parameters })).rc,
        ).toBe(AUTH_UNAVAILABLE);
        expect(await secret.read(proof, auth)).toBe(rc("TPM_RC_NV_UNINITIALIZED"));
      }
      expect(await secret.write(proof, RIGHT, pin(0, 1))).toBe(0);
      expect(secret.count).toBe(0);
    }
  });

  it("is not bound in profile libtpms-0.9: libtpms counts, and goes on", async () => {
    for (const type of [NV.PIN_FAIL, NV.PIN_PASS]) {
      const index = new Pin(type, { profile: 1 });
      index.set(LIMIT, LIMIT);
      expect(await index.read(proof, WRONG)).toBe(BAD_AUTH);
      expect(await index.read(proof, RIGHT)).toBe(0);
      expect(index.count).toBe(type === NV.PIN_FAIL ? 0 : LIMIT + 1);
      expect(index.tpm.run(nvRead(INDEX, INDEX, 8, 0, RIGHT)).rc).toBe(type === NV.PIN_FAIL ? 0 : AUTH_UNAVAILABLE);
    }
  });
});

describe("a policy session without the authValue", () => {
  it("is not bound by the limit, and counts nothing", async () => {
    const tpm = TestTpm.started();
    const policy = digest(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyCommandCode), u32(CC.NV_Read));
    const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.POLICYREAD | NV.NO_DA | NV.PIN_FAIL;
    const info = { handle: INDEX, attributes, policy, size: 8 };
    expect(tpm.run(defineSpace(info, RIGHT)).rc).toBe(0);
    expect(tpm.run(nvWrite(RH.OWNER, INDEX, pin(5, 5))).rc).toBe(0);
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const session = await AuthSession.start(run, { type: SE.POLICY });
    await ok(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.NV_Read)]));
    const name = nvName(info, attributes | NV.WRITTEN);
    const { response, parameters } = await call(run, {
      ...twice(CC.NV_Read, name, [u16(8), u16(0)]),
      uses: [{ session, entity: { auth: empty } }],
    });
    expect([response.rc, hex(parameters)]).toEqual([0, `0008${hex(pin(5, 5))}`]);
  });
});

/** A command with the index as authHandle and as nvIndex. */
function twice(code: number, name: Uint8Array, parameters: Uint8Array[] = []): Omit<Call, "uses"> {
  return { code, handles: [INDEX, INDEX], names: [name, name], parameters };
}
