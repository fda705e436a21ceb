// [TPM2.0 1.59] 21.2 TPM2_SetCommandCodeAuditStatus
import { TPM_ALG_NULL, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { SetCommandCodeAuditStatus as parameters } from "../../generated/parameters";
import { REFUSAL_AUDIT_LIST_GIVEN } from "../../generated/refusals";
import { get32, rcAbout, refuse } from "../../base/index";
import { changeAuditAlgorithm, setAudited } from "../../tpm/authorization/index";
import { AUDIT_HASH_ALG, nullifyShutdown, permanentChange } from "../../tpm/state/index";

function process(list: usize, audited: bool): void {
  const end = list + 4 + (get32(list) << 2);
  for (let at = list + 4; at < end; at += 4) setAudited(get32(at), audited);
}

export function SetCommandCodeAuditStatus(): u32 {
  const algorithm: u32 = parameters.auditAlg;
  const changes = algorithm != TPM_ALG_NULL && algorithm != load<u16>(AUDIT_HASH_ALG);
  const isEmpty = get32(parameters.setList) == 0 && get32(parameters.clearList) == 0;
  if (changes && !isEmpty) return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_AUDIT_LIST_GIVEN), parameters.RC_auditAlg);

  permanentChange();
  if (changes) {
    nullifyShutdown();
    changeAuditAlgorithm(algorithm);
  } else {
    process(parameters.setList, true);
    process(parameters.clearList, false);
  }
  return TPM_RC_SUCCESS;
}
