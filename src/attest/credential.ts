/**
 * Credentials (Part 1, 24; Part 3, 12.5 and 12.6): a secret that only the TPM with this EK reads, and only while it holds the AK
 * with this Name. Whoever gives the secret back has both in one TPM.
 */
import { marshalBuffer } from "../client/index.ts";
import { concat } from "../engine/bytes.ts";
import { digestSize, TPM_ALG, TPM_ECC } from "../spec/algorithms.ts";
import { hasAttribute } from "../spec/attributes.ts";
import type { PublicArea } from "./attestKey.ts";
import { type Protection, sm2Protection, webCryptoProtection } from "./credentialProtection.ts";
import { algorithmName } from "./digest.ts";
import { type Finding, finding } from "./finding.ts";
import type { CredentialFile } from "./formats.ts";
import { nameOf } from "./names.ts";
import { equal, toHex } from "./octets.ts";

const NOTHING = new Uint8Array(0);
/** Octets of a credential's secret: as many as any EK takes. */
const SECRET_SIZE = 20;

/**
 * What to make a credential of, so that its answer is good for these two keys alone: whoever hands over another AK or EK with the
 * answer needs another secret. HMAC-SHA-256 of both Names, cut to what any EK takes.
 * @param seed octets that nobody else knows, and that a verifier keeps instead of the secret
 * @returns 20 octets
 */
export async function credentialSecret(seed: Uint8Array, ek: PublicArea, ak: PublicArea): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", seed.slice(), algorithm, false, ["sign"]);
  const names = concat(marshalBuffer(await nameOf(ek)), marshalBuffer(await nameOf(ak)));
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, names)).subarray(0, SECRET_SIZE);
}

/**
 * What TPM2_MakeCredential makes, without a TPM.
 * @param ek the EK's public area, of any template of the EK Credential Profile: RSA, or ECC on P-256, P-384 or P-521, with SHA-1 or
 * SHA-2 and AES; or SM2 with SM3 and SM4
 * @param akName the Name of the key that the TPM must hold, as the verifier computed it ({@link nameOf})
 * @param secret as many octets as the digest of the EK's nameAlg at most
 * @throws RangeError for what can't be an EK, or a secret that is too long; TpmFormatError for an algorithm that is not among those
 */
export async function makeCredential(ek: PublicArea, akName: Uint8Array, secret: Uint8Array): Promise<CredentialFile> {
  const protection = protectionOf(ek);
  const size = digestSize(ek.nameAlg);
  if (secret.length === 0 || secret.length > size)
    throw new RangeError(`The secret of a credential has 1 to ${size} octets for this EK, and not ${secret.length}.`);
  if (akName.length < 3) throw new RangeError("A credential needs the Name of the key that it is for.");
  const { seed, encryptedSeed } = await protection.share();
  const key = await protection.kdfa(seed, "STORAGE", akName, protection.keyBits);
  const encIdentity = await protection.encrypt(key, marshalBuffer(secret));
  const integrityKey = await protection.kdfa(seed, "INTEGRITY", NOTHING, 8 * size);
  const integrity = await protection.hmac(integrityKey, encIdentity, akName);
  return { credential: concat(marshalBuffer(integrity), encIdentity), secret: encryptedSeed };
}

/** @throws RangeError for a key that is no storage key */
function protectionOf(ek: PublicArea): Protection {
  const has = (name: "restricted" | "decrypt" | "sign") => hasAttribute("TPMA_OBJECT", ek.objectAttributes, name);
  if (!has("restricted") || !has("decrypt") || has("sign"))
    throw new RangeError("The EK is no restricted key that decrypts: a TPM activates no credential with it.");
  if (ek.type !== TPM_ALG.TPM_ALG_RSA && ek.type !== TPM_ALG.TPM_ALG_ECC)
    throw new RangeError("The EK is neither an RSA nor an ECC key.");
  const { symmetric } = ek.parameters;
  const isSm2 = ek.type === TPM_ALG.TPM_ALG_ECC && ek.parameters.curveID === TPM_ECC.TPM_ECC_SM2_P256;
  const cipher = isSm2 ? TPM_ALG.TPM_ALG_SM4 : TPM_ALG.TPM_ALG_AES;
  if (symmetric.algorithm !== cipher || symmetric.mode !== TPM_ALG.TPM_ALG_CFB)
    throw new RangeError(`The EK does not protect with ${algorithmName(cipher)} in CFB mode, as EKs of its kind do.`);
  if (isSm2 && ek.nameAlg !== TPM_ALG.TPM_ALG_SM3_256)
    throw new RangeError("The EK on the curve of SM2 does not have SM3 as its nameAlg.");
  return isSm2 ? sm2Protection(ek) : webCryptoProtection(ek, symmetric.keyBits as number);
}

/** Whether the answer to a credential is its secret: the AK with that Name is in the TPM with that EK. */
export function checkCredential(secret: Uint8Array, answer: Uint8Array): Finding {
  const isGood = secret.length > 0 && equal(secret, answer);
  return finding("credential", isGood ? "good" : "bad", {
    expected: toHex(secret),
    seen: toHex(answer),
    note: isGood ? "the AK with this Name is in the TPM that has this EK" : null,
  });
}
