import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../../testkit/crypto/bytes.ts";
import { CURVES, type Curve } from "../../testkit/crypto/ecc/curves.ts";
import { inverse, loadEcc, modulo, type Signature, STATUS, toBigInt, toBytes } from "../../testkit/crypto/ecc/ecc.ts";

const ecc = await loadEcc();
const { operations: call } = ecc;

beforeEach(() => ecc.reset());

const SHA1 = 0x0004;
const SHA256 = 0x000b;
const SHA384 = 0x000c;
const SHA512 = 0x000d;
const HASHES = [
  [SHA1, "sha1"],
  [SHA256, "sha256"],
  [SHA384, "sha384"],
  [SHA512, "sha512"],
] as const;

/** The scheme's functions as (curve, key, digest) -> signature, with an algorithm in between for Schnorr. */
type Scheme = "ecdsa" | "ecschnorr" | "sm2";
const algorithmOf = (scheme: Scheme) => (scheme === "ecschnorr" ? [SHA256] : []);

function signWith(
  scheme: Scheme,
  curve: Curve,
  d: bigint,
  digest: Buffer,
  drbg: number,
  algorithm?: number,
): Signature {
  const [r, s] = [ecc.take(curve.size), ecc.take(curve.size)];
  const status = call[`${scheme}Sign`](
    ...[curve.id, ecc.putBig(d, curve.size), drbg],
    ...(algorithm === undefined ? algorithmOf(scheme) : [algorithm]),
    ...[ecc.put(digest), digest.length, r, s],
  );
  expect(status).toBe(STATUS.SUCCESS);
  return { r: ecc.getBig(r, curve.size), s: ecc.getBig(s, curve.size) };
}

function verifyWith(scheme: Scheme, curve: Curve, Q: { x: bigint; y: bigint }, digest: Buffer, signature: Signature) {
  return call[`${scheme}Verify`](
    ...[curve.id, ecc.putPoint(Q, curve.size), ...algorithmOf(scheme), ecc.put(digest), digest.length],
    ...[ecc.putBig(signature.r, curve.size), ecc.putBig(signature.s, curve.size)],
  );
}

const keyOf = ({ n, size }: Curve) => toBigInt(noise(size + 8, 5)) % n;
/** FIPS 186-5, 6.4.1. */
function truncated(digest: Buffer, n: bigint): bigint {
  const excess = 8 * digest.length - n.toString(2).length;
  return excess > 0 ? toBigInt(digest) >> BigInt(excess) : toBigInt(digest);
}

