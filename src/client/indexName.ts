/** The Name of an NV Index (Part 1, 16), which changes when somebody writes or locks it. */
import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_HASHES } from "../engine/webCrypto.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";
import { marshalUnsigned } from "./marshal.ts";
import { hash, type SessionHash } from "./sessionCrypto.ts";
import type { OutputOf } from "./values.ts";

/** What of an index its use changes. */
const CHANGING = [
  attributeBits("TPMA_NV", "WRITTEN"),
  attributeBits("TPMA_NV", "WRITELOCKED"),
  attributeBits("TPMA_NV", "READLOCKED"),
];

/**
 * Whether a Name is that of this very index at another time: written or not, locked or not, and all else the same. Never for a nameAlg that
 * WebCrypto does not have.
 */
export async function isNameOfIndex(name: Uint8Array, index: OutputOf<"TPMS_NV_PUBLIC">): Promise<boolean> {
  const algorithm = (Object.keys(WEB_CRYPTO_HASHES) as SessionHash[]).find((each) => TPM_ALG[each] === index.nameAlg);
  if (algorithm === undefined) return false;
  for (let subset = 0; subset < 1 << CHANGING.length; subset++) {
    const flipped = CHANGING.filter((_, i) => ((subset >> i) & 1) === 1).reduce((bits, bit) => bits ^ bit, 0);
    const digest = await hash(algorithm, publicArea({ ...index, attributes: (index.attributes ^ flipped) >>> 0 }));
    const whole = concat(marshalUnsigned(index.nameAlg, 2), digest);
    if (whole.length === name.length && whole.every((octet, i) => octet === name[i])) return true;
  }
  return false;
}

const publicArea = ({ nvIndex, nameAlg, attributes, authPolicy, dataSize }: OutputOf<"TPMS_NV_PUBLIC">): Uint8Array =>
  concat(
    marshalUnsigned(nvIndex, 4),
    marshalUnsigned(nameAlg, 2),
    marshalUnsigned(attributes, 4),
    marshalUnsigned(authPolicy.length, 2),
    authPolicy,
    marshalUnsigned(dataSize, 2),
  );
