/** ECC as the tests call it: numbers and points in, numbers and points out. */

import { type Instrumented, instrument } from "../bignum/trace.ts";
import { noise } from "../bytes.ts";
import { compileKernels } from "../compile.ts";
import { type KernelExports, Kernels } from "../kernels.ts";
import type { Curve } from "./curves.ts";

/** ../status.ts */
export const STATUS = {
  SUCCESS: 0,
  CURVE: 1,
  POINT: 2,
  SCALAR: 3,
  NO_RESULT: 4,
  SIGNATURE: 5,
  RANDOM: 6,
  HASH: 7,
} as const;

type Operation = (...operands: number[]) => number;

type EccOperation =
  | "eccSize"
  | "eccBits"
  | "eccDomain"
  | "eccCheckPoint"
  | "eccCheckScalar"
  | "eccGenerateKey"
  | "eccPublicPoint"
  | "eccMultiply"
  | "eccReduceToField"
  | "ecdsaSign"
  | "ecdsaVerify"
  | "ecschnorrSign"
  | "ecschnorrVerify"
  | "sm2Sign"
  | "sm2Verify"
  | "ecdaaSign"
  | "ecmqv"
  | "sm2KeyExchange"
  | "selectCurve"
  | "fieldMultiply"
  | "fieldSquare"
  | "fieldAdd"
  | "fieldSubtract"
  | "fieldSubtractWide"
  | "fieldCarry"
  | "fieldInvert"
  | "fieldZeroMask"
  | "toField"
  | "fromField"
  | "scalarFromWide"
  | "scalarFromDigest"
  | "scalarMultiply"
  | "scalarSubtract"
  | "scalarInvert"
  | "pointAddComplete"
  | "pointAddPublic"
  | "pointDouble"
  | "pointFromBytes"
  | "pointToBytes"
  | "wipeField"
  | "wipeEcc"
  | "wipeVerify"
  | "doubleMultiply"
  | "pairMultiply"
  | "pairSquare"
  | "pairDouble"
  | "pairAdd"
  | "pairAddAffine"
  | "pairFromAffine"
  | "pairFromField"
  | "pairNegateIf"
  | "affineNegateIf"
  | "pointToPairs"
  | "pointFromPairs";

export interface Affine {
  x: bigint;
  y: bigint;
}

export interface Signature {
  r: bigint;
  s: bigint;
}

export class Ecc extends Kernels {
  readonly operations = this.call as KernelExports & Record<EccOperation, Operation>;

  /** Memory for a number or for three, at an even address. */
  slots(count = 1): number {
    return (this.take(112 * count + 16) + 15) & ~15;
  }

  putBig(value: bigint, size: number): number {
    return this.put(toBytes(value, size));
  }

  putPoint({ x, y }: Affine, size: number): number {
    return this.put(Buffer.concat([toBytes(x, size), toBytes(y, size)]));
  }

  getBig(at: number, size: number): bigint {
    return toBigInt(this.get(at, size));
  }

  getPoint(at: number, size: number): Affine {
    return { x: this.getBig(at, size), y: this.getBig(at + size, size) };
  }

  /** A number in limbs of 29 bits. */
  setNumber(at: number, value: bigint): void {
    this.setLimbs(
      at,
      Array.from({ length: 28 }, (_, i) => Number((value >> BigInt(29 * i)) & 0x1fffffffn)),
    );
  }

  setLimbs(at: number, limbs: readonly number[]): void {
    const view = new DataView(this.call.memory.buffer);
    for (let i = 0; i < 28; i++) view.setInt32(at + 4 * i, limbs[i] ?? 0, true);
  }

  /** The value of signed limbs. */
  getNumber(at: number): bigint {
    const view = new DataView(this.call.memory.buffer);
    let value = 0n;
    for (let i = 27; i >= 0; i--) value = (value << 29n) + BigInt(view.getInt32(at + 4 * i, true));
    return value;
  }

  /** A DRBG; the same seed gives the same bytes. */
  drbg(seed = 1): number {
    const context = this.take(this.constants.DRBG_CONTEXT_SIZE);
    this.call.drbgInstantiate(context, this.put(noise(48, seed)), 48);
    return context;
  }

  /** The scalar that the DRBG is about to give: extra random bits (FIPS 186-4, B.4.1). The DRBG stays as it is. */
  nextScalar(drbg: number, { n, size }: Curve): bigint {
    const copy = this.put(this.get(drbg, this.constants.DRBG_CONTEXT_SIZE));
    const out = this.take(size + 8);
    this.call.drbgGenerate(copy, out, size + 8);
    return (this.getBig(out, size + 8) % (n - 1n)) + 1n;
  }

  multiply(curve: Curve, k: bigint, point: Affine): { status: number; point: Affine } {
    const out = this.take(2 * curve.size);
    const status = this.operations.eccMultiply(
      curve.id,
      this.putBig(k, curve.size),
      this.putPoint(point, curve.size),
      out,
    );
    return { status, point: this.getPoint(out, curve.size) };
  }

  publicPoint(curve: Curve, d: bigint): { status: number; point: Affine } {
    const out = this.take(2 * curve.size);
    const status = this.operations.eccPublicPoint(curve.id, this.putBig(d, curve.size), out);
    return { status, point: this.getPoint(out, curve.size) };
  }
}

export async function loadEcc(): Promise<Ecc> {
  const { instance } = await WebAssembly.instantiate(await compileKernels(), {});
  return new Ecc(instance);
}

/** The same, instrumented (../bignum/trace.ts). */
export async function loadTracedEcc(): Promise<{ ecc: Ecc; instrumented: Instrumented }> {
  const instrumented = instrument(await compileKernels());
  const { instance } = await WebAssembly.instantiate(instrumented.wasm, {});
  return { ecc: new Ecc(instance), instrumented };
}

export function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

export function toBytes(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex");
}

export function modulo(a: bigint, m: bigint): bigint {
  return ((a % m) + m) % m;
}

/** 1 / a modulo m. */
export function inverse(a: bigint, m: bigint): bigint {
  let [r0, r1, s0, s1] = [m, modulo(a, m), 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  return modulo(s0, m);
}

/** Scalars that are hard on windows and carries. */
export function hardScalars(n: bigint): bigint[] {
  const bits = BigInt(n.toString(2).length);
  // The scalar whose last window would add a point to itself (../multiply.ts), and its neighbours.
  const low = n % 32n;
  const same = n - 2n * low;
  const alternating = BigInt(`0x${"f8".repeat(Number(bits) / 8)}`);
  return [
    1n,
    2n,
    3n,
    15n,
    16n,
    31n,
    32n,
    33n,
    n - 1n,
    n - 2n,
    n - 31n,
    n - 32n,
    (n - 1n) / 2n,
    (n + 1n) / 2n,
    // The same for a comb (../comb.ts) that takes the groups of its last pass upwards, on P-256 and P-384.
    modulo(n - 62n * 2n ** 240n, n),
    modulo(15n * 2n ** 381n - n, n),
    same,
    n - same,
    same - 2n,
    1n << (bits - 1n),
    (1n << (bits - 1n)) - 1n,
    alternating % n,
    toBigInt(noise(Number(bits) / 8 + 8, 7)) % n,
    toBigInt(noise(Number(bits) / 8 - 3, 9)),
  ];
}
