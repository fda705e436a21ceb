/** Bignum and RSA as the tests call them, and BigInt arithmetic to compare with. */
import { randomBytes } from "node:crypto";
import { compileKernels } from "../compile.ts";
import { type KernelExports, Kernels } from "../kernels.ts";
import { type Instrumented, instrument } from "./trace.ts";

type Operation = (...operands: number[]) => number;

type BignumOperation =
  | "limbsFor"
  | "numberSize"
  | "setZero"
  | "setWord"
  | "copyNumber"
  | "fromBytes"
  | "toBytes"
  | "tighten"
  | "loosen"
  | "add"
  | "subtract"
  | "subtractOnce"
  | "select"
  | "zeroMask"
  | "equalMask"
  | "lessThan"
  | "wordZeroMask"
  | "bitLength"
  | "bitAt"
  | "carryColumns"
  | "columnsToLimbs"
  | "modulusSize"
  | "modulusInit"
  | "modulusSquare"
  | "montMultiply"
  | "montSquare"
  | "reduceFully"
  | "reduceWide"
  | "wipeMontgomery"
  | "toMontgomery"
  | "fromMontgomery"
  | "montPower"
  | "montPowerWord"
  | "montPowerOfTwo"
  | "doublesFor"
  | "toDoubles"
  | "sumFromDoubles"
  | "productOfDoubles"
  | "squareOfDoubles"
  | "invert"
  | "multiply"
  | "multiplyWord"
  | "divideExactly"
  | "divideExactlyByWord"
  | "reduceByWord"
  | "invertByWord"
  | "isPrimeWord";

type RsaOperation =
  | "rsaBitsSupported"
  | "rsaLoadPublic"
  | "rsaLoadPrivate"
  | "rsaPartsFit"
  | "rsaSize"
  | "rsaExponent"
  | "rsaHasPrivateKey"
  | "rsaGetModulus"
  | "rsaGetPrime"
  | "rsaPublic"
  | "rsaPrivate"
  | "rsassaSign"
  | "rsassaVerify"
  | "rsapssSign"
  | "rsapssVerify"
  | "rsapssSaltSize"
  | "rsapssMaxSaltSize"
  | "rsaesEncrypt"
  | "rsaesDecrypt"
  | "oaepEncrypt"
  | "oaepDecrypt"
  | "oaepMaxMessageSize"
  | "rsaKeygenStart"
  | "rsaKeygenStep"
  | "digestInfoPrefix"
  | "millerRabin"
  | "millerRabinRounds"
  | "primesFarApart"
  | "privateExponentIsLarge"
  | "sieve";

export type Operations = KernelExports & Record<BignumOperation | RsaOperation, Operation>;

/** Constants of RSA. */
export interface Values {
  RSA_KEY_SIZE: number;
  RSA_KEYGEN_SIZE: number;
  FIELD_SIZE: number;
}

const LIMB = 29n;
const LIMB_MASK = (1n << LIMB) - 1n;

export class Numbers extends Kernels {
  readonly operations: Operations;
  readonly values: Values;

  constructor(instance: WebAssembly.Instance) {
    super(instance);
    this.operations = this.call as Operations;
    this.values = this.constants as unknown as Values;
  }

  /** Memory for a number of `limbs` limbs, zero. */
  number(limbs: number): number {
    return this.take(4 * limbs + 16);
  }

  /** A number; its highest limb takes what is above. Limbs may be made loose with `spread`. */
  putNumber(value: bigint, limbs: number, spread = 0n): number {
    const at = this.number(limbs);
    this.setNumber(at, value, limbs, spread);
    return at;
  }

  /**
   * Stores a number in limbs of 29 bits; with `spread`, each limb but the highest is raised by spread * 2^29 at the
   * cost of the one above it, where that has so much.
   */
  setNumber(at: number, value: bigint, limbs: number, spread = 0n): void {
    const view = new DataView(this.call.memory.buffer);
    const parts: bigint[] = [];
    let rest = value;
    for (let i = 0; i < limbs; i++) {
      parts.push(i === limbs - 1 ? rest : rest & LIMB_MASK);
      rest >>= LIMB;
    }
    for (let i = 0; i + 1 < limbs && spread > 0n; i++) {
      if ((parts[i + 1] as bigint) < spread) continue;
      parts[i + 1] = (parts[i + 1] as bigint) - spread;
      parts[i] = (parts[i] as bigint) + (spread << LIMB);
    }
    for (const [i, part] of parts.entries()) view.setUint32(at + 4 * i, Number(part), true);
    for (let i = limbs; i < limbs + 4; i++) view.setUint32(at + 4 * i, 0, true);
  }

