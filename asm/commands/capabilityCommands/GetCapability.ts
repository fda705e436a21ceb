// [TPM2.0 1.59] 30.2 TPM2_GetCapability
import {
  TPM_CAP_ACT,
  TPM_CAP_ALGS,
  TPM_CAP_AUDIT_COMMANDS,
  TPM_CAP_AUTH_POLICIES,
  TPM_CAP_COMMANDS,
  TPM_CAP_ECC_CURVES,
  TPM_CAP_HANDLES,
  TPM_CAP_PCR_PROPERTIES,
  TPM_CAP_PCRS,
  TPM_CAP_PP_COMMANDS,
  TPM_CAP_TPM_PROPERTIES,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { GetCapability as parameters } from "../../generated/parameters";
import { REFUSAL_CAPABILITY_PROPERTY } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { listAlgorithms } from "./algorithms";
import { listAuditCommands, listCommands, listPpCommands } from "./commands";
import { listHandles } from "./handles";
import { listPcrProperties, listPcrs } from "./pcrs";
import { listActs, listCurves, listPolicies } from "./policies";
import { listTpmProperties } from "./tpmProperties";

export function GetCapability(): u32 {
  const property = parameters.property;
  const count = parameters.propertyCount;
  switch (parameters.capability) {
    case TPM_CAP_ALGS:
      listAlgorithms(property & 0xffff, count);
      break;
    case TPM_CAP_HANDLES:
      return listHandles(property, count);
    case TPM_CAP_COMMANDS:
      listCommands(property, count);
      break;
    case TPM_CAP_PP_COMMANDS:
      listPpCommands(property, count);
      break;
    case TPM_CAP_AUDIT_COMMANDS:
      listAuditCommands(property, count);
      break;
    case TPM_CAP_PCRS:
      if (property != 0)
        return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_CAPABILITY_PROPERTY, property), parameters.RC_property);
      listPcrs(count);
      break;
    case TPM_CAP_TPM_PROPERTIES:
      listTpmProperties(property, count);
      break;
    case TPM_CAP_PCR_PROPERTIES:
      listPcrProperties(property, count);
      break;
    case TPM_CAP_ECC_CURVES:
      listCurves(property & 0xffff, count);
      break;
    case TPM_CAP_AUTH_POLICIES:
      return listPolicies(property, count);
    case TPM_CAP_ACT:
      return listActs(property, count);
    default:
      // There are no vendor properties.
      return rcAbout(TPM_RC_VALUE, parameters.RC_capability);
  }
  return TPM_RC_SUCCESS;
}
