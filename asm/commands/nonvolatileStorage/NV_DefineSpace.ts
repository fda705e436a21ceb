// [TPM2.0 1.59] 31.3 TPM2_NV_DefineSpace
import {
  TPM_NT_BITS,
  TPM_NT_COUNTER,
  TPM_NT_EXTEND,
  TPM_NT_ORDINARY,
  TPM_NT_PIN_FAIL,
  TPM_NT_PIN_PASS,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HIERARCHY,
  TPM_RC_NV_DEFINED,
  TPM_RC_NV_SPACE,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RH_PLATFORM,
  TPMA_NV_AUTHREAD,
  TPMA_NV_AUTHWRITE,
  TPMA_NV_CLEAR_STCLEAR,
  TPMA_NV_GLOBALLOCK,
  TPMA_NV_NO_DA,
  TPMA_NV_OWNERREAD,
  TPMA_NV_OWNERWRITE,
  TPMA_NV_PLATFORMCREATE,
  TPMA_NV_POLICY_DELETE,
  TPMA_NV_POLICYREAD,
  TPMA_NV_POLICYWRITE,
  TPMA_NV_PPREAD,
  TPMA_NV_PPWRITE,
  TPMA_NV_READLOCKED,
  TPMA_NV_WRITEALL,
  TPMA_NV_WRITEDEFINE,
  TPMA_NV_WRITELOCKED,
  TPMA_NV_WRITTEN,
} from "../../generated/constants";
import { NV_DefineSpace as parameters } from "../../generated/parameters";
import {
  REFUSAL_NV_ATTRIBUTES,
  REFUSAL_NV_AUTH_SIZE,
  REFUSAL_NV_DEFINED,
  REFUSAL_NV_NO_READ,
  REFUSAL_NV_NO_WRITE,
  REFUSAL_NV_PLATFORM_CREATE,
  REFUSAL_NV_PLATFORM_DISABLED,
  REFUSAL_NV_POLICY_DELETE_BY_OWNER,
  REFUSAL_NV_POLICY_SIZE,
  REFUSAL_NV_SPACE,
  REFUSAL_NV_STATE_GIVEN,
  REFUSAL_NV_TYPE_SIZE,
  REFUSAL_NV_TYPE_UNKNOWN,
  REFUSAL_NV_WRITE_ALL_SIZE,
} from "../../generated/refusals";
import {
  MAX_NV_BUFFER_SIZE,
  MAX_NV_INDEX_SIZE,
  rcAbout,
  refuse,
  removeTrailingZeros,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import {
  addIndex,
  indexFits,
  isPin,
  nvType,
  publicAttributes,
  publicDataSize,
  publicHandle,
  publicNameAlgorithm,
  publicPolicy,
} from "../../tpm/nv/index";
import { nvFind, PH_ENABLE_NV } from "../../tpm/state/index";

const READ: u32 = TPMA_NV_OWNERREAD | TPMA_NV_PPREAD | TPMA_NV_AUTHREAD | TPMA_NV_POLICYREAD;
const WRITE: u32 = TPMA_NV_OWNERWRITE | TPMA_NV_PPWRITE | TPMA_NV_AUTHWRITE | TPMA_NV_POLICYWRITE;

export function NV_DefineSpace(): u32 {
  const info = parameters.publicInfo;
  const attributes = publicAttributes(info);
  const digestSize = digestSizeOf(publicNameAlgorithm(info));
  const policySize = sizeOf2B(publicPolicy(info));
  const isPlatform = parameters.authHandle == TPM_RH_PLATFORM;
  if (policySize != 0 && policySize != digestSize)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_NV_POLICY_SIZE, policySize, digestSize), parameters.RC_publicInfo);
  if (removeTrailingZeros(parameters.auth) > digestSize)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_NV_AUTH_SIZE, digestSize), parameters.RC_auth);
  if (isPlatform && !load<u8>(PH_ENABLE_NV))
    return rcAbout(refuse(TPM_RC_HIERARCHY, REFUSAL_NV_PLATFORM_DISABLED), parameters.RC_authHandle);
  const size = publicDataSize(info);
  let rc = checkSize(attributes, size, digestSize);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_publicInfo);
  rc = checkAttributes(attributes);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_publicInfo);
  if (((attributes & TPMA_NV_PLATFORMCREATE) != 0) != isPlatform)
    return rcAbout(
      refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_PLATFORM_CREATE, parameters.authHandle, attributes),
      parameters.RC_authHandle,
    );
  if (attributes & TPMA_NV_POLICY_DELETE && !isPlatform)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_POLICY_DELETE_BY_OWNER), parameters.RC_publicInfo);
  // It could never be written.
  if (attributes & TPMA_NV_WRITEALL && size > MAX_NV_BUFFER_SIZE)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_NV_WRITE_ALL_SIZE, size, MAX_NV_BUFFER_SIZE), parameters.RC_publicInfo);
  if (nvFind(publicHandle(info)) != 0) return refuse(TPM_RC_NV_DEFINED, REFUSAL_NV_DEFINED, publicHandle(info));
  if (!indexFits(info)) return refuse(TPM_RC_NV_SPACE, REFUSAL_NV_SPACE, publicHandle(info), size);

  addIndex(info, parameters.auth);
  return TPM_RC_SUCCESS;
}

function checkSize(attributes: u32, size: u32, digestSize: u32): u32 {
  let wanted: u32 = 8;
  switch (nvType(attributes)) {
    case TPM_NT_ORDINARY:
      return size <= MAX_NV_INDEX_SIZE ? TPM_RC_SUCCESS : TPM_RC_SIZE;
    case TPM_NT_EXTEND:
      wanted = digestSize;
      break;
    case TPM_NT_COUNTER:
    case TPM_NT_BITS:
    case TPM_NT_PIN_FAIL:
    case TPM_NT_PIN_PASS:
      break;
    default:
      return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_TYPE_UNKNOWN, attributes);
  }
  return size == wanted ? TPM_RC_SUCCESS : refuse(TPM_RC_SIZE, REFUSAL_NV_TYPE_SIZE, attributes, size, wanted);
}

function checkAttributes(attributes: u32): u32 {
  const type = nvType(attributes);
  // A counter never goes back; whoever knows a PIN must not be able to change its count.
  if (type == TPM_NT_COUNTER && attributes & TPMA_NV_CLEAR_STCLEAR)
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_ATTRIBUTES, attributes);
  if (type == TPM_NT_PIN_FAIL && !(attributes & TPMA_NV_NO_DA))
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_ATTRIBUTES, attributes);
  if (isPin(attributes) && attributes & (TPMA_NV_AUTHWRITE | TPMA_NV_GLOBALLOCK | TPMA_NV_WRITEDEFINE))
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_ATTRIBUTES, attributes);
  if (attributes & (TPMA_NV_WRITTEN | TPMA_NV_WRITELOCKED | TPMA_NV_READLOCKED))
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_STATE_GIVEN, attributes);
  if (!(attributes & READ)) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NO_READ, attributes);
  if (!(attributes & WRITE)) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NO_WRITE, attributes);
  if (!(attributes & TPMA_NV_CLEAR_STCLEAR) || !(attributes & TPMA_NV_WRITEDEFINE)) return TPM_RC_SUCCESS;
  return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_ATTRIBUTES, attributes);
}
