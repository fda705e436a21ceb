import { createHash } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import {
  type Affine,
  bytesOf,
  curveOf,
  DECRYPTING,
  externalEcc,
  externalRsa,
  numberOf,
  patterned,
  pointBytes,
  SIGNING_KEY,
  scalarOf,
  times,
  timesBase,
} from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";
import { Fields, fieldsOf, handleAndFields, NULL_ALGORITHM } from "../../testkit/objects.ts";

const ECDH = 0x19;
const SM2 = 0x1b;
const ECMQV = 0x1d;
const all = CURVES.map(({ name, id }) => [name, id] as const);

const keyGen = (handle: number) => command(CC.ECDH_KeyGen, [handle]);
const zGen = (handle: number, point: Uint8Array) => command(CC.ECDH_ZGen, [handle], [sized(point)], [password()]);
const ephemeral = (curve: number) => command(CC.EC_Ephemeral, [], [u16(curve)]);
const zGen2 = (handle: number, qs: Uint8Array, qe: Uint8Array, scheme: number, counter: number) =>
  command(CC.ZGen_2Phase, [handle], [sized(qs), sized(qe), u16(scheme), u16(counter)], [password()]);

/** The point as SEC 1 writes it. */
const sec1 = ({ x, y }: Affine) => concat([4], bytesOf(x, 32), bytesOf(y, 32));
function loaded(tpm: TestTpm, key: Uint8Array): number {
  return handleAndFields(tpm.run(key)).handle;
}
/** TPM2B_ECC_POINT; null for an Empty Point. */
function pointFrom(curve: number, fields: Fields): Affine | null {
  const point = new Fields(fields.sized());
  const [x, y] = [point.sized(), point.sized()];
  expect(point.rest()).toHaveLength(0);
  if (x.length === 0 && y.length === 0) return null;
  const { size } = curveOf(curve);
  expect([x.length, y.length]).toEqual([size, size]);
  return { x: numberOf(x), y: numberOf(y) };
}
function newEphemeral(tpm: TestTpm, curve: number): { point: Affine; counter: number } {
  const fields = fieldsOf(tpm.run(ephemeral(curve)));
  const point = pointFrom(curve, fields);
  if (!point) throw new Error("an Empty Point");
  return { point, counter: fields.number(2) };
}

describe("ECDH", () => {
  it.each(all)("on %s: TPM2_ECDH_KeyGen makes a point and what the key's owner makes of it", (_name, curve) => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc({ curve, publicOnly: true }));
    const points = new Set<bigint>();
    for (let i = 0; i < 2; i++) {
      const fields = fieldsOf(tpm.run(keyGen(handle)));
      const [z, point] = [pointFrom(curve, fields), pointFrom(curve, fields)];
      if (!point) throw new Error("an Empty Point");
      expect(z).toEqual(times(curve, point, scalarOf(curve, "key")));
      points.add(point.x);
    }
    expect(points.size).toBe(2);
  });

  it.each(all)("on %s: TPM2_ECDH_ZGen agrees with TPM2_ECDH_KeyGen and with noble", (_name, curve) => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc({ curve }));
    const generated = fieldsOf(tpm.run(keyGen(handle)));
    const [z, point] = [generated.sized(), generated.sized()];
    expect(hex(fieldsOf(tpm.run(zGen(handle, point))).sized())).toBe(hex(z));
    const { n } = curveOf(curve);
    for (const scalar of [1n, 2n, n - 1n, scalarOf(curve, "theirs")]) {
      const shared = pointFrom(curve, fieldsOf(tpm.run(zGen(handle, pointBytes(curve, timesBase(curve, scalar))))));
      expect(shared).toEqual(times(curve, timesBase(curve, scalar), scalarOf(curve, "key")));
    }
  });

  it("takes a private scalar of any size: without its zeros, or with more of them", () => {
    const point = timesBase(3, 11n);
    for (const secret of [Uint8Array.of(5), concat(new Uint8Array(31), [5]), concat(new Uint8Array(39), [5])]) {
      const tpm = TestTpm.started();
      const handle = loaded(tpm, externalEcc({ secret }));
      const shared = pointFrom(3, fieldsOf(tpm.run(zGen(handle, pointBytes(3, point)))));
      expect(shared).toEqual(times(3, point, 5n));
      const signing = loaded(tpm, externalEcc({ secret, attributes: SIGNING_KEY }));
      const digest = patterned(32);
      const scheme = concat(u16(0x18), u16(0x0b));
      const ticket = concat(u16(0x8024), u32(0x40000007), sized([]));
      const signed = fieldsOf(tpm.run(command(CC.Sign, [signing], [sized(digest), scheme, ticket], [password()])));
      signed.take(4);
      const signature = concat(signed.sized(), signed.sized());
      expect(p256.verify(signature, digest, sec1(timesBase(3, 5n)), { prehash: false, lowS: false })).toBe(true);
    }
  });

  it("takes a key whose scheme is ECDH, and no other scheme, no signing, restricted or other key", () => {
    const point = pointBytes(3, timesBase(3, 5n));
    const scheme = (id: number) => concat(u16(id), u16(0x0b));
    const cases: [Uint8Array, number][] = [
      [externalEcc({ scheme: scheme(ECDH) }), 0],
      [externalEcc({ scheme: scheme(SM2) }), rc("TPM_RC_SCHEME", { handle: 1 })],
      [externalEcc({ scheme: scheme(ECMQV) }), rc("TPM_RC_SCHEME", { handle: 1 })],
      [externalEcc({ attributes: SIGNING_KEY }), rc("TPM_RC_ATTRIBUTES", { handle: 1 })],
      [externalEcc({ attributes: SIGNING_KEY | DECRYPTING }), 0],
      [externalRsa(), rc("TPM_RC_KEY", { handle: 1 })],
    ];
    for (const [key, rc] of cases) {
      const tpm = TestTpm.started();
      expect(tpm.run(zGen(loaded(tpm, key), point)).rc).toBe(rc);
    }
  });
});

