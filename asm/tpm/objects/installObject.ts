// A slot for an object that was laid out in scratch memory, and what it inherits from where it is loaded or created:
// hierarchy, attributes, Qualified Name (Part 1, 16 and 23).
import {
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_HT_PERMANENT,
  TPM_RH_NULL,
  TPMA_OBJECT_STCLEAR,
} from "../../generated/constants";
import { copy2B, handleType, put16, put32, scratchMark, scratchRelease, scratchTake } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate2B } from "../algorithms/index";
import { HASH_STATE_ROOM } from "../state/index";
import {
  hasObjectAttribute,
  IS_DERIVATION,
  IS_EXTERNAL,
  IS_PARENT,
  IS_PRIMARY,
  IS_PUBLIC_ONLY,
  IS_ST_CLEAR,
  IS_TEMPORARY,
  OBJECT_ATTRIBUTES,
  OBJECT_END,
  OBJECT_HIERARCHY,
  OBJECT_NAME,
  objectAttributes,
  objectOf,
  publicOf,
  QUALIFIED_NAME,
  setObjectAttribute,
} from "./object";
import { takeObjectSlot } from "./objectSlots";
import { attributesOf, isRestrictedDecrypt, nameAlgOf, typeOf } from "./publicArea";
import { keepRsaKey } from "./rsaKey";

/**
 * What an object inherits from where it is loaded or created: hierarchy, attributes, Qualified Name.
 * @param object in scratch memory, with public area, Name, and the flags IS_PUBLIC_ONLY and IS_EXTERNAL
 * @param parentHandle of the parent object, or of a hierarchy
 */
export function inherit(object: usize, parentHandle: u32): void {
  const area = publicOf(object);
  const attributes = attributesOf(area);
  const isExternal = hasObjectAttribute(object, IS_EXTERNAL);
  if (attributes & TPMA_OBJECT_STCLEAR) setObjectAttribute(object, IS_ST_CLEAR);
  if (handleType(parentHandle) == TPM_HT_PERMANENT) {
    store<u32>(object, parentHandle, OBJECT_HIERARCHY);
    setObjectAttribute(object, parentHandle == TPM_RH_NULL ? IS_TEMPORARY : IS_PRIMARY);
  } else {
    const parent = objectOf(parentHandle);
    store<u32>(object, load<u32>(parent, OBJECT_HIERARCHY), OBJECT_HIERARCHY);
    setObjectAttribute(object, objectAttributes(parent) & (IS_ST_CLEAR | IS_TEMPORARY));
  }
  if (isExternal) {
    copy2B(object + QUALIFIED_NAME, object + OBJECT_NAME);
    return;
  }
  const hasChildren =
    isRestrictedDecrypt(attributes) &&
    !hasObjectAttribute(object, IS_PUBLIC_ONLY) &&
    nameAlgOf(area) != TPM_ALG_NULL;
  if (hasChildren) setObjectAttribute(object, typeOf(area) == TPM_ALG_KEYEDHASH ? IS_DERIVATION : IS_PARENT);
  qualifiedName(parentHandle, nameAlgOf(area), object + OBJECT_NAME, object + QUALIFIED_NAME);
}

/** nameAlg || H(Qualified Name of the parent || Name) as a TPM2B_NAME at `out` (Part 1, 16). */
export function qualifiedName(parentHandle: u32, nameAlg: u32, name: usize, out: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const handleName = scratchTake(2 + 4);
  let parentName = handleName;
  if (handleType(parentHandle) == TPM_HT_PERMANENT) {
    put16(handleName, 4);
    put32(handleName + 2, parentHandle);
  } else {
    parentName = objectOf(parentHandle) + QUALIFIED_NAME;
  }
  hashStart(nameAlg, state);
  hashUpdate2B(state, parentName);
  hashUpdate2B(state, name);
  put16(out, 2 + digestSizeOf(nameAlg));
  put16(out + 2, nameAlg);
  hashFinal(state, out + 4);
  scratchRelease(mark);
}

/**
 * Moves an object from scratch memory into a slot, of which there is a free one.
 * @param key its RSA key ready for use, or 0
 * @returns the handle.
 */
export function installObject(object: usize, key: usize): u32 {
  const attributes = objectAttributes(object);
  const handle = takeObjectSlot(attributes);
  const slot = objectOf(handle);
  const occupied = objectAttributes(slot);
  memory.copy(slot, object, OBJECT_END);
  store<u32>(slot, occupied, OBJECT_ATTRIBUTES);
  if (key != 0) keepRsaKey(slot, key);
  return handle;
}
