/** The curves from their standards, as noble computes on them. */
import { type WeierstrassPoint, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";

export interface Curve {
  id: number;
  name: string;
  /** node:crypto's name, where it knows the curve. */
  node?: string;
  /** Bytes of a coordinate. */
  size: number;
  p: bigint;
  n: bigint;
  Point: ReturnType<typeof weierstrass<bigint>>;
}

export type Point = WeierstrassPoint<bigint>;

/** Bits. With noble's 8 the table of a curve's base takes as long as a hundred multiplications, more than a test does. */
const WINDOW = 4;

function curve(id: number, name: string, Point: Curve["Point"], node?: string): Curve {
  Point.BASE.precompute(WINDOW);
  const { p, n } = Point.CURVE();
  return { id, name, size: Math.ceil(p.toString(2).length / 8), p, n, Point, ...(node ? { node } : {}) };
}

function minus3(p: bigint, b: bigint, n: bigint, Gx: bigint, Gy: bigint): Curve["Point"] {
  return weierstrass({ p, a: p - 3n, b, n, h: 1n, Gx, Gy });
}

/** ISO/IEC 15946-5, 7.3: the polynomials of Barreto and Naehrig at u. */
function barretoNaehrig(u: bigint, b: bigint, Gx: bigint, Gy: bigint): Curve["Point"] {
  const p = 36n * u ** 4n + 36n * u ** 3n + 24n * u ** 2n + 6n * u + 1n;
  const n = 36n * u ** 4n + 36n * u ** 3n + 18n * u ** 2n + 6n * u + 1n;
  return weierstrass({ p, a: 0n, b, n, h: 1n, Gx: (Gx + p) % p, Gy });
}

export const CURVES: readonly Curve[] = [
  // FIPS 186-4, D.1.2.1
  curve(
    0x0001,
    "NIST P-192",
    minus3(
      2n ** 192n - 2n ** 64n - 1n,
      0x64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1n,
      6277101735386680763835789423176059013767194773182842284081n,
      0x188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012n,
      0x07192b95ffc8da78631011ed6b24cdd573f977a11e794811n,
    ),
    "prime192v1",
  ),
  // FIPS 186-4, D.1.2.2
  curve(
    0x0002,
    "NIST P-224",
    minus3(
      2n ** 224n - 2n ** 96n + 1n,
      0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
      26959946667150639794667015087019625940457807714424391721682722368061n,
      0xb70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21n,
      0xbd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34n,
    ),
    "secp224r1",
  ),
  curve(0x0003, "NIST P-256", p256.Point as Curve["Point"], "prime256v1"),
  curve(0x0004, "NIST P-384", p384.Point as Curve["Point"], "secp384r1"),
  curve(0x0005, "NIST P-521", p521.Point as Curve["Point"], "secp521r1"),
  // TCG Algorithm Registry; u from ISO/IEC 15946-5
  curve(0x0010, "BN P-256", barretoNaehrig(-0x6882f5c030b0a801n, 3n, 1n, 2n)),
  curve(0x0011, "BN P-638", barretoNaehrig(2n ** 158n - 2n ** 128n - 2n ** 68n + 1n, 257n, -1n, 16n)),
  // GM/T 0003.5
  curve(
    0x0020,
    "SM2 P-256",
    minus3(
      0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
      0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
      0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
      0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
      0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
    ),
    "SM2",
  ),
];