/** Z as party B computes it, from SP 800-56A, 5.7.2.3, and GM/T 0003.3, 6.1. */
function partyB(curve: number, scheme: number, b: { d: bigint; e: bigint }, a: { Qs: Affine; Qe: Affine }): Affine {
  const { n, Point } = curveOf(curve);
  const half = BigInt(Math.ceil(n.toString(2).length / 2)) - (scheme === SM2 ? 1n : 0n);
  const avf = (x: bigint) => (1n << half) + (x & ((1n << half) - 1n));
  const Qe = timesBase(curve, b.e);
  const [weighed, plain] = scheme === SM2 ? [b.e, b.d] : [b.d, b.e];
  const implicit = (plain + avf(Qe.x) * weighed) % n;
  const [W, P] = scheme === SM2 ? [a.Qe, a.Qs] : [a.Qs, a.Qe];
  const sum = Point.fromAffine(P).add(Point.fromAffine(W).multiply(avf(a.Qe.x) % n));
  return sum.multiply(implicit).toAffine();
}

describe("TPM2_ZGen_2Phase", () => {
  it.each(all)("on %s: both sides come to the same Z", (_name, curve) => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc({ curve }));
    const own = timesBase(curve, scalarOf(curve, "key"));
    const b = { d: scalarOf(curve, "static of B"), e: scalarOf(curve, "ephemeral of B") };
    const [Qs, Qe] = [timesBase(curve, b.d), timesBase(curve, b.e)];
    for (const scheme of [ECDH, ECMQV, SM2]) {
      const { point, counter } = newEphemeral(tpm, curve);
      const phase = zGen2(handle, pointBytes(curve, Qs), pointBytes(curve, Qe), scheme, counter);
      const fields = fieldsOf(tpm.run(phase));
      const [z1, z2] = [pointFrom(curve, fields), pointFrom(curve, fields)];
      expect(fields.rest()).toHaveLength(0);
      if (scheme === ECDH) expect([z1, z2]).toEqual([times(curve, own, b.d), times(curve, point, b.e)]);
      else expect([z1, z2]).toEqual([partyB(curve, scheme, b, { Qs: own, Qe: point }), null]);
      expect(tpm.run(phase).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    }
  });

  it("gives an Empty Point where the other party's points meet at infinity", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc());
    const { n } = curveOf(3);
    const e = scalarOf(3, "ephemeral of B");
    const { x } = timesBase(3, e);
    const avf = (1n << 128n) + (x & ((1n << 128n) - 1n));
    const inverse = power(avf, n - 2n, n);
    const Qs = timesBase(3, n - ((e * inverse) % n));
    const { counter } = newEphemeral(tpm, 3);
    const phase = zGen2(handle, pointBytes(3, Qs), pointBytes(3, timesBase(3, e)), ECMQV, counter);
    const fields = fieldsOf(tpm.run(phase));
    expect([pointFrom(3, fields), pointFrom(3, fields)]).toEqual([null, null]);
    expect(tpm.run(phase).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
  });

  it("a failed one uses nothing up", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc());
    const { counter } = newEphemeral(tpm, 3);
    const good = pointBytes(3, timesBase(3, 7n));
    const bad = concat(sized(bytesOf(1n, 32)), sized(bytesOf(1n, 32)));
    const before = tpm.stateHash();
    expect(tpm.run(zGen2(handle, bad, good, ECDH, counter)).rc).toBe(rc("TPM_RC_ECC_POINT", { parameter: 1 }));
    expect(tpm.run(zGen2(handle, good, bad, ECDH, counter)).rc).toBe(rc("TPM_RC_ECC_POINT", { parameter: 2 }));
    expect(tpm.run(zGen2(handle, good, good, 0x10, counter)).rc).toBe(rc("TPM_RC_SCHEME", { parameter: 3 }));
    expect(tpm.run(zGen2(handle, good, good, ECDH, counter + 1)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.run(zGen2(handle, good, good, ECDH, counter)).rc).toBe(0);
  });
});

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus)
    if (e & 1n) result = (result * b) % modulus;
  return result;
}

