// [TPM2.0 1.59] 23.3 TPM2_PolicySigned
import {
  TPM_ALG_ECDAA,
  TPM_CC_PolicySigned,
  TPM_RC_SCHEME,
  TPM_RC_SIGNATURE,
  TPM_RC_SUCCESS,
  TPM_ST_AUTH_SIGNED,
} from "../../generated/constants";
import { PolicySigned as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_SIGNATURE } from "../../generated/refusals";
import { get16, MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate2B } from "../../tpm/algorithms/index";
import { hasAttribute, IS_TRIAL_POLICY, nameOf, sessionOf } from "../../tpm/authorization/index";
import { isSequence, objectOf } from "../../tpm/objects/index";
import {
  addNumber,
  authorizePolicy,
  checkPolicyParameters,
  expiresAt,
  writePolicyTicket,
} from "../../tpm/policy/index";
import { signatureHash, verifySignature } from "../../tpm/signing/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicySigned(): u32 {
  const session = sessionOf(parameters.policySession);
  const signer = parameters.authObject;
  const nonceTpm = parameters.nonceTPM;
  const cpHashA = parameters.cpHashA;
  const policyRef = parameters.policyRef;
  const isTrial = hasAttribute(session, IS_TRIAL_POLICY);
  let timeout: u64 = 0;
  if (!isTrial) {
    timeout = expiresAt(session, parameters.expiration, nonceTpm);
    let rc = checkPolicyParameters(
      session,
      timeout,
      nonceTpm,
      cpHashA,
      parameters.RC_nonceTPM,
      parameters.RC_cpHashA,
      parameters.RC_expiration,
    );
    if (rc != TPM_RC_SUCCESS) return rc;
    rc = checkSignature(objectOf(signer));
    if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_auth);
  }

  const name = scratchTake(68);
  authorizePolicy(session, TPM_CC_PolicySigned, name, nameOf(signer, name), policyRef, cpHashA, timeout);
  const withTicket = parameters.expiration < 0 && !isTrial;
  writePolicyTicket(signer, TPM_ST_AUTH_SIGNED, timeout, withTicket, nonceTpm, cpHashA, policyRef);
  return TPM_RC_SUCCESS;
}

/** auth is the key's signature of nonceTPM || expiration || cpHashA || policyRef. */
function checkSignature(key: usize): u32 {
  const auth = parameters.auth;
  // No TPM verifies a signature with ECDAA, and a sequence signs nothing.
  if (get16(auth) == TPM_ALG_ECDAA || isSequence(key)) return TPM_RC_SCHEME;
  const algorithm = signatureHash(auth);
  const state = scratchTake(HASH_STATE_ROOM);
  const signed = scratchTake(MAX_DIGEST_SIZE);
  hashStart(algorithm, state);
  hashUpdate2B(state, parameters.nonceTPM);
  addNumber(state, parameters.expiration as u32);
  hashUpdate2B(state, parameters.cpHashA);
  hashUpdate2B(state, parameters.policyRef);
  hashFinal(state, signed);
  const rc = verifySignature(key, signed, digestSizeOf(algorithm), auth);
  return rc == TPM_RC_SIGNATURE ? refuse(rc, REFUSAL_POLICY_SIGNATURE, parameters.authObject) : rc;
}
