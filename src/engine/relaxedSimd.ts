/**
 * The core's two builds from one source, and which of them runs here: the one with relaxed SIMD is faster, where the engine
 * has it and it computes what the core was written for. Their states and their commands are the same.
 */

/** The addresses of the builds. */
export interface CoreFiles {
  readonly plain: URL;
  readonly relaxed: URL;
}

/**
 * `(a: f64, b: f64) => f64`, which splats a, b and -1.0, and gives lane 0 of their `f64x2.relaxed_madd`: it validates only
 * where relaxed SIMD works.
 */
const FUSED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x7c, 0x7c, 0x01, 0x7c],
  ...[0x03, 0x02, 0x01, 0x00],
  // Exported as "f".
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
  ...[0x0a, 0x1d, 0x01, 0x1b, 0x00],
  ...[0x20, 0x00, 0xfd, 0x14, 0x20, 0x01, 0xfd, 0x14],
  ...[0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0xbf, 0xfd, 0x14],
  ...[0xfd, 0x87, 0x02, 0xfd, 0x21, 0x00, 0x0b],
);

/** (1 + EPSILON)(1 - EPSILON) is 1 - EPSILON ** 2, which a double rounds to 1. */
const EPSILON = 2 ** -30;

/**
 * Relaxed SIMD leaves open whether `a * b + c` is rounded once or twice; the core's arithmetic on doubles needs once. It is
 * twice where the processor has no fused multiply-add, so one is tried: with two roundings nothing is left of the product.
 * @returns whether the engine has relaxed SIMD, and rounds once
 */
export function fusesProducts(wasm: typeof WebAssembly = WebAssembly): boolean {
  try {
    if (!wasm.validate(FUSED_PROBE)) return false;
    const { f } = new wasm.Instance(new wasm.Module(FUSED_PROBE)).exports;
    return (f as (a: number, b: number) => number)(1 + EPSILON, 1 - EPSILON) === -(EPSILON ** 2);
  } catch {
    // A policy that forbids WebAssembly: compiling the core says so.
    return false;
  }
}

let isFused: boolean | undefined;

/**
 * The build to load; the other one need not be fetched.
 * @param isAllowed false for the plain build wherever it is
 */
export function chooseCore({ plain, relaxed }: CoreFiles, isAllowed = true): URL {
  if (!isAllowed) return plain;
  isFused ??= fusesProducts();
  return isFused ? relaxed : plain;
}
