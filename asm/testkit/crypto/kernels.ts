/** The kernels as the tests call them: an instance of the test build, and its memory as a place for operands. */
import { compileKernels } from "./compile.ts";

/** The functions of ../index.ts. Addresses and sizes are numbers; `bool` comes back as 0 or 1. */
export interface KernelExports {
  memory: WebAssembly.Memory;
  arena(): number;
  hasRelaxedSimd(): number;
  wipe(at: number, size: number): void;
  constantTimeEqual(a: number, b: number, size: number): number;
  hashDigestSize(algorithm: number): number;
  hashBlockSize(algorithm: number): number;
  hashInit(context: number, algorithm: number): number;
  hashAlgorithm(context: number): number;
  hashUpdate(context: number, data: number, size: number): void;
  hashFinal(context: number, digest: number): number;
  hash(algorithm: number, data: number, size: number, digest: number): number;
  hmacInit(context: number, algorithm: number, key: number, keySize: number): number;
  hmacUpdate(context: number, data: number, size: number): void;
  hmacFinal(context: number, mac: number): number;
  cmacInit(context: number, algorithm: number, key: number, keyBits: number): number;
  cmacUpdate(context: number, data: number, size: number): void;
  cmacFinal(context: number, mac: number): number;
  kdfe(
    algorithm: number,
    z: number,
    zSize: number,
    label: number,
    labelSize: number,
    partyU: number,
    sizeU: number,
    partyV: number,
    sizeV: number,
    bits: number,
    out: number,
  ): number;
  mgf1Xor(algorithm: number, seed: number, seedSize: number, data: number, size: number): number;
  kdf2Xor(algorithm: number, seed: number, seedSize: number, data: number, size: number): number;
  tdesSetOddParity(key: number, size: number): void;
  tdesKeyIsValid(key: number, size: number): number;
  kdfa(
    algorithm: number,
    key: number,
    keySize: number,
    label: number,
    labelSize: number,
    contextU: number,
    sizeU: number,
    contextV: number,
    sizeV: number,
    bits: number,
    out: number,
    counterStart?: number,
    blocks?: number,
  ): number;
  kdfaKeyed(
    context: number,
    label: number,
    labelSize: number,
    contextU: number,
    sizeU: number,
    contextV: number,
    sizeV: number,
    bits: number,
    out: number,
    counterStart?: number,
    blocks?: number,
  ): number;
  cipherBlockSize(algorithm: number, keyBits: number): number;
  cipherInit(context: number, algorithm: number, key: number, keyBits: number): number;
  cfbEncrypt: StreamMode;
  cfbDecrypt: StreamMode;
  ofbCrypt: StreamMode;
  ctrCrypt: StreamMode;
  cbcEncrypt: BlockMode;
  cbcDecrypt: BlockMode;
  ecbEncrypt(context: number, input: number, output: number, size: number): number;
  ecbDecrypt(context: number, input: number, output: number, size: number): number;
  drbgInstantiate(
    context: number,
    entropy: number,
    entropySize: number,
    nonce?: number,
    nonceSize?: number,
    personalization?: number,
    personalizationSize?: number,
  ): number;
  drbgReseed(
    context: number,
    entropy: number,
    entropySize: number,
    additional?: number,
    additionalSize?: number,
  ): number;
  drbgGenerate(context: number, output: number, size: number, additional?: number, additionalSize?: number): number;
  drbgNeedsReseed(context: number): number;
}

type StreamMode = (context: number, iv: number, input: number, output: number, size: number) => void;
type BlockMode = (context: number, iv: number, input: number, output: number, size: number) => number;

/** The constants of ../index.ts. */
export interface KernelConstants {
  ARENA_SIZE: number;
  HASH_CONTEXT_SIZE: number;
  HMAC_CONTEXT_SIZE: number;
  CMAC_CONTEXT_SIZE: number;
  CIPHER_CONTEXT_SIZE: number;
  DRBG_CONTEXT_SIZE: number;
  DRBG_MIN_ENTROPY_SIZE: number;
  DRBG_MAX_REQUEST_SIZE: number;
}

export class Kernels {
  readonly call: KernelExports;
  readonly constants: KernelConstants;
  readonly #memory: Uint8Array;
  readonly #start: number;
  #next: number;

  constructor(instance: WebAssembly.Instance) {
    const functions: Record<string, unknown> = {};
    const constants: Record<string, number> = {};
    const { __setArgumentsLength } = instance.exports;
    const setArgumentsLength = __setArgumentsLength as (count: number) => void;
    for (const [name, value] of Object.entries(instance.exports)) {
      if (value instanceof WebAssembly.Global) constants[name] = value.value as number;
      else if (typeof value !== "function") functions[name] = value;
      else {
        functions[name] = (...operands: number[]) => {
          // Optional parameters: the module must know how many operands there are.
          setArgumentsLength(operands.length);
          return (value as (...operands: number[]) => unknown)(...operands);
        };
      }
    }
    this.call = functions as unknown as KernelExports;
    this.constants = constants as unknown as KernelConstants;
    this.#memory = new Uint8Array(this.call.memory.buffer);
    this.#start = this.call.arena();
    this.#next = this.#start;
  }

  /** Gives back and zeroes every area taken so far. */
  reset(): void {
    this.#memory.fill(0, this.#start, this.#next);
    this.#next = this.#start;
  }

  /** An area of zeros, at an odd address: kernels must not rely on alignment. */
  take(size: number): number {
    const at = this.#next + 1;
    const next = (at + size + 1) & ~1;
    if (next > this.#start + this.constants.ARENA_SIZE) throw new Error("the arena is full: call reset()");
    this.#next = next;
    return at;
  }

  /** An area that holds `bytes`. */
  put(bytes: Uint8Array): number {
    const at = this.take(bytes.length);
    this.#memory.set(bytes, at);
    return at;
  }

  /** A copy of `size` bytes at `at`. */
  get(at: number, size: number): Buffer {
    return Buffer.from(this.#memory.slice(at, at + size));
  }

  set(at: number, bytes: Uint8Array): void {
    this.#memory.set(bytes, at);
  }

  /** Every place in memory, arena and static scratch alike, that holds `bytes`. */
  find(bytes: Uint8Array): number[] {
    const all = Buffer.from(this.#memory.buffer);
    const places: number[] = [];
    for (let at = all.indexOf(bytes); at >= 0; at = all.indexOf(bytes, at + 1)) places.push(at);
    return places;
  }
}

export async function loadKernels(): Promise<Kernels> {
  const { instance } = await WebAssembly.instantiate(await compileKernels(), {});
  return new Kernels(instance);
}