describe.each(CURVES)("$name", (curve) => {
  const { n, size, Point } = curve;
  const d = keyOf(curve);
  const Q = Point.BASE.multiply(d).toAffine();

  it("ECDSA is what the standard computes from the same k, for digests of every length", () => {
    const drbg = ecc.drbg();
    for (const length of [0, 1, 20, 32, 48, 64, size - 1, size, size + 1, 80]) {
      for (const digest of [noise(length, length + 1), Buffer.alloc(length, 0xff)]) {
        const k = ecc.nextScalar(drbg, curve);
        const r = Point.BASE.multiply(k).toAffine().x % n;
        const s = modulo((truncated(digest, n) + r * d) * inverse(k, n), n);
        expect(signWith("ecdsa", curve, d, digest, drbg)).toEqual({ r, s });
      }
    }
    const digest = noise(size, 2);
    expect(verifyWith("ecdsa", curve, Q, digest, signWith("ecdsa", curve, d, digest, drbg))).toBe(STATUS.SUCCESS);
  });

  it("EC Schnorr is what Part 1 computes from the same k", () => {
    for (const [algorithm, name] of HASHES) {
      const drbg = ecc.drbg(algorithm);
      const digest = noise(32, algorithm);
      const k = ecc.nextScalar(drbg, curve);
      const x = toBytes(Point.BASE.multiply(k).toAffine().x, size);
      const r = toBigInt(createHash(name).update(x).update(digest).digest().subarray(0, size));
      expect(signWith("ecschnorr", curve, d, digest, drbg, algorithm)).toEqual({ r, s: modulo(k + r * d, n) });
    }
  });

  it("SM2 is what the standard computes from the same k, for digests of every length", () => {
    const drbg = ecc.drbg(7);
    for (const digest of [Buffer.alloc(0), noise(20, 1), noise(32, 2), noise(64, 3), Buffer.alloc(64, 0xff)]) {
      const k = ecc.nextScalar(drbg, curve);
      const r = modulo(toBigInt(digest) + Point.BASE.multiply(k).toAffine().x, n);
      const s = modulo((k - r * d) * inverse(1n + d, n), n);
      expect(signWith("sm2", curve, d, digest, drbg)).toEqual({ r, s });
    }
  });

  it("takes another k where a number of the signature would be 0", () => {
    /** Signs what makes `zero` of the DRBG's next k, and so must not use it. */
    const expectAnother = (scheme: "ecdsa" | "sm2", zero: (k: bigint, x: bigint) => bigint, excess = 0n) => {
      const drbg = ecc.drbg(11);
      const k = ecc.nextScalar(drbg, curve);
      const value = modulo(zero(k, Point.BASE.multiply(k).toAffine().x), n) << excess;
      const digest = toBytes(value, size);
      const signature = signWith(scheme, curve, d, digest, drbg);
      expect(signature.r).not.toBe(0n);
      expect(signature.s).not.toBe(0n);
      expect(verifyWith(scheme, curve, Q, digest, signature)).toBe(STATUS.SUCCESS);
    };
    expectAnother("ecdsa", (_, x) => -modulo(x, n) * d, BigInt(8 * size - n.toString(2).length));
    expectAnother("sm2", (_, x) => -x);
    expectAnother("sm2", (k, x) => -x - k);
  });

  it.each(["ecdsa", "ecschnorr", "sm2"] as const)("%s verifies its own, and nothing else", (scheme) => {
    const digest = noise(32, 11);
    const drbg = ecc.drbg(9);
    const good = signWith(scheme, curve, d, digest, drbg);
    const { r, s } = good;
    expect(verifyWith(scheme, curve, Q, digest, good)).toBe(STATUS.SUCCESS);
    const other = Buffer.from(digest);
    other[0] = (other[0] as number) ^ 1;
    expect(verifyWith(scheme, curve, Q, other, good)).toBe(STATUS.SIGNATURE);
    expect(verifyWith(scheme, curve, Point.BASE.toAffine(), digest, good)).toBe(STATUS.SIGNATURE);
    expect(verifyWith(scheme, curve, { x: Q.x, y: Q.x }, digest, good)).toBe(STATUS.POINT);
    for (const bad of [
      { r: 0n, s },
      { r, s: 0n },
      { r: 0n, s: 0n },
      { r: n, s },
      { r, s: n },
      { r: 1n, s: 1n },
      { r: n - 1n, s: n - 1n },
      { r: n - r, s },
      { r: s, s: r },
      { r: r ^ 1n, s },
      { r, s: s ^ 1n },
    ]) {
      expect(verifyWith(scheme, curve, Q, digest, bad)).toBe(STATUS.SIGNATURE);
    }
    // Right but for a multiple of n, where there is room for it.
    for (const bad of [
      { r: r + n, s },
      { r, s: s + n },
    ]) {
      if (bad.r < 256n ** BigInt(size) && bad.s < 256n ** BigInt(size)) {
        expect(verifyWith(scheme, curve, Q, digest, bad)).toBe(STATUS.SIGNATURE);
      }
    }
    // ECDSA is malleable: (r, n - s) is valid too.
    expect(verifyWith(scheme, curve, Q, digest, { r, s: n - s })).toBe(
      scheme === "ecdsa" ? STATUS.SUCCESS : STATUS.SIGNATURE,
    );
  });

  it("refuses signatures whose point is infinity", () => {
    // With the key 1: [e / s] G + [r / s] Q for r = -e, [s] G - [r] Q for r = s, [s] G + [r + s] Q for 2 s = -r.
    const G = Point.BASE.toAffine();
    const digest = Buffer.from("00000005", "hex");
    expect(verifyWith("ecdsa", curve, G, digest, { r: n - 5n, s: 77n })).toBe(STATUS.SIGNATURE);
    expect(verifyWith("ecschnorr", curve, G, digest, { r: 77n, s: 77n })).toBe(STATUS.SIGNATURE);
    expect(verifyWith("sm2", curve, G, digest, { r: n - 154n, s: 77n })).toBe(STATUS.SIGNATURE);
    // r + s = 0, which SM2 excludes.
    expect(verifyWith("sm2", curve, G, digest, { r: n - 77n, s: 77n })).toBe(STATUS.SIGNATURE);
  });

  it("ECDSA verifies where both products are the same point, or the digest is 0", () => {
    // With the key 1 and e = r: s R = 2 r G.
    const R = Point.BASE.multiply(9n).toAffine();
    const r = R.x % n;
    const e = toBytes(r << (BigInt(8 * size) - BigInt(n.toString(2).length)), size);
    const s = modulo(2n * r * inverse(9n, n), n);
    const G = Point.BASE.toAffine();
    expect(verifyWith("ecdsa", curve, G, e, { r, s })).toBe(STATUS.SUCCESS);
    expect(verifyWith("ecdsa", curve, G, Buffer.alloc(32), { r, s: modulo(r * inverse(9n, n), n) })).toBe(
      STATUS.SUCCESS,
    );
    expect(verifyWith("ecdsa", curve, G, Buffer.alloc(32), { r, s })).toBe(STATUS.SIGNATURE);
  });

  it("refuses private keys outside of 1 .. n - 1, and SM2 the one without an inverse", () => {
    const out = ecc.take(2 * size);
    const digest = ecc.take(32);
    for (const key of [0n, n]) {
      const at = ecc.putBig(key, size);
      expect(call.ecdsaSign(curve.id, at, ecc.drbg(), digest, 32, out, out + size)).toBe(STATUS.SCALAR);
      expect(call.ecschnorrSign(curve.id, at, ecc.drbg(), SHA256, digest, 32, out, out + size)).toBe(STATUS.SCALAR);
      expect(call.sm2Sign(curve.id, at, ecc.drbg(), digest, 32, out, out + size)).toBe(STATUS.SCALAR);
    }
    expect(call.sm2Sign(curve.id, ecc.putBig(n - 1n, size), ecc.drbg(), digest, 32, out, out + size)).toBe(
      STATUS.SCALAR,
    );
    const at = ecc.putBig(d, size);
    const dead = ecc.take(64);
    expect(call.ecdsaSign(curve.id, at, dead, digest, 32, out, out + size)).toBe(STATUS.RANDOM);
    expect(call.ecschnorrSign(curve.id, at, dead, SHA256, digest, 32, out, out + size)).toBe(STATUS.RANDOM);
    expect(call.ecschnorrSign(curve.id, at, dead, 0x9999, digest, 32, out, out + size)).toBe(STATUS.HASH);
    expect(call.sm2Sign(curve.id, at, dead, digest, 32, out, out + size)).toBe(STATUS.RANDOM);
    expect(ecc.getBig(out, 2 * size)).toBe(0n);
  });

  it("ECDAA is what Part 1 computes from the same nonce", () => {
    for (const [algorithm, name] of HASHES) {
      const drbg = ecc.drbg(algorithm + 1);
      const digest = noise(32, 6);
      const r = toBigInt(noise(size + 8, 8)) % n;
      const nonce = ecc.nextScalar(drbg, curve);
      const natural = toBytes(nonce, Math.ceil(nonce.toString(16).length / 2));
      const T = toBigInt(createHash(name).update(natural).update(digest).digest()) % n;
      const [at, length, s] = [ecc.take(size), ecc.take(4), ecc.take(size)];
      expect(
        call.ecdaaSign(
          ...[curve.id, ecc.putBig(d, size), ecc.putBig(r, size), drbg, algorithm],
          ...[ecc.put(digest), digest.length, at, length, s],
        ),
      ).toBe(STATUS.SUCCESS);
      expect(ecc.get(length, 4).readUInt32LE()).toBe(natural.length);
      expect(ecc.get(at, natural.length)).toEqual(natural);
      expect(ecc.getBig(s, size)).toBe(modulo(r + T * d, n));
    }
  });
});

