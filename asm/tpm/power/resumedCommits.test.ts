/** A volatile state that is resumed twice: no ephemeral scalar is used twice, or a private key would be given away. */
import { describe, expect, it } from "vitest";
import { externalEcc, pointBytes, SIGNING_KEY, timesBase } from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, u16 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import { Fields, handleAndFields } from "../../testkit/objects.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";
import { scheme, sign } from "../../testkit/signatures.ts";

const ECDAA = concat(u16(ALG.ECDAA), u16(ALG.SHA256), u16(0));
const EMPTY_POINT = new Uint8Array(4);
const P256 = 3;
const digestOf = (octet: number) => new Uint8Array(32).fill(octet);
const commit = (key: number) => command(CC.Commit, [key], [sized(EMPTY_POINT), sized([]), sized([])], [password()]);
const ephemeral = command(CC.EC_Ephemeral, [], [u16(P256)]);
const signWith = (key: number, counter: number, octet: number) =>
  sign(key, digestOf(octet), scheme(ALG.ECDAA, ALG.SHA256, counter));

/** A TPM with an anonymous key and a pending commitment, and the counter of that. */
function committed() {
  const tpm = TestTpm.started();
  const key = handleAndFields(tpm.run(externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA }))).handle;
  const response = tpm.run(commit(key));
  expect(response.rc).toBe(0);
  return { tpm, key, counter: new DataView(response.bytes.buffer).getUint16(response.parameters.length + 12) };
}

/** The same two states, resumed by two instances with random numbers of their own. */
const twice = (tpm: TestTpm) => {
  const volatile = tpm.saveVolatile();
  return ["a", "b"].map((seed) => TestTpm.resumed(tpm.save(), volatile, { seed })) as [TestTpm, TestTpm];
};

describe("a volatile state that is resumed", () => {
  it("has no pending commitment: TPM2_Sign with its counter is TPM_RC_VALUE", () => {
    const { tpm, key, counter } = committed();
    const volatile = tpm.saveVolatile();
    // Where it was made, and nowhere else, the commitment is good.
    expect(tpm.run(signWith(key, counter, 1)).rc).toBe(0);
    for (let i = 0; i < 2; i++) {
      const resumed = TestTpm.resumed(tpm.save(), volatile);
      expect(resumed.run(signWith(key, counter, 2)).rc).toBe(rc("TPM_RC_VALUE"));
      expect(resumed.run(signWith(key, counter, 2)).rc).toBe(rc("TPM_RC_VALUE"));
    }
  });

  it("has no pending ephemeral key: TPM2_ZGen_2Phase with its counter is TPM_RC_VALUE", () => {
    const { tpm } = committed();
    const key = handleAndFields(tpm.run(externalEcc())).handle;
    expect(tpm.run(ephemeral).rc).toBe(0);
    const point = sized(pointBytes(P256, timesBase(P256, 3n)));
    const zGen = command(CC.ZGen_2Phase, [key], [point, point, u16(ALG.ECDH), u16(1)], [password()]);
    for (const each of twice(tpm)) expect(each.run(zGen).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    expect(tpm.run(zGen).rc).toBe(0);
  });

  it("gives new commitments and points: in no two instances the same, and with counters that go on", () => {
    const { tpm, key, counter } = committed();
    const instances = [tpm, ...twice(tpm)];
    for (const [bytes, expected] of [
      [ephemeral, counter + 1],
      [commit(key), counter + 2],
    ] as const) {
      const answers = instances.map((each) => each.run(bytes));
      expect(answers.map(({ rc }) => rc)).toEqual([0, 0, 0]);
      const parameters = answers.map((answer) => answer.parameters);
      expect(new Set(parameters.map((each) => hex(each.subarray(0, -2)))).size).toBe(3);
      for (const each of parameters) expect(new Fields(each.subarray(-2)).number(2)).toBe(expected);
    }
  });

  it("signs with a commitment that it made itself, once", () => {
    const { tpm, key, counter } = committed();
    for (const each of twice(tpm)) {
      expect(each.run(commit(key)).rc).toBe(0);
      expect(each.run(signWith(key, counter + 1, 3)).rc).toBe(0);
      expect(each.run(signWith(key, counter + 1, 4)).rc).toBe(rc("TPM_RC_VALUE"));
    }
  });

  it("forgets them although a shutdown is on record; TPM Resume has them again, once", () => {
    const { tpm, key, counter } = committed();
    expect(tpm.shutdown(1).rc).toBe(0);
    const resumed = TestTpm.resumed(tpm.save(), tpm.saveVolatile());
    expect(resumed.run(signWith(key, counter, 1)).rc).toBe(rc("TPM_RC_VALUE"));
    const started = resumed.powerCycle();
    expect(started.startup(1).rc).toBe(0);
    const again = handleAndFields(started.run(externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA }))).handle;
    expect(started.run(signWith(again, counter, 1)).rc).toBe(0);
    expect(started.run(signWith(again, counter, 1)).rc).toBe(rc("TPM_RC_VALUE"));
    expect(started.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("keeps the nonces of its sessions: the guest goes on with them", async () => {
    const tpm = TestTpm.started();
    const bind = { handle: RH.OWNER, auth: new Uint8Array(0) };
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { bind });
    const { nonceTpm } = session;
    const extend = { code: CC.PCR_Extend, handles: [16], parameters: [new Uint8Array(4)] };
    for (const each of twice(tpm)) {
      session.nonceTpm = nonceTpm;
      const uses = [{ session, entity: { auth: new Uint8Array(0) } }];
      for (let i = 0; i < 2; i++)
        expect((await call((bytes) => each.run(bytes).bytes, { ...extend, uses })).response.rc).toBe(0);
    }
  });
});
