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
import { MAX_NV_BUFFER_SIZE, MAX_NV_INDEX_SIZE, rcAbout, removeTrailingZeros, sizeOf2B } from "../../base/index";
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
  if (policySize != 0 && policySize != digestSize) return rcAbout(TPM_RC_SIZE, parameters.RC_publicInfo);
  if (removeTrailingZeros(parameters.auth) > digestSize) return rcAbout(TPM_RC_SIZE, parameters.RC_auth);
  if (isPlatform && !load<u8>(PH_ENABLE_NV)) return rcAbout(TPM_RC_HIERARCHY, parameters.RC_authHandle);
  let rc = checkSize(nvType(attributes), publicDataSize(info), digestSize);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_publicInfo);
  if (!attributesAreConsistent(attributes)) return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_publicInfo);
  if (((attributes & TPMA_NV_PLATFORMCREATE) != 0) != isPlatform)
    return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_authHandle);
  if (attributes & TPMA_NV_POLICY_DELETE && !isPlatform) return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_publicInfo);
  // It could never be written.
  if (attributes & TPMA_NV_WRITEALL && publicDataSize(info) > MAX_NV_BUFFER_SIZE)
    return rcAbout(TPM_RC_SIZE, parameters.RC_publicInfo);
  if (nvFind(publicHandle(info)) != 0) return TPM_RC_NV_DEFINED;
  if (!indexFits(info)) return TPM_RC_NV_SPACE;

  addIndex(info, parameters.auth);
  return TPM_RC_SUCCESS;
}

function checkSize(type: u32, size: u32, digestSize: u32): u32 {
  switch (type) {
    case TPM_NT_ORDINARY:
      return size <= MAX_NV_INDEX_SIZE ? TPM_RC_SUCCESS : TPM_RC_SIZE;
    case TPM_NT_EXTEND:
      return size == digestSize ? TPM_RC_SUCCESS : TPM_RC_SIZE;
    case TPM_NT_COUNTER:
    case TPM_NT_BITS:
    case TPM_NT_PIN_FAIL:
    case TPM_NT_PIN_PASS:
      return size == 8 ? TPM_RC_SUCCESS : TPM_RC_SIZE;
    default:
      return TPM_RC_ATTRIBUTES;
  }
}

function attributesAreConsistent(attributes: u32): bool {
  const type = nvType(attributes);
  // A counter never goes back; whoever knows a PIN must not be able to change its count.
  if (type == TPM_NT_COUNTER && attributes & TPMA_NV_CLEAR_STCLEAR) return false;
  if (type == TPM_NT_PIN_FAIL && !(attributes & TPMA_NV_NO_DA)) return false;
  if (isPin(attributes) && attributes & (TPMA_NV_AUTHWRITE | TPMA_NV_GLOBALLOCK | TPMA_NV_WRITEDEFINE)) return false;
  if (attributes & (TPMA_NV_WRITTEN | TPMA_NV_WRITELOCKED | TPMA_NV_READLOCKED)) return false;
  if (!(attributes & READ) || !(attributes & WRITE)) return false;
  return !(attributes & TPMA_NV_CLEAR_STCLEAR) || !(attributes & TPMA_NV_WRITEDEFINE);
}
