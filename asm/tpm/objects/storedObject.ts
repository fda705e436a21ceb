// An object outside of its slot, in the non-volatile store or in a saved context:
//
//   4 flags   4 hierarchy   authValue   seedValue   Name   Qualified Name   publicArea   sensitive      (TPM2Bs)
import { eccSize } from "../../crypto/ecc/index";
import { TPM_ALG_ECC, TPM_ALG_RSA, TPM_ALG_SYMCIPHER, TPM_RC_SUCCESS } from "../../generated/constants";
import { unmarshal_TPMT_PUBLIC } from "../../generated/unmarshal";
import {
  copy2B,
  equal2B,
  get32,
  MAX_DIGEST_SIZE,
  put32,
  readerRemaining,
  readerStart,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import {
  OBJECT_ATTRIBUTES,
  OBJECT_AUTH,
  OBJECT_HIERARCHY,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  OBJECT_SEED,
  OBJECT_SENSITIVE,
  PUBLIC_ROOM,
  QUALIFIED_NAME,
  SENSITIVE_ROOM,
} from "./object";
import { computeName, curveOf, rsaKeyBits, symKeyBits, symmetricOf, typeOf } from "./publicArea";

const NAME_SIZE: u32 = 2 + MAX_DIGEST_SIZE;
const FIELDS: u32 = 6;

/** The n-th TPM2B: where it is in a slot. */
function fieldOffset(n: u32): usize {
  switch (n) {
    case 0:
      return OBJECT_AUTH;
    case 1:
      return OBJECT_SEED;
    case 2:
      return OBJECT_NAME;
    case 3:
      return QUALIFIED_NAME;
    case 4:
      return OBJECT_PUBLIC;
    default:
      return OBJECT_SENSITIVE;
  }
}

function fieldRoom(n: u32): u32 {
  switch (n) {
    case 0:
    case 1:
      return MAX_DIGEST_SIZE;
    case 2:
    case 3:
      return NAME_SIZE;
    case 4:
      return PUBLIC_ROOM;
    default:
      return SENSITIVE_ROOM;
  }
}

/** Bytes that an object takes. */
export function storedSize(object: usize): u32 {
  let size: u32 = 8;
  for (let n: u32 = 0; n < FIELDS; n++) size += 2 + sizeOf2B(object + fieldOffset(n));
  return size;
}

/** Writes an object with these flags, storedSize bytes, at `out`. */
export function storeObject(object: usize, flags: u32, out: usize): void {
  put32(out, flags);
  put32(out + 4, load<u32>(object, OBJECT_HIERARCHY));
  let at = out + 8;
  for (let n: u32 = 0; n < FIELDS; n++) {
    copy2B(at, object + fieldOffset(n));
    at += 2 + sizeOf2B(at);
  }
}

export function storedFlags(stored: usize): u32 {
  return get32(stored);
}
export function storedHierarchy(stored: usize): u32 {
  return get32(stored + 4);
}

/** Puts an object, which is valid, into a zeroed slot. */
export function restoreObject(stored: usize, object: usize): void {
  store<u32>(object, storedFlags(stored), OBJECT_ATTRIBUTES);
  store<u32>(object, storedHierarchy(stored), OBJECT_HIERARCHY);
  let at = stored + 8;
  for (let n: u32 = 0; n < FIELDS; n++) {
    copy2B(object + fieldOffset(n), at);
    at += 2 + sizeOf2B(at);
  }
}

/** The object has a Name of its own, everything fits a slot, and the key has the size that its public area says. */
export function storedIsValid(stored: usize, size: u32): bool {
  if (size < 8) return false;
  const end = stored + size;
  let at = stored + 8;
  let name: usize = 0;
  let area: usize = 0;
  for (let n: u32 = 0; n < FIELDS; n++) {
    if (end - at < 2 || sizeOf2B(at) > fieldRoom(n) || end - at - 2 < sizeOf2B(at)) return false;
    if (n == 2) name = at;
    if (n == 4) {
      area = at + 2;
      readerStart(area, sizeOf2B(at));
      if (unmarshal_TPMT_PUBLIC(false) != TPM_RC_SUCCESS || readerRemaining() != 0) return false;
      if (!nameIsRight(name, area, sizeOf2B(at))) return false;
    }
    if (n == 5 && !keySizeFits(area, sizeOf2B(at))) return false;
    at += 2 + sizeOf2B(at);
  }
  return at == end;
}

function nameIsRight(name: usize, area: usize, size: u32): bool {
  const mark = scratchMark();
  const expected = scratchTake(2 + NAME_SIZE);
  computeName(area, size, expected);
  const same = equal2B(name, expected);
  scratchRelease(mark);
  return same;
}

function keySizeFits(area: usize, size: u32): bool {
  switch (typeOf(area)) {
    case TPM_ALG_RSA:
      return size << 1 == rsaKeyBits(area) >> 3;
    case TPM_ALG_ECC:
      return size != 0 && size <= eccSize(curveOf(area));
    case TPM_ALG_SYMCIPHER:
      return size == symKeyBits(symmetricOf(area)) >> 3;
    default:
      return true;
  }
}