  /** Stores limbs as they are. */
  setLimbs(at: number, limbs: readonly number[]): void {
    const view = new DataView(this.call.memory.buffer);
    for (const [i, limb] of limbs.entries()) view.setUint32(at + 4 * i, limb, true);
    for (let i = limbs.length; i < limbs.length + 4; i++) view.setUint32(at + 4 * i, 0, true);
  }

  limbsOf(at: number, limbs: number): number[] {
    const view = new DataView(this.call.memory.buffer);
    return Array.from({ length: limbs }, (_, i) => view.getUint32(at + 4 * i, true));
  }

  getNumber(at: number, limbs: number): bigint {
    return this.limbsOf(at, limbs).reduceRight((value, limb) => (value << LIMB) + BigInt(limb), 0n);
  }

  /** A modulus of `bits` bits. */
  modulus(n: bigint, bits: number): number {
    const limbs = this.operations.limbsFor(bits);
    const modulus = this.take(this.operations.modulusSize(limbs));
    this.operations.modulusInit(modulus, this.putNumber(n, limbs), limbs, bits);
    return modulus;
  }

  /** A DRBG context; the same seed gives the same bytes. */
  drbg(seed: Uint8Array): number {
    const context = this.take(this.constants.DRBG_CONTEXT_SIZE);
    const entropy = Buffer.alloc(48);
    entropy.set(seed.subarray(0, 48));
    if (this.call.drbgInstantiate(context, this.put(entropy), 48) !== 1) throw new Error("no DRBG");
    return context;
  }
}

export async function loadNumbers(): Promise<Numbers> {
  const { instance } = await WebAssembly.instantiate(await compileKernels(), {});
  return new Numbers(instance);
}

/** The same, instrumented (trace.ts). */
export async function loadTracedNumbers(): Promise<{ numbers: Numbers; instrumented: Instrumented }> {
  const instrumented = instrument(await compileKernels());
  const { instance } = await WebAssembly.instantiate(instrumented.wasm, {});
  return { numbers: new Numbers(instance), instrumented };
}

export function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

export function toBytes(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex");
}

export function randomBigInt(bits: number): bigint {
  return toBigInt(randomBytes(Math.ceil(bits / 8))) & ((1n << BigInt(bits)) - 1n);
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result % modulus;
}

/** 1 / a modulo m; undefined when there is none. */
export function inverse(a: bigint, m: bigint): bigint | undefined {
  let [r0, r1, s0, s1] = [m, a % m, 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  return r0 === 1n ? ((s0 % m) + m) % m : undefined;
}

/**
 * Values below `limit` that are hard on carries: next to 0, to powers of two at limb borders and to the limit; all-ones
 * and all-zero limbs; then random ones.
 */
export function hardValues(limit: bigint, random = 8): bigint[] {
  const bits = limit.toString(2).length;
  const values = [0n, 1n, 2n, limit - 1n, limit - 2n, limit >> 1n, (limit >> 1n) + 1n];
  for (let shift = LIMB; shift < BigInt(bits); shift += LIMB * 5n) {
    values.push((1n << shift) - 1n, 1n << shift, limit - (1n << shift));
  }
  let alternating = 0n;
  for (let shift = 0n; shift < BigInt(bits); shift += 2n * LIMB) alternating |= LIMB_MASK << shift;
  values.push(alternating, alternating << LIMB, (1n << BigInt(bits - 1)) - 1n);
  for (let i = 0; i < random; i++) values.push(randomBigInt(bits + 8) % limit);
  return values.map((value) => value % limit);
}

/** Moduli of `bits` bits: all ones, a single one at either end, the smallest, and random. */
export function hardModuli(bits: number): bigint[] {
  const top = 1n << BigInt(bits - 1);
  return [2n * top - 1n, top + 1n, 2n * top - (1n << 58n) + 1n, top | LIMB_MASK, randomBigInt(bits) | top | 1n];
}
