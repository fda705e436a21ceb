// KDFe (TPM 2.0 Library Part 1, 11.4.10.3; SP 800-56A rev 3, 5.8.1, with a hash):
//   block(i) = H(i || Z || label || 0x00 || PartyUInfo || PartyVInfo), i as a 32-bit big-endian number from 1 on.
import { storeBigEndian32, wipe } from "./bytes";
import { HASH_CONTEXT_SIZE, MAX_DIGEST_SIZE, hashDigestSize, hashFinal, hashInit, hashUpdate } from "./hash";

const context: usize = memory.data(224, 16);
const block: usize = memory.data(64, 16);
const number: usize = memory.data(4, 4);

if (HASH_CONTEXT_SIZE > 224 || MAX_DIGEST_SIZE > 64) ERROR("hash contexts or digests have grown");

/**
 * Derives key material from a shared secret.
 * The 0x00 after the label is the label's own when it ends in one, and is added when it does not (or is empty).
 * When `bits` is no multiple of eight, the surplus high-order bits of the first byte are cleared.
 * Inputs must not overlap `out`.
 * @returns bytes written: ceil(bits / 8); 0 for an unknown hash algorithm.
 */
export function kdfe(
  algorithm: u32,
  z: usize,
  zSize: u32,
  label: usize,
  labelSize: u32,
  partyU: usize,
  sizeU: u32,
  partyV: usize,
  sizeV: u32,
  bits: u32,
  out: usize,
): u32 {
  const digestSize = hashDigestSize(algorithm);
  if (digestSize == 0) return 0;
  const size = (bits >>> 3) + u32((bits & 7) != 0);
  const addZero = labelSize == 0 || load<u8>(label + labelSize - 1) != 0;
  let counter: u32 = 0;
  for (let done: u32 = 0; done < size; done += digestSize) {
    hashInit(context, algorithm);
    storeBigEndian32(number, ++counter);
    hashUpdate(context, number, 4);
    hashUpdate(context, z, zSize);
    hashUpdate(context, label, labelSize);
    if (addZero) {
      store<u8>(number, 0);
      hashUpdate(context, number, 1);
    }
    hashUpdate(context, partyU, sizeU);
    hashUpdate(context, partyV, sizeV);
    hashFinal(context, block);
    memory.copy(out + done, block, min(digestSize, size - done));
  }
  wipe(block, 64);
  if ((bits & 7) != 0) {
    const keep: u32 = (1 << (bits & 7)) - 1;
    store<u8>(out, ((load<u8>(out) as u32) & keep) as u8);
  }
  return size;
}
