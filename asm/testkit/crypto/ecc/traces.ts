/** The trace test of ECC: branches and addresses with many secrets (../bignum/trace.ts). */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { Trace } from "../bignum/trace.ts";
import type { Curve } from "./curves.ts";
import { hardScalars, loadTracedEcc, STATUS, toBigInt } from "./ecc.ts";

const { ecc, instrumented } = await loadTracedEcc();
const { operations: call } = ecc;
const trace = new Trace(instrumented, call.memory);
const SHA256 = 0x000b;

/** Random scalars, and first the hard ones. */
export function secrets({ n, size }: Curve, count: number): bigint[] {
  const all = [...hardScalars(n)];
  while (all.length < count) all.push((toBigInt(randomBytes(size + 8)) % (n - 1n)) + 1n);
  return all.slice(0, count);
}

/** Runs once for each secret, from the same memory; every run must leave the trace of the first. */
function expectSameTrace<T>(all: Iterable<T>, prepare: (secret: T) => () => number): void {
  ecc.reset();
  let first: BigUint64Array | undefined;
  for (const secret of all) {
    ecc.reset();
    const run = prepare(secret);
    // Tables are made at first use.
    if (!first) run();
    ecc.reset();
    const again = prepare(secret);
    let status = -1;
    const now = trace.of(() => {
      status = again();
    });
    expect(status).toBe(STATUS.SUCCESS);
    first ??= now;
    const differences = trace.differences(first, now);
    if (differences.length > 0) expect(differences).toEqual([]);
  }
  expect(first?.some((hash) => hash !== 0n)).toBe(true);
}

export function expectPublicPointTraceless(curve: Curve, count: number): void {
  expectSameTrace(secrets(curve, count), (d) => {
    const [key, out] = [ecc.putBig(d, curve.size), ecc.take(2 * curve.size)];
    return () => call.eccPublicPoint(curve.id, key, out);
  });
}

export function expectMultiplyTraceless(curve: Curve, count: number): void {
  const point = curve.Point.BASE.multiply(0xfeedn).toAffine();
  expectSameTrace(secrets(curve, count), (d) => {
    const [key, at, out] = [ecc.putBig(d, curve.size), ecc.putPoint(point, curve.size), ecc.take(2 * curve.size)];
    return () => call.eccMultiply(curve.id, key, at, out);
  });
}

/** The key and the per-message secret differ from run to run. */
export function expectSigningTraceless(curve: Curve, scheme: "ecdsa" | "ecschnorr" | "sm2", count: number): void {
  let seed = 0;
  expectSameTrace(secrets(curve, count), (d) => {
    // n - 1 has no SM2 signature.
    const key = ecc.putBig(scheme === "sm2" && d === curve.n - 1n ? 5n : d, curve.size);
    const drbg = ecc.drbg(++seed);
    const digest = ecc.put(Buffer.alloc(32, 0x5a));
    const [r, s] = [ecc.take(curve.size), ecc.take(curve.size)];
    const algorithm = scheme === "ecschnorr" ? [SHA256] : [];
    return () => call[`${scheme}Sign`](curve.id, key, drbg, ...algorithm, digest, 32, r, s);
  });
}

export function expectKeyGenerationTraceless(curve: Curve, count: number): void {
  expectSameTrace(Array(count).keys(), (seed) => {
    const drbg = ecc.drbg(seed + 1);
    const [d, Q] = [ecc.take(curve.size), ecc.take(2 * curve.size)];
    return () => call.eccGenerateKey(curve.id, drbg, d, Q);
  });
}

export function expectExchangeTraceless(curve: Curve, scheme: "ecmqv" | "sm2KeyExchange", count: number): void {
  const D = curve.Point.BASE.multiply(0xfeedn).toAffine();
  const E = curve.Point.BASE.multiply(0xbeefn).toAffine();
  expectSameTrace(secrets(curve, count), (d) => {
    const [mine, mineToo] = [ecc.putBig(d, curve.size), ecc.putBig((d * 3n) % curve.n, curve.size)];
    const [at, atToo] = [ecc.putPoint(D, curve.size), ecc.putPoint(E, curve.size)];
    const out = ecc.take(2 * curve.size);
    return () => call[scheme](curve.id, mine, mineToo, at, atToo, out, ...(scheme === "ecmqv" ? [] : [0]));
  });
}

export function expectEcdaaTraceless(curve: Curve, count: number): void {
  expectSameTrace(secrets(curve, count), (d) => {
    const [key, commitment] = [ecc.putBig(d, curve.size), ecc.putBig((d * 7n) % curve.n, curve.size)];
    // The nonce is public, and its size shows: it is the same in all runs.
    const drbg = ecc.drbg(77);
    const digest = ecc.put(Buffer.alloc(32, 0x5a));
    const [nonce, size, s] = [ecc.take(curve.size), ecc.take(4), ecc.take(curve.size)];
    return () => call.ecdaaSign(curve.id, key, commitment, drbg, SHA256, digest, 32, nonce, size, s);
  });
}
