/** How a credential is protected for an EK (Part 1, 24.4 and annex C.6): by WebCrypto, and for the SM2 template by noble and ourselves. */
import { marshalValue } from "../client/index.ts";
import { sessionHash, shareSecret } from "../client/salt.ts";
import { cfb, hmac, kdfa, uint32 } from "../client/sessionCrypto.ts";
import { concat } from "../engine/bytes.ts";
import { digestSize } from "../spec/algorithms.ts";
import { type PublicArea, signingKeyOf } from "./attestKey.ts";
import { multiply } from "./curve.ts";
import { blockSize, digest } from "./digest.ts";
import { toNumber, toOctets } from "./numbers.ts";
import { encryptSm4Cfb } from "./sm4.ts";

/** An EK's algorithms. */
export interface Protection {
  /** Of the cipher's key. */
  readonly keyBits: number;
  /** A fresh seed, and what only the EK's TPM makes it of. */
  share(): Promise<{ readonly seed: Uint8Array; readonly encryptedSeed: Uint8Array }>;
  kdfa(key: Uint8Array, label: string, contextU: Uint8Array, bits: number): Promise<Uint8Array>;
  hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<Uint8Array>;
  /** In CFB mode, from a block of zeros. */
  encrypt(key: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
}

const NOTHING = new Uint8Array(0);
const BLOCK = 16;
const SM4_BITS = 128;
const USE = "IDENTITY";

/** @throws TpmFormatError, here or in share, for algorithms that WebCrypto lacks */
export function webCryptoProtection(ek: PublicArea, keyBits: number): Protection {
  const algorithm = sessionHash(ek.nameAlg, "the nameAlg of the EK");
  return {
    keyBits,
    async share() {
      const { salt, encryptedSalt } = await shareSecret(ek, USE, "the credential");
      return { seed: salt, encryptedSeed: encryptedSalt };
    },
    kdfa: (key, label, contextU, bits) => kdfa(algorithm, key, label, contextU, NOTHING, bits),
    hmac: (key, ...parts) => hmac(algorithm, key, ...parts),
    encrypt: (key, data) => cfb("encrypt", key, new Uint8Array(BLOCK), data),
  };
}

/** HMAC (FIPS 198-1) of any hash. */
async function hmacOf(hash: number, key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const block = new Uint8Array(blockSize(hash));
  block.set(key.length > block.length ? await digest(hash, key) : key);
  const padded = (octet: number) => block.map((each) => each ^ octet);
  return digest(hash, padded(0x5c), await digest(hash, padded(0x36), ...parts));
}

const labelled = (label: string): Uint8Array => new TextEncoder().encode(`${label}\0`);

/** @param ek on the curve of SM2, with SM3 and SM4. @throws RangeError for a point that is not on the curve */
export function sm2Protection(ek: PublicArea): Protection {
  const hash = ek.nameAlg;
  const bits = 8 * digestSize(hash);
  const key = signingKeyOf(ek);
  if (key.type !== "ecc") throw new RangeError("The EK is no ECC key.");
  const { curve, point } = key;
  return {
    keyBits: SM4_BITS,
    async share() {
      let scalar = 0n;
      while (scalar === 0n || scalar >= curve.n) scalar = toNumber(crypto.getRandomValues(new Uint8Array(curve.size)));
      const own = multiply(curve, scalar);
      const shared = multiply(curve, scalar, point);
      const coordinate = (value: bigint) => toOctets(value, curve.size);
      const ephemeral = { x: coordinate(own.x), y: coordinate(own.y) };
      // KDFe: the digest is as long as the seed.
      const [z, u, v] = [coordinate(shared.x), ephemeral.x, coordinate(point.x)];
      const seed = await digest(hash, uint32(1), z, labelled(USE), u, v);
      return { seed, encryptedSeed: marshalValue("TPMS_ECC_POINT", ephemeral, "secret") };
    },
    async kdfa(from, label, contextU, size) {
      if (size > bits) throw new RangeError("One digest is all that is derived here.");
      const block = await hmacOf(hash, from, uint32(1), labelled(label), contextU, uint32(size));
      return block.subarray(0, size / 8);
    },
    hmac: (from, ...parts) => hmacOf(hash, from, ...parts),
    encrypt: async (from, data) => encryptSm4Cfb(concat(from), new Uint8Array(BLOCK), data),
  };
}
