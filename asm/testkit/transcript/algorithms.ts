/** Which algorithms, key sizes and curves there are. */

import { command, concat, sized, u8, u16, u32 } from "../harness.ts";
import { CC, RH } from "../names.ts";
import { add, getCapability, NUL, n16, none, start } from "./builders.ts";

const CURVES = [1, 2, 3, 4, 5, 0x10, 0x11, 0x20];
const HASHES = [0x04, 0x0b, 0x0c, 0x0d, 0x12, 0x27, 0x28, 0x29];
/** TPM_ALG_ID of the block ciphers, and bits of keys, most of which some TPM has. */
const CIPHERS = [0x03, 0x06, 0x13, 0x26].flatMap((cipher) =>
  [0, 64, 128, 192, 256].map((bits) => [cipher, bits] as const),
);
const MODES = [0x10, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44];
const name = (algorithm: number) => `0x${algorithm.toString(16)}`;

export function algorithms(): void {
  for (const [first, count] of [
    [0, 100],
    [0, 0],
    [0, 1],
    [0x0c, 3],
    [0x28, 2],
    [0x45, 1],
    [0xffff, 1],
    [0x10004, 1],
  ] as const)
    add(`${count} algorithms from ${name(first)} on`, getCapability(0, first, count));
  for (const [first, count] of [
    [0, 100],
    [0, 0],
    [2, 2],
    [6, 1],
    [0x20, 1],
    [0x21, 1],
    [0x10003, 1],
  ] as const)
    add(`${count} curves from ${name(first)} on`, getCapability(8, first, count));
  add("split signing operations", getCapability(6, 0x128, 1));
  add("loaded curves", getCapability(6, 0x20d, 1));
  for (const curve of [0, ...CURVES, 6, 0x12, 0x40])
    add(`parameters of curve ${name(curve)}`, command(CC.ECC_Parameters, [], [u16(curve)]));
  for (const hash of HASHES) {
    add(`digest with ${name(hash)}`, command(CC.Hash, [], [sized([1, 2, 3]), u16(hash), u32(RH.NULL)]));
    add(`IncrementalSelfTest of ${name(hash)}`, command(CC.IncrementalSelfTest, [], [u32(1), u16(hash)]), {
      from: 6,
      to: 10,
    });
  }
  symmetricParameters();
  asymmetricParameters();
}

const test = (...parts: Uint8Array[]) => command(CC.TestParms, [], parts);

function symmetricParameters(): void {
  for (const [cipher, bits] of CIPHERS) {
    for (const mode of MODES)
      add(
        `TestParms, SYMCIPHER ${name(cipher)}, ${bits} bits, mode ${name(mode)}`,
        test(u16(0x25), u16(cipher), u16(bits), u16(mode)),
      );
    const symmetric = concat(u16(cipher), u16(bits), u16(0x44));
    add(
      `session with ${name(cipher)}, ${bits} bits, not in CFB`,
      start(RH.NULL, RH.NULL, n16, none, 0, symmetric, 0x0b),
    );
  }
  for (const hash of HASHES) {
    add(`TestParms, HMAC with ${name(hash)}`, test(u16(8), u16(5), u16(hash)));
    for (const kdf of [0x07, 0x10, 0x20, 0x21, 0x22, 0x23])
      add(`TestParms, XOR with ${name(hash)} and KDF ${name(kdf)}`, test(u16(8), u16(10), u16(hash), u16(kdf)));
    add(`session with hash ${name(hash)}, no nonce`, start(RH.NULL, RH.NULL, none, none, 0, NUL, hash));
  }
}

/** TPMT_ASYM_SCHEME: schemes with nothing after them, and with a hash (ECDAA also has a count). */
const SCHEMES = [0x10, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x05, 0x20];
const scheme = (algorithm: number) =>
  concat(
    u16(algorithm),
    algorithm === 0x10 || algorithm === 0x15 ? none : u16(0x0b),
    algorithm === 0x1a ? u16(1) : none,
  );

function asymmetricParameters(): void {
  const exponents = [0, 3, 65537];
  const rsa = (symmetric: Uint8Array, keyScheme: Uint8Array, bits: number, exponent: number) =>
    test(u16(1), symmetric, keyScheme, u16(bits), u32(exponent));
  for (const bits of [512, 1024, 1536, 2048, 3072, 4096, 16384]) add(`TestParms, RSA-${bits}`, rsa(NUL, NUL, bits, 0));
  for (const exponent of exponents) add(`TestParms, RSA, exponent ${exponent}`, rsa(NUL, NUL, 2048, exponent));
  for (const algorithm of SCHEMES)
    add(`TestParms, RSA, scheme ${name(algorithm)}`, rsa(NUL, scheme(algorithm), 2048, 0));
  for (const [cipher, bits] of CIPHERS)
    add(`TestParms, RSA, ${name(cipher)}, ${bits} bits`, rsa(concat(u16(cipher), u16(bits), u16(0x43)), NUL, 2048, 0));

  const ecc = (keyScheme: Uint8Array, curve: number, kdf: Uint8Array) =>
    test(u16(0x23), NUL, keyScheme, u16(curve), kdf);
  for (const curve of [0, ...CURVES, 6, 0x40]) add(`TestParms, curve ${name(curve)}`, ecc(NUL, curve, NUL));
  for (const algorithm of SCHEMES) add(`TestParms, ECC, scheme ${name(algorithm)}`, ecc(scheme(algorithm), 3, NUL));
  for (const kdf of [0x07, 0x20, 0x21, 0x22, 0x24])
    add(`TestParms, ECC, KDF ${name(kdf)}`, ecc(NUL, 3, concat(u16(kdf), u16(0x0b))));
  for (const hash of HASHES) add(`TestParms, ECDSA with ${name(hash)}`, ecc(concat(u16(0x18), u16(hash)), 3, NUL));
  add("TestParms, ECC, cut off", test(u16(0x23), NUL, u8(0)));
}
