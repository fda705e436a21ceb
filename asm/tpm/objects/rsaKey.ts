// RSA keys ready for use. An object keeps n, e and one prime; what the kernels work with is made of them at the first
// use and kept beside the slot, outside of STATE. So is the blinding of private operations, which belongs to the key: no
// context and no saved state has it.
import { wipe } from "../../crypto/bytes";
import { RSA_KEY_SIZE, rsaLoadPrivate, rsaLoadPublic, rsaPartsFit } from "../../crypto/rsa/index";
import { bytesOf2B, MAX_LOADED_OBJECTS, sizeOf2B } from "../../base/index";
import { OBJECT_SENSITIVE, publicOf, slotOf } from "./object";
import { rsaExponentOf, uniqueOf } from "./publicArea";

const KEY_ROOM: u32 = 4608;
const keys: usize = memory.data(13824, 16);
if (RSA_KEY_SIZE > KEY_ROOM || MAX_LOADED_OBJECTS * KEY_ROOM > 13824) ERROR("the cache of RSA keys is too small");

/** Bit n: the key of slot n is there. */
let present: u32 = 0;

/** Key of the RSA object in a slot, private when the object is; 0 when n, e and the prime make no key. */
export function rsaKeyOf(object: usize): usize {
  const slot = slotOf(object);
  const key = keys + slot * KEY_ROOM;
  if ((present >> slot) & 1) return key;
  if (!loadRsaKey(object, key)) return 0;
  present |= 1 << slot;
  return key;
}

/**
 * n, e and the prime of an object, which need not be in a slot, belong together: all that is asked of them before the
 * first use makes a key of them. Two factors that are no primes and have a common one are found only then.
 */
export function rsaPartsBind(object: usize): bool {
  const area = publicOf(object);
  const n = uniqueOf(area);
  const prime = object + OBJECT_SENSITIVE;
  return rsaPartsFit(bytesOf2B(n), sizeOf2B(n), rsaExponentOf(area), bytesOf2B(prime), sizeOf2B(prime));
}

function loadRsaKey(object: usize, key: usize): bool {
  const area = publicOf(object);
  const n = uniqueOf(area);
  const prime = object + OBJECT_SENSITIVE;
  const e = rsaExponentOf(area);
  if (sizeOf2B(prime) == 0) return rsaLoadPublic(key, bytesOf2B(n), sizeOf2B(n), e);
  return rsaLoadPrivate(key, bytesOf2B(n), sizeOf2B(n), e, bytesOf2B(prime), sizeOf2B(prime));
}

/** Keeps a key that was made before its object got a slot. */
export function keepRsaKey(object: usize, key: usize): void {
  const slot = slotOf(object);
  memory.copy(keys + slot * KEY_ROOM, key, RSA_KEY_SIZE);
  present |= 1 << slot;
}

/** The slot's object is gone. */
export function forgetRsaKey(slot: u32): void {
  if (((present >> slot) & 1) == 0) return;
  present &= ~(1 << slot);
  wipe(keys + slot * KEY_ROOM, RSA_KEY_SIZE);
}

/** STATE was rolled back: the slots may hold other objects than the keys belong to. */
export function forgetRsaKeys(): void {
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) forgetRsaKey(slot);
}
