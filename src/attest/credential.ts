/**
 * Credentials (Part 1, 24; Part 3, 12.5 and 12.6): a secret that only the TPM with this EK reads, and only while it holds the AK
 * with this Name. Whoever gives the secret back has both in one TPM.
 */
import { Marshaller } from "../client/index.ts";
import { sessionHash, shareSecret } from "../client/salt.ts";
import { cfb, hmac, kdfa, sizeOf } from "../client/sessionCrypto.ts";
import { concat } from "../engine/bytes.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { hasAttribute } from "../spec/attributes.ts";
import type { PublicArea } from "./attestKey.ts";
import { type Finding, finding } from "./finding.ts";
import type { CredentialFile } from "./formats.ts";
import { equal, toHex } from "./octets.ts";

const NOTHING = new Uint8Array(0);
const AES_BLOCK = 16;

/**
 * What TPM2_MakeCredential makes, without a TPM.
 * @param ek the EK's public area: RSA, or ECC on P-256, P-384 or P-521, with SHA-1 or SHA-2 and AES
 * @param akName the Name of the key that the TPM must hold, as the verifier computed it ({@link nameOf})
 * @param secret as many octets as the digest of the EK's nameAlg at most
 * @throws RangeError for what can't be an EK, or a secret that is too long; TpmFormatError for an algorithm that WebCrypto lacks
 */
export async function makeCredential(ek: PublicArea, akName: Uint8Array, secret: Uint8Array): Promise<CredentialFile> {
  const keyBits = protectionOf(ek);
  const algorithm = sessionHash(ek.nameAlg, "the nameAlg of the EK");
  const size = sizeOf(algorithm);
  if (secret.length === 0 || secret.length > size)
    throw new RangeError(`The secret of a credential has 1 to ${size} octets for this EK, and not ${secret.length}.`);
  if (akName.length < 3) throw new RangeError("A credential needs the Name of the key that it is for.");
  const { salt: seed, encryptedSalt } = await shareSecret(ek, "IDENTITY", "the credential");
  const key = await kdfa(algorithm, seed, "STORAGE", akName, NOTHING, keyBits);
  const encIdentity = await cfb("encrypt", key, new Uint8Array(AES_BLOCK), sized(secret));
  const integrityKey = await kdfa(algorithm, seed, "INTEGRITY", NOTHING, NOTHING, 8 * size);
  const integrity = await hmac(algorithm, integrityKey, encIdentity, akName);
  return { credential: concat(sized(integrity), encIdentity), secret: encryptedSalt };
}

function sized(octets: Uint8Array): Uint8Array {
  const marshaller = new Marshaller();
  marshaller.buffer(octets, "credential");
  return marshaller.finish();
}

/** Bits of the AES key that protects what the EK's TPM takes. @throws RangeError for a key that is no storage key */
function protectionOf(ek: PublicArea): number {
  const has = (name: "restricted" | "decrypt" | "sign") => hasAttribute("TPMA_OBJECT", ek.objectAttributes, name);
  if (!has("restricted") || !has("decrypt") || has("sign"))
    throw new RangeError("The EK is no restricted key that decrypts: a TPM activates no credential with it.");
  if (ek.type !== TPM_ALG.TPM_ALG_RSA && ek.type !== TPM_ALG.TPM_ALG_ECC)
    throw new RangeError("The EK is neither an RSA nor an ECC key.");
  const { symmetric } = ek.parameters;
  if (symmetric.algorithm !== TPM_ALG.TPM_ALG_AES || symmetric.mode !== TPM_ALG.TPM_ALG_CFB)
    throw new RangeError(
      "The EK protects with another cipher than AES in CFB mode, which a credential is not made for here.",
    );
  return symmetric.keyBits as number;
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
