// Hierarchies: their enables, seeds and proofs (Part 1, 13 and 14).
import {
  TPM_ALG_NULL,
  TPM_RH_ENDORSEMENT,
  TPM_RH_NULL,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
} from "../../generated/constants";
import { MAX_DIGEST_SIZE, PRIMARY_SEED_SIZE, PROOF_SIZE, put16, wipe2B } from "../../base/index";
import {
  EP_DERIVATION_SHIFT,
  PP_DERIVATION_SHIFT,
  randomBytes,
  seedDerivation,
  SP_DERIVATION_SHIFT,
} from "../algorithms/index";
import {
  AUTH_VALUES,
  AUTH_VALUES_SIZE,
  DISABLE_CLEAR,
  EH_ENABLE,
  EH_PROOF,
  ENDORSEMENT_POLICY,
  EP_SEED,
  LOCKOUT_POLICY,
  NULL_PROOF,
  NULL_SEED,
  OWNER_POLICY,
  PCR_POLICY,
  PH_ENABLE,
  PH_ENABLE_NV,
  PH_PROOF,
  PLATFORM_AUTH,
  PLATFORM_POLICY,
  PP_SEED,
  SH_ENABLE,
  SH_PROOF,
  SP_SEED,
} from "../state/index";

/** A new random TPM2B of `size` bytes in place. */
export function randomize(address: usize, size: u32): void {
  put16(address, size);
  randomBytes(address + 2, size);
}

/** A policy is an algorithm (u16) and a TPM2B: none at all. */
export function clearPolicy(address: usize): void {
  store<u16>(address, TPM_ALG_NULL as u16);
  wipe2B(address + 2, MAX_DIGEST_SIZE);
}

export function setPolicy(address: usize, algorithm: u32, digest: usize): void {
  clearPolicy(address);
  store<u16>(address, algorithm as u16);
  memory.copy(address + 2, digest, 2 + bswap<u16>(load<u16>(digest)));
}

export function clearAuth(address: usize): void {
  wipe2B(address, MAX_DIGEST_SIZE);
}

/** What a new TPM has. */
export function hierarchyDefaults(): void {
  store<u8>(DISABLE_CLEAR, 0);
  randomize(EP_SEED, PRIMARY_SEED_SIZE);
  randomize(SP_SEED, PRIMARY_SEED_SIZE);
  randomize(PP_SEED, PRIMARY_SEED_SIZE);
  randomize(EH_PROOF, PROOF_SIZE);
  randomize(SH_PROOF, PROOF_SIZE);
  randomize(PH_PROOF, PROOF_SIZE);
  clearOwnership();
  clearPolicy(PCR_POLICY);
}

/** No authorization of the owner, the endorsement hierarchy and lockout: in a new TPM, and after TPM2_Clear. */
export function clearOwnership(): void {
  memory.fill(AUTH_VALUES, 0, AUTH_VALUES_SIZE);
  clearPolicy(OWNER_POLICY);
  clearPolicy(ENDORSEMENT_POLICY);
  clearPolicy(LOCKOUT_POLICY);
}

/** TPM2_Startup. `resume`: TPM Resume; `keepNull`: Resume or Restart. */
export function hierarchyStartup(resume: bool, keepNull: bool): void {
  store<u8>(PH_ENABLE, 1);
  if (!resume) {
    clearAuth(PLATFORM_AUTH);
    clearPolicy(PLATFORM_POLICY);
    store<u8>(SH_ENABLE, 1);
    store<u8>(EH_ENABLE, 1);
    store<u8>(PH_ENABLE_NV, 1);
  }
  if (!keepNull) {
    randomize(NULL_PROOF, PROOF_SIZE);
    randomize(NULL_SEED, PRIMARY_SEED_SIZE);
  }
}

export function hierarchyEnabled(hierarchy: u32): bool {
  switch (hierarchy) {
    case TPM_RH_PLATFORM:
      return load<u8>(PH_ENABLE) != 0;
    case TPM_RH_OWNER:
      return load<u8>(SH_ENABLE) != 0;
    case TPM_RH_ENDORSEMENT:
      return load<u8>(EH_ENABLE) != 0;
    default:
      return hierarchy == TPM_RH_NULL;
  }
}

/** The proof (TPM2B) of a hierarchy. */
export function hierarchyProof(hierarchy: u32): usize {
  switch (hierarchy) {
    case TPM_RH_PLATFORM:
      return PH_PROOF;
    case TPM_RH_OWNER:
      return SH_PROOF;
    case TPM_RH_ENDORSEMENT:
      return EH_PROOF;
    default:
      return NULL_PROOF;
  }
}

/** The primary seed (TPM2B) of a hierarchy. */
export function hierarchySeed(hierarchy: u32): usize {
  switch (hierarchy) {
    case TPM_RH_PLATFORM:
      return PP_SEED;
    case TPM_RH_OWNER:
      return SP_SEED;
    case TPM_RH_ENDORSEMENT:
      return EP_SEED;
    default:
      return NULL_SEED;
  }
}

/** How primary objects are made from that seed: 0, or which of libtpms' ways. The seed of the NULL hierarchy is never libtpms'. */
export function hierarchyDerivation(hierarchy: u32): u32 {
  switch (hierarchy) {
    case TPM_RH_PLATFORM:
      return seedDerivation(PP_DERIVATION_SHIFT);
    case TPM_RH_OWNER:
      return seedDerivation(SP_DERIVATION_SHIFT);
    case TPM_RH_ENDORSEMENT:
      return seedDerivation(EP_DERIVATION_SHIFT);
    default:
      return 0;
  }
}
