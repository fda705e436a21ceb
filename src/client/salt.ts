/**
 * Secrets that only the TPM that has a key can read (Part 1, annexes B.10.2 and C.6.1): the salt of a session, the seed of a
 * credential.
 */
import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_CURVES, WEB_CRYPTO_HASHES } from "../engine/webCrypto.ts";
import { algorithms, coordinateSize, curveName, RSA_DEFAULT_PUBLIC_EXPONENT, TPM_ALG } from "../spec/algorithms.ts";
import { TpmFormatError } from "./errors.ts";
import { marshalUnsigned, marshalValue } from "./marshal.ts";
import { kdfe, type SessionHash, sizeOf } from "./sessionCrypto.ts";
import type { OutputOf } from "./values.ts";

/** The use that the derivation or the padding names. */
export type SecretUse = "SECRET" | "IDENTITY";

export interface Salt {
  readonly salt: Uint8Array;
  /** The content of a TPM2B_ENCRYPTED_SECRET. */
  readonly encryptedSalt: Uint8Array;
}

/** The name of a hash that WebCrypto has. @throws TpmFormatError for another one. */
export function sessionHash(algorithm: number, what: string): SessionHash {
  for (const name of Object.keys(WEB_CRYPTO_HASHES) as SessionHash[]) if (TPM_ALG[name] === algorithm) return name;
  const name = Object.entries(algorithms).find(([, { id }]) => id === algorithm)?.[0] ?? algorithm;
  throw new TpmFormatError(
    `${what} is ${name}, which WebCrypto does not have: take a key with one of ${Object.keys(WEB_CRYPTO_HASHES).join(", ")}`,
  );
}

const base64url = (octets: Uint8Array): string =>
  btoa(String.fromCharCode(...octets))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

/** The octets of an unsigned number, without zeros before it. */
function unsigned(value: number): Uint8Array {
  const octets = marshalUnsigned(value, 4);
  return octets.subarray(octets.findIndex((octet) => octet !== 0));
}

/** What WebCrypto does with a key that it may refuse. @throws TpmFormatError */
async function usable<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new TpmFormatError(`the key for ${what} has no modulus or point in its public area that can be used`, {
      cause,
    });
  }
}

/**
 * A fresh salt for the key with this public area, as long as the digest of its nameAlg.
 * @throws TpmFormatError for a key that is neither RSA nor on a curve that WebCrypto has, or whose nameAlg it does not have;
 * for a public area that is no such key.
 */
export const makeSalt = (publicArea: OutputOf<"TPMT_PUBLIC">): Promise<Salt> =>
  shareSecret(publicArea, "SECRET", "the salt");

/**
 * The same for any use.
 * @param what it is, for errors
 */
export async function shareSecret(publicArea: OutputOf<"TPMT_PUBLIC">, use: SecretUse, what: string): Promise<Salt> {
  const algorithm = sessionHash(publicArea.nameAlg, `the nameAlg of the key for ${what}`);
  if (publicArea.type === TPM_ALG.TPM_ALG_RSA) {
    const salt = crypto.getRandomValues(new Uint8Array(sizeOf(algorithm)));
    const { exponent } = publicArea.parameters;
    const jwk = {
      kty: "RSA",
      n: base64url(publicArea.unique),
      e: base64url(unsigned(exponent || RSA_DEFAULT_PUBLIC_EXPONENT)),
    };
    const oaep = { name: "RSA-OAEP", hash: WEB_CRYPTO_HASHES[algorithm] };
    const key = await usable(what, crypto.subtle.importKey("jwk", jwk, oaep, false, ["encrypt"]));
    const label = new TextEncoder().encode(`${use}\0`);
    const encrypted = await usable(what, crypto.subtle.encrypt({ name: "RSA-OAEP", label }, key, salt));
    return { salt, encryptedSalt: new Uint8Array(encrypted) };
  }
  if (publicArea.type !== TPM_ALG.TPM_ALG_ECC)
    throw new TpmFormatError(`${what} needs an RSA or ECC key that decrypts: this one is neither`);
  const curve = curveName(publicArea.parameters.curveID);
  const namedCurve = curve && WEB_CRYPTO_CURVES[curve];
  if (curve === undefined || namedCurve === undefined)
    throw new TpmFormatError(`${what} needs a key on one of the curves P-256, P-384 and P-521: WebCrypto has no other`);
  const size = coordinateSize(curve);
  const ecdh = { name: "ECDH", namedCurve };
  const padded = (octets: Uint8Array) => concat(new Uint8Array(Math.max(0, size - octets.length)), octets);
  const x = padded(publicArea.unique.x);
  const y = padded(publicArea.unique.y);
  const theirs = await usable(what, crypto.subtle.importKey("raw", concat(Uint8Array.of(4), x, y), ecdh, false, []));
  const own = await crypto.subtle.generateKey(ecdh, false, ["deriveBits"]);
  const z = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 8 * size));
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const ephemeral = { x: point.slice(1, 1 + size), y: point.slice(1 + size) };
  const salt = await kdfe(algorithm, z, use, ephemeral.x, x, 8 * sizeOf(algorithm));
  return { salt, encryptedSalt: marshalValue("TPMS_ECC_POINT", ephemeral, "encryptedSalt") };
}
