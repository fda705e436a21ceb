// [TPM2.0 1.59] 23.5 TPM2_PolicyTicket
import {
  TPM_CC_PolicySecret,
  TPM_CC_PolicySigned,
  TPM_RC_ATTRIBUTES,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_TICKET,
  TPM_ST_AUTH_SIGNED,
} from "../../generated/constants";
import { PolicyTicket as parameters } from "../../generated/parameters";
import {
  REFUSAL_POLICY_TICKET,
  REFUSAL_POLICY_TIMEOUT_SIZE,
  REFUSAL_POLICY_TRIAL_TICKET,
} from "../../generated/refusals";
import { bytesOf2B, rcAbout, refuse, sizeOf2B } from "../../base/index";
import { hasAttribute, IS_TRIAL_POLICY, sessionOf } from "../../tpm/authorization/index";
import { authTicket, ticketHierarchy, ticketIsRight, ticketTag } from "../../tpm/platform/index";
import { authorizePolicy, checkPolicyParameters, expiresOnReset, timeoutOf } from "../../tpm/policy/index";

export function PolicyTicket(): u32 {
  const session = sessionOf(parameters.policySession);
  const cpHashA = parameters.cpHashA;
  const policyRef = parameters.policyRef;
  const ticket = parameters.ticket;
  const name = bytesOf2B(parameters.authName);
  const nameSize = sizeOf2B(parameters.authName);
  // A trial needs no proof of an authorization: it runs the command that the ticket stands for.
  if (hasAttribute(session, IS_TRIAL_POLICY))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_POLICY_TRIAL_TICKET, parameters.policySession), parameters.RC_policySession);
  const timeoutSize = sizeOf2B(parameters.timeout);
  if (timeoutSize != 8)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_POLICY_TIMEOUT_SIZE, timeoutSize, 8), parameters.RC_timeout);
  const timeout = timeoutOf(parameters.timeout);
  const rc = checkPolicyParameters(session, timeout, 0, cpHashA, 0, parameters.RC_cpHashA, parameters.RC_timeout);
  if (rc != TPM_RC_SUCCESS) return rc;
  const onReset = expiresOnReset(parameters.timeout);
  const tag = ticketTag(ticket);
  const ours = authTicket(tag, ticketHierarchy(ticket), timeout, onReset, cpHashA, policyRef, name, nameSize);
  if (!ticketIsRight(ours, ticket)) return rcAbout(refuse(TPM_RC_TICKET, REFUSAL_POLICY_TICKET), parameters.RC_ticket);

  const code: u32 = tag == TPM_ST_AUTH_SIGNED ? TPM_CC_PolicySigned : TPM_CC_PolicySecret;
  authorizePolicy(session, code, name, nameSize, policyRef, cpHashA, timeout);
  return TPM_RC_SUCCESS;
}
