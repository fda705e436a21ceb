// [TPM2.0 1.59] 12.9 TPM2_CreateLoaded
import {
  TPM_ALG_RSA,
  TPM_HT_PERMANENT,
  TPM_RC_ATTRIBUTES,
  TPM_RC_OBJECT_MEMORY,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_TYPE,
  TPMA_OBJECT_SENSITIVEDATAORIGIN,
} from "../../generated/constants";
import { CreateLoaded as parameters } from "../../generated/parameters";
import {
  REFUSAL_DERIVED_ORIGIN,
  REFUSAL_DERIVED_RSA,
  REFUSAL_OBJECT_AUTH_SIZE,
  REFUSAL_PARENT_NOT,
} from "../../generated/refusals";
import { unmarshal_TPMS_DERIVE, unmarshal_TPMT_PUBLIC } from "../../generated/unmarshal";
import {
  bytesOf2B,
  copyWire2B,
  get16,
  handleType,
  phase,
  rcAbout,
  readerRemaining,
  readerStart,
  refuse,
  setPhase,
  sizeOf2B,
  writeResponseHandle,
  writeU16,
} from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import {
  attributesOf,
  authFits,
  createAuth,
  createChecks,
  createData,
  freeObjectSlots,
  hasObjectAttribute,
  inherit,
  installObject,
  IS_DERIVATION,
  IS_PARENT,
  makeObject,
  nameAlgOf,
  newObject,
  newRsaKey,
  noData,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  OBJECT_SENSITIVE,
  objectOf,
  publicAttributesValidation,
  publicOf,
  refuseSlots,
  schemeHash,
  schemeOf,
  seedPrimary,
  startObject,
  typeOf,
  uniqueOf,
  unmarshalDerivationTemplate,
  useDerivedRandom,
  useOwnRandom,
} from "../../tpm/objects/index";
import { writePrivate } from "../../tpm/protection/index";

export function CreateLoaded(): u32 {
  const parentHandle = parameters.parentHandle;
  // Slot of the parent; 0 for a primary seed.
  const parent = handleType(parentHandle) == TPM_HT_PERMANENT ? (0 as usize) : objectOf(parentHandle);
  const isDerived = parent != 0 && hasObjectAttribute(parent, IS_DERIVATION);
  if (phase == 0) {
    const rc = start(parent, isDerived);
    if (rc != TPM_RC_SUCCESS) return rc;
    setPhase(1);
  }
  const rc = makeObject();
  if (rc != TPM_RC_SUCCESS) return rc;

  // Only an ordinary child can be loaded again; the others are made anew from seed or parent.
  if (parent != 0 && !isDerived) writePrivate(newObject, parent);
  else writeU16(0);
  copyWire2B(newObject + OBJECT_PUBLIC);
  copyWire2B(newObject + OBJECT_NAME);
  inherit(newObject, parentHandle);
  writeResponseHandle(installObject(newObject, newRsaKey));
  return TPM_RC_SUCCESS;
}

function start(parent: usize, isDerived: bool): u32 {
  const area = bytesOf2B(parameters.inPublic);
  const size = sizeOf2B(parameters.inPublic);
  const auth = createAuth(parameters.inSensitive);
  const data = createData(parameters.inSensitive);
  if (parent != 0 && !isDerived && !hasObjectAttribute(parent, IS_PARENT))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_PARENT_NOT, parameters.parentHandle), parameters.RC_parentHandle);
  if (freeObjectSlots() == 0) return refuseSlots();
  readerStart(area, size);
  let rc = isDerived ? unmarshalDerivationTemplate() : unmarshal_TPMT_PUBLIC(false);
  if (rc == TPM_RC_SUCCESS && readerRemaining() != 0) rc = TPM_RC_SIZE;
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inPublic);
  if (!authFits(auth, nameAlgOf(area))) {
    const refused = refuse(TPM_RC_SIZE, REFUSAL_OBJECT_AUTH_SIZE, digestSizeOf(nameAlgOf(area)));
    return rcAbout(refused, parameters.RC_inSensitive);
  }
  if (isDerived) {
    rc = startDerivation(parent, area, data);
    if (rc != TPM_RC_SUCCESS) return rc;
    startObject(area, auth, noData(), 0);
    return TPM_RC_SUCCESS;
  }
  rc = createChecks(parent, area, sizeOf2B(data));
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inPublic);
  if (parent == 0) seedPrimary(parameters.parentHandle, area, size, data);
  else useOwnRandom();
  startObject(area, auth, data, parent == 0 ? parameters.parentHandle : 0);
  return TPM_RC_SUCCESS;
}

/** Label and context come from the template or, where it has none, from the caller's data. */
function startDerivation(parent: usize, area: usize, data: usize): u32 {
  if (typeOf(area) == TPM_ALG_RSA) return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_DERIVED_RSA), parameters.RC_inPublic);
  if (attributesOf(area) & TPMA_OBJECT_SENSITIVEDATAORIGIN)
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_DERIVED_ORIGIN, attributesOf(area));
  let rc = publicAttributesValidation(parent, area);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inPublic);
  let label = uniqueOf(area);
  let context = label + 2 + sizeOf2B(label);
  if (sizeOf2B(data) != 0) {
    const derive = bytesOf2B(data);
    readerStart(derive, sizeOf2B(data));
    rc = unmarshal_TPMS_DERIVE();
    if (rc != TPM_RC_SUCCESS) return rc;
    if (sizeOf2B(label) == 0) label = derive;
    if (sizeOf2B(context) == 0) context = derive + 2 + get16(derive);
  }
  useDerivedRandom(schemeHash(schemeOf(publicOf(parent))), parent + OBJECT_SENSITIVE, label, context);
  return TPM_RC_SUCCESS;
}