// --- TPM2_ECC_Encrypt and TPM2_ECC_Decrypt ----------------------------------------------------------------------

const KDF2 = (hash: number) => concat(u16(0x21), u16(hash));
const HASHES = [
  [0x04, "sha1"],
  [0x0b, "sha256"],
  [0x0d, "sha512"],
  [0x12, "sm3"],
  [0x28, "sha3-384"],
] as const;
const eccEncrypt = (handle: number, message: Uint8Array, scheme: Uint8Array) =>
  command(CC.ECC_Encrypt, [handle], [sized(message), scheme]);
const eccDecrypt = (handle: number, c1: Uint8Array, c2: Uint8Array, c3: Uint8Array, scheme: Uint8Array) =>
  command(CC.ECC_Decrypt, [handle], [sized(c1), sized(c2), sized(c3), scheme], [password()]);

/** C2 (or the message) and C3 for P2, from Part 1, Annex D, and ISO/IEC 18033-2, 6.2.3. */
function sealed(curve: number, name: string, p2: Affine, message: Uint8Array): { c2: Uint8Array; c3: Uint8Array } {
  const { size } = curveOf(curve);
  const [x, y] = [bytesOf(p2.x, size), bytesOf(p2.y, size)];
  const block = (i: number) => createHash(name).update(x).update(y).update(u32(i)).digest();
  const count = Math.ceil(message.length / block(1).length);
  const mask = concat(...Array.from({ length: count }, (_, i) => block(i + 1)));
  const c3 = createHash(name).update(x).update(message).update(y).digest();
  return { c2: message.map((octet, i) => octet ^ (mask[i] ?? 0)), c3 };
}

