/** The operations as one writes them with BigInt: the arithmetic of a textbook, without a thought of constant time. */

const modulo = (a: bigint, m: bigint) => ((a % m) + m) % m;

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

export function inverse(a: bigint, m: bigint): bigint {
  let [r0, r1, s0, s1] = [m, modulo(a, m), 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  return modulo(s0, m);
}

/** The private operation by the Chinese remainder theorem, unblinded and unchecked. */
export function crt(p: bigint, q: bigint, e: bigint): (value: bigint) => bigint {
  const d = inverse(e, (p - 1n) * (q - 1n));
  const [dP, dQ, qInverse] = [d % (p - 1n), d % (q - 1n), inverse(q, p)];
  return (value) => {
    const [a, b] = [power(value % p, dP, p), power(value % q, dQ, q)];
    return b + q * modulo((a - b) * qInverse, p);
  };
}

export interface Domain {
  p: bigint;
  a: bigint;
  n: bigint;
  Gx: bigint;
  Gy: bigint;
}

type Jacobian = readonly [x: bigint, y: bigint, z: bigint];

/** The x of [k] (x, y): double and add in Jacobian coordinates. */
export function multiplyPoint({ p, a }: Domain, k: bigint, x: bigint, y: bigint): bigint {
  const double = ([X, Y, Z]: Jacobian): Jacobian => {
    const yy = (Y * Y) % p;
    const s = (4n * X * yy) % p;
    const m = (3n * X * X + a * Z ** 4n) % p;
    const x3 = modulo(m * m - 2n * s, p);
    return [x3, modulo(m * (s - x3) - 8n * yy * yy, p), (2n * Y * Z) % p];
  };
  const addAffine = ([X, Y, Z]: Jacobian): Jacobian => {
    const zz = (Z * Z) % p;
    const h = modulo(x * zz - X, p);
    const r = modulo(y * zz * Z - Y, p);
    const hh = (h * h) % p;
    const v = (X * hh) % p;
    const x3 = modulo(r * r - h * hh - 2n * v, p);
    return [x3, modulo(r * (v - x3) - Y * h * hh, p), (Z * h) % p];
  };
  let sum: Jacobian = [x, y, 1n];
  for (const bit of k.toString(2).slice(1)) {
    sum = double(sum);
    if (bit === "1") sum = addAffine(sum);
  }
  const z = inverse(sum[2], p);
  return (sum[0] * z * z) % p;
}