describe.each(CURVES.filter(({ node }) => node && node !== "SM2"))("ECDSA on $name and node:crypto", (curve) => {
  const d = keyOf(curve);
  const Q = curve.Point.BASE.multiply(d).toAffine();
  const oid: Record<string, string> = {
    prime192v1: "06082a8648ce3d030101",
    secp224r1: "06052b81040021",
    prime256v1: "06082a8648ce3d030107",
    secp384r1: "06052b81040022",
    secp521r1: "06052b81040023",
  };
  const tlv = (tag: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    const length =
      body.length < 128
        ? [body.length]
        : body.length < 256
          ? [0x81, body.length]
          : [0x82, body.length >> 8, body.length & 255];
    return Buffer.concat([Buffer.from([tag, ...length]), body]);
  };
  // SEC 1, C.4.
  const privateKey = createPrivateKey({
    key: tlv(
      0x30,
      Buffer.from("020101", "hex"),
      tlv(0x04, toBytes(d, curve.size)),
      tlv(0xa0, Buffer.from(oid[curve.node as string] as string, "hex")),
    ),
    format: "der",
    type: "sec1",
  });
  const publicKey = createPublicKey(privateKey);

  it.each(HASHES)("verify each other's signatures, hash %i (%s)", (_, name) => {
    const message = noise(100, 3);
    const digest = createHash(name).update(message).digest();
    const ours = signWith("ecdsa", curve, d, digest, ecc.drbg(4));
    const encoded = Buffer.concat([toBytes(ours.r, curve.size), toBytes(ours.s, curve.size)]);
    expect(verify(name, message, { key: publicKey, dsaEncoding: "ieee-p1363" }, encoded)).toBe(true);
    const theirs = sign(name, message, { key: privateKey, dsaEncoding: "ieee-p1363" });
    const signature = { r: toBigInt(theirs.subarray(0, curve.size)), s: toBigInt(theirs.subarray(curve.size)) };
    expect(verifyWith("ecdsa", curve, Q, digest, signature)).toBe(STATUS.SUCCESS);
  });
});

