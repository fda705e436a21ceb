// Self-tests of hash functions, HMAC and the derivation functions.
import { hash, HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate, kdfa, kdfe, mgf1Xor } from "../../../crypto/index";
import {
  TPM_ALG_SHA1,
  TPM_ALG_SHA256,
  TPM_ALG_SHA384,
  TPM_ALG_SHA3_256,
  TPM_ALG_SHA3_384,
  TPM_ALG_SHA3_512,
  TPM_ALG_SHA512,
} from "../../../generated/constants";
import { equalBytes, scratchTake } from "../../../base/index";
import { digestSizeOf } from "../hash";
import {
  ABC,
  ATH,
  HMAC_NOTHING,
  JEFE,
  KDFA_ANSWER,
  KDFE_ANSWER,
  KDFE_LABEL,
  KDFE_PARTY_V,
  KDFE_Z,
  MGF1_ANSWER,
  MGF1_SEED,
  NOTHING,
  SHA1_ABC,
  SHA256_ABC,
  SHA384_ABC,
  SHA3_256_ABC,
  SHA3_384_ABC,
  SHA3_512_ABC,
  SHA512_ABC,
  SM3_ABC,
} from "./hashAnswers";

function digestOfAbc(algorithm: u32): usize {
  switch (algorithm) {
    case TPM_ALG_SHA1:
      return SHA1_ABC;
    case TPM_ALG_SHA256:
      return SHA256_ABC;
    case TPM_ALG_SHA384:
      return SHA384_ABC;
    case TPM_ALG_SHA512:
      return SHA512_ABC;
    case TPM_ALG_SHA3_256:
      return SHA3_256_ABC;
    case TPM_ALG_SHA3_384:
      return SHA3_384_ABC;
    case TPM_ALG_SHA3_512:
      return SHA3_512_ABC;
    default:
      return SM3_ABC;
  }
}

export function hashIsRight(algorithm: u32): bool {
  const digest = scratchTake(64);
  hash(algorithm, ABC, 3, digest);
  return equalBytes(digest, digestOfAbc(algorithm), digestSizeOf(algorithm));
}

export function hmacIsRight(): bool {
  const context = scratchTake(HMAC_CONTEXT_SIZE);
  const mac = scratchTake(32);
  hmacInit(context, TPM_ALG_SHA256, JEFE, 4);
  hmacUpdate(context, NOTHING, 28);
  hmacFinal(context, mac);
  return equalBytes(mac, HMAC_NOTHING, 32);
}

export function kdfaIsRight(): bool {
  const out = scratchTake(48);
  kdfa(TPM_ALG_SHA256, JEFE, 4, ATH, 4, ABC, 3, NOTHING, 28, 384, out);
  return equalBytes(out, KDFA_ANSWER, 48);
}

export function kdfeIsRight(): bool {
  const out = scratchTake(62);
  kdfe(TPM_ALG_SHA256, KDFE_Z, 8, KDFE_LABEL, 4, 0, 0, KDFE_PARTY_V, 26, 491, out);
  return equalBytes(out, KDFE_ANSWER, 62);
}

export function mgf1IsRight(): bool {
  const mask = scratchTake(50);
  mgf1Xor(TPM_ALG_SHA256, MGF1_SEED, 3, mask, 50);
  return equalBytes(mask, MGF1_ANSWER, 50);
}
