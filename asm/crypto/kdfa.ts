// KDFa (TPM 2.0 Library Part 1, 11.4.10.2; SP 800-108, counter mode with HMAC):
//   block(i) = HMAC(key, i || label || 0x00 || contextU || contextV || bits), i and bits as 32-bit big-endian numbers.
import { storeBigEndian32, wipe } from "./bytes";
import { hashAlgorithm, hashDigestSize } from "./hash";
import { HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate } from "./hmac";

const keyed: usize = memory.data(448, 16);
const running: usize = memory.data(448, 16);
const block: usize = memory.data(64, 16);
const number: usize = memory.data(4, 4);

function addNumber(value: u32): void {
  storeBigEndian32(number, value);
  hmacUpdate(running, number, 4);
}

/**
 * Derives key material.
 * The 0x00 after the label is the label's own when it ends in one, and is added when it does not (or is empty).
 * When `bits` is no multiple of eight, the surplus high-order bits of the first byte are cleared.
 * `counterStart` and `blocks` make a long stream in pieces: at most `blocks` whole digests (0: all that `bits` asks
 * for) whose counters begin at counterStart + 1; `bits` is hashed as it is given.
 * Inputs must not overlap `out`.
 * @returns bytes written: ceil(bits / 8), or blocks * digest size; 0 for an unknown hash algorithm.
 */
export function kdfa(
  algorithm: u32,
  key: usize,
  keySize: u32,
  label: usize,
  labelSize: u32,
  contextU: usize,
  sizeU: u32,
  contextV: usize,
  sizeV: u32,
  bits: u32,
  out: usize,
  counterStart: u32 = 0,
  blocks: u32 = 0,
): u32 {
  if (!hmacInit(keyed, algorithm, key, keySize)) return 0;
  const size = kdfaKeyed(keyed, label, labelSize, contextU, sizeU, contextV, sizeV, bits, out, counterStart, blocks);
  wipe(keyed, HMAC_CONTEXT_SIZE);
  return size;
}

/**
 * {@link kdfa} with the key that hmacInit put into `context`, which stays as it is: for a key with which more is to be done.
 * @returns bytes written; 0 for a context without a key.
 */
export function kdfaKeyed(
  context: usize,
  label: usize,
  labelSize: u32,
  contextU: usize,
  sizeU: u32,
  contextV: usize,
  sizeV: u32,
  bits: u32,
  out: usize,
  counterStart: u32 = 0,
  blocks: u32 = 0,
): u32 {
  const digestSize = hashDigestSize(hashAlgorithm(context));
  if (digestSize == 0) return 0;
  const size = blocks == 0 ? (bits >>> 3) + u32((bits & 7) != 0) : blocks * digestSize;
  const addZero = labelSize == 0 || load<u8>(label + labelSize - 1) != 0;
  let counter = counterStart;
  for (let done: u32 = 0; done < size; done += digestSize) {
    memory.copy(running, context, HMAC_CONTEXT_SIZE);
    addNumber(++counter);
    hmacUpdate(running, label, labelSize);
    if (addZero) {
      store<u8>(number, 0);
      hmacUpdate(running, number, 1);
    }
    hmacUpdate(running, contextU, sizeU);
    hmacUpdate(running, contextV, sizeV);
    addNumber(bits);
    hmacFinal(running, block);
    memory.copy(out + done, block, min(digestSize, size - done));
  }
  wipe(block, 64);
  if (blocks == 0 && (bits & 7) != 0) {
    const keep: u32 = (1 << (bits & 7)) - 1;
    store<u8>(out, ((load<u8>(out) as u32) & keep) as u8);
  }
  return size;
}