it("curves with fewer limbs follow those with more, whatever these did", () => {
  const large = CURVES.find(({ name }) => name === "BN P-638") as Curve;
  const G = large.Point.BASE.multiply(99n).toAffine();
  const digest = noise(32, 1);
  const other = { r: 12345n, s: 67890n };
  const befores = [
    () => call.eccCheckPoint(large.id, ecc.putPoint(G, large.size)),
    () => call.eccCheckScalar(large.id, ecc.putBig(large.n - 5n, large.size)),
    () => ecc.multiply(large, large.n - 7n, G).status,
    () => call.eccReduceToField(large.id, ecc.putBig(large.p - 1n, large.size), large.size, ecc.take(large.size)),
    () => verifyWith("ecdsa", large, G, digest, other),
    () => verifyWith("ecschnorr", large, G, digest, other),
    () => verifyWith("sm2", large, G, digest, other),
    () => signWith("sm2", large, large.n - 9n, digest, ecc.drbg()),
    () => verifyWith("ecdsa", large, { x: G.x, y: G.x }, digest, other),
  ];
  for (const curve of CURVES.filter(({ size }) => size < large.size)) {
    const d = keyOf(curve);
    const Q = curve.Point.BASE.multiply(d).toAffine();
    for (const before of befores) {
      ecc.reset();
      before();
      expect(call.eccCheckPoint(curve.id, ecc.putPoint(Q, curve.size))).toBe(STATUS.SUCCESS);
      before();
      expect(ecc.multiply(curve, 3n, Q).point).toEqual(curve.Point.fromAffine(Q).multiply(3n).toAffine());
      for (const scheme of ["ecdsa", "ecschnorr", "sm2"] as const) {
        before();
        const signature = signWith(scheme, curve, d, digest, ecc.drbg(2));
        before();
        expect(verifyWith(scheme, curve, Q, digest, signature)).toBe(STATUS.SUCCESS);
      }
    }
  }
});

it("ECDSA takes an x between n and p modulo n, on curves where n < p", () => {
  // BN P-638 and P-256 have some: R is chosen, then the key that makes (r, s) right.
  for (const curve of CURVES.filter(({ n, p }) => n < p && p - n > 2n ** 64n)) {
    const { Point, n, p, size } = curve;
    let x = n;
    let R: InstanceType<typeof Point> | undefined;
    while (!R && ++x < n + 200n) {
      try {
        R = Point.fromBytes(Buffer.concat([Buffer.of(2), toBytes(x, size)]));
      } catch {
        R = undefined;
      }
    }
    if (!R) throw new Error(`${curve.name} has no point near n`);
    expect(x > n && x < p).toBe(true);
    const digest = noise(20, 1);
    const r = x - n;
    const s = 12345n;
    // s R = e G + r Q
    const Q = R.multiply(s)
      .subtract(Point.BASE.multiply(truncated(digest, n)))
      .multiply(inverse(r, n))
      .toAffine();
    expect(verifyWith("ecdsa", curve, Q, digest, { r, s })).toBe(STATUS.SUCCESS);
    expect(verifyWith("ecdsa", curve, Q, digest, { r: r + 1n, s })).toBe(STATUS.SIGNATURE);
  }
});

it("SM2 verifies the example of GM/T 0003.5, A.2", () => {
  const curve = CURVES.find(({ name }) => name === "SM2 P-256") as Curve;
  const d = 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n;
  const Q = {
    x: 0x09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020n,
    y: 0xccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13n,
  };
  const e = Buffer.from("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640", "hex");
  const signature = {
    r: 0xf5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3n,
    s: 0xb1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aan,
  };
  expect(ecc.publicPoint(curve, d).point).toEqual(Q);
  expect(verifyWith("sm2", curve, Q, e, signature)).toBe(STATUS.SUCCESS);
});