describe("TPM2_ECC_Encrypt and TPM2_ECC_Decrypt", () => {
  it.each(all)("on %s agree with the scheme written on noble and node:crypto", (_name, curve) => {
    const tpm = TestTpm.started();
    const publicKey = loaded(tpm, externalEcc({ curve, publicOnly: true }));
    const handle = loaded(tpm, externalEcc({ curve }));
    for (const [hash, name] of HASHES)
      for (const size of [0, 1, 33, 1024]) {
        const message = patterned(size);
        const fields = fieldsOf(tpm.run(eccEncrypt(publicKey, message, KDF2(hash))));
        const c1 = fields.sized();
        const [c2, c3] = [fields.sized(), fields.sized()];
        const theirs = pointFrom(curve, new Fields(sized(c1)));
        if (!theirs) throw new Error("an Empty Point");
        const expected = sealed(curve, name, times(curve, theirs, scalarOf(curve, "key")), message);
        expect([hex(c2), hex(c3)]).toEqual([hex(expected.c2), hex(expected.c3)]);
        expect(hex(fieldsOf(tpm.run(eccDecrypt(handle, c1, c2, c3, KDF2(hash)))).sized())).toBe(hex(message));
      }
    const ours = scalarOf(curve, "sender");
    const { c2, c3 } = sealed(
      curve,
      "sha256",
      times(curve, timesBase(curve, scalarOf(curve, "key")), ours),
      patterned(50),
    );
    const answer = tpm.run(eccDecrypt(handle, pointBytes(curve, timesBase(curve, ours)), c2, c3, KDF2(0x0b)));
    expect(hex(fieldsOf(answer).sized())).toBe(hex(patterned(50)));
  });

  it("refuse what was changed: TPM_RC_VALUE, and points that are none: TPM_RC_ECC_POINT", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc());
    const fields = fieldsOf(tpm.run(eccEncrypt(handle, patterned(40), KDF2(0x0b))));
    const [c1, c2, c3] = [fields.sized(), fields.sized(), fields.sized()];
    const flipped = (bytes: Uint8Array) => bytes.map((octet, i) => (i === 3 ? octet ^ 0x10 : octet));
    const other = pointBytes(3, timesBase(3, 3n));
    expect(tpm.run(eccDecrypt(handle, c1, flipped(c2), c3, KDF2(0x0b))).rc).toBe(rc("TPM_RC_VALUE"));
    expect(tpm.run(eccDecrypt(handle, c1, c2, flipped(c3), KDF2(0x0b))).rc).toBe(rc("TPM_RC_VALUE"));
    expect(tpm.run(eccDecrypt(handle, c1, c2, c3.subarray(1), KDF2(0x0b))).rc).toBe(rc("TPM_RC_VALUE"));
    expect(tpm.run(eccDecrypt(handle, c1, c2.subarray(1), c3, KDF2(0x0b))).rc).toBe(rc("TPM_RC_VALUE"));
    expect(tpm.run(eccDecrypt(handle, other, c2, c3, KDF2(0x0b))).rc).toBe(rc("TPM_RC_VALUE"));
    expect(tpm.run(eccDecrypt(handle, c1, c2, c3, KDF2(0x04))).rc).toBe(rc("TPM_RC_VALUE"));
    expect(tpm.run(eccDecrypt(handle, flipped(c1), c2, c3, KDF2(0x0b))).rc).toBe(
      rc("TPM_RC_ECC_POINT", { parameter: 1 }),
    );
    expect(tpm.run(eccDecrypt(handle, new Uint8Array(4), c2, c3, KDF2(0x0b))).rc).toBe(
      rc("TPM_RC_ECC_POINT", { parameter: 1 }),
    );
    expect(tpm.run(eccDecrypt(handle, c1, c2, c3, KDF2(0x0b))).rc).toBe(0);
  });

  it("need KDF2 with a hash, and an ECC key that decrypts and is not restricted", () => {
    const point = pointBytes(3, timesBase(3, 5n));
    const none = new Uint8Array(0);
    const schemes: [Uint8Array, number, number][] = [
      [NULL_ALGORITHM, rc("TPM_RC_SCHEME", { parameter: 2 }), rc("TPM_RC_SCHEME", { parameter: 4 })],
      [concat(u16(0x20), u16(0x0b)), rc("TPM_RC_SCHEME", { parameter: 2 }), rc("TPM_RC_SCHEME", { parameter: 4 })],
      [concat(u16(0x07), u16(0x0b)), rc("TPM_RC_SCHEME", { parameter: 2 }), rc("TPM_RC_SCHEME", { parameter: 4 })],
      [concat(u16(0x22), u16(0x0b)), rc("TPM_RC_SCHEME", { parameter: 2 }), rc("TPM_RC_SCHEME", { parameter: 4 })],
      [KDF2(0x10), rc("TPM_RC_HASH", { parameter: 2 }), rc("TPM_RC_HASH", { parameter: 4 })],
    ];
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc());
    for (const [scheme, encryption, decryption] of schemes) {
      expect(tpm.run(eccEncrypt(handle, none, scheme)).rc).toBe(encryption);
      expect(tpm.run(eccDecrypt(handle, point, none, none, scheme)).rc).toBe(decryption);
    }
    const keys: [Uint8Array, number][] = [
      [externalRsa(), rc("TPM_RC_KEY", { handle: 1 })],
      [externalEcc({ attributes: SIGNING_KEY }), rc("TPM_RC_ATTRIBUTES", { handle: 1 })],
      [command(CC.HashSequenceStart, [], [sized([]), u16(0x0b)]), rc("TPM_RC_KEY", { handle: 1 })],
    ];
    for (const [key, rc] of keys) {
      const wrong = loaded(tpm, key);
      expect(tpm.run(eccEncrypt(wrong, none, KDF2(0x0b))).rc).toBe(rc);
      expect(tpm.run(eccDecrypt(wrong, point, none, none, KDF2(0x0b))).rc).toBe(rc);
      tpm.run(command(CC.FlushContext, [], [u32(wrong)]));
    }
    const offCurve = concat(sized(bytesOf(1n, 32)), sized(bytesOf(1n, 32)));
    const bad = loaded(tpm, externalEcc({ publicOnly: true, unique: offCurve, nameAlg: 0x10 }));
    expect(tpm.run(eccEncrypt(bad, none, KDF2(0x0b))).rc).toBe(rc("TPM_RC_KEY", { handle: 1 }));
  });
});
