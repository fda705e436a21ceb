// Modes of operation (SP 800-38A) over the ciphers of cipher.ts, with the chaining of TPM2_EncryptDecrypt2:
//   - `iv` is one block, updated so that the next call goes on where this one ended.
//   - CFB, OFB and CTR take any size. After a partial last block CFB leaves its ciphertext, filled up with zeros, in
//     the iv; OFB its whole keystream block; CTR the next counter. (So only whole blocks can be continued seamlessly.)
//   - CBC and ECB take whole blocks only; on any other size they return false and do nothing.
//   - `output` may be `input`; they must not overlap otherwise.
//   - A context without a key is a defect of the caller: it traps, because data must not pass unencrypted.
//   - The segment of CFB is a whole block. The counter of CTR is the whole block, big-endian.
import {
  MAX_CIPHER_BLOCK_SIZE,
  cipherDecryptBlock,
  cipherEncryptBlock,
  cipherPrepareDecryption,
  contextBlockSize,
} from "./cipher";
import { wipe } from "./bytes";

/** A keystream block, or the ciphertext that an in-place decryption overwrites. */
const temporary: usize = memory.data(16, 16);

/** output = a ^ b for a block, or the part of one that a message ends with. */
@inline
function xorBlock(output: usize, a: usize, b: usize, size: u32): void {
  if (size == 16) v128.store(output, v128.xor(v128.load(a), v128.load(b)));
  else if (size == 8) store<u64>(output, load<u64>(a) ^ load<u64>(b));
  else for (let i: u32 = 0; i < size; i++) store<u8>(output + i, load<u8>(a + i) ^ load<u8>(b + i));
}

/** output = input, filled up with zeros to a block of `blockSize` bytes. */
@inline
function copyBlock(output: usize, input: usize, size: u32, blockSize: u32): void {
  // memory.copy and memory.fill are calls into the engine: slow for sixteen bytes.
  if (size == 16) {
    v128.store(output, v128.load(input));
    return;
  }
  for (let i: u32 = 0; i < size; i++) store<u8>(output + i, load<u8>(input + i));
  for (let i: u32 = size; i < blockSize; i++) store<u8>(output + i, 0);
}

function increment(counter: usize, size: u32): void {
  for (let at = counter + size - 1; at >= counter; at--) {
    const byte: u32 = load<u8>(at) + 1;
    store<u8>(at, byte as u8);
    if ((byte & 0xff) != 0) return;
  }
}

export function cfbEncrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): void {
  const blockSize = contextBlockSize(context);
  while (size > 0) {
    const part = min(size, blockSize);
    cipherEncryptBlock(context, iv, iv);
    xorBlock(iv, iv, input, part);
    copyBlock(iv, iv, part, blockSize);
    copyBlock(output, iv, part, part);
    input += part;
    output += part;
    size -= part;
  }
}

export function cfbDecrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): void {
  const blockSize = contextBlockSize(context);
  while (size > 0) {
    const part = min(size, blockSize);
    cipherEncryptBlock(context, iv, temporary);
    copyBlock(iv, input, part, blockSize);
    xorBlock(output, temporary, iv, part);
    input += part;
    output += part;
    size -= part;
  }
  wipe(temporary, MAX_CIPHER_BLOCK_SIZE);
}

/** Encrypts and decrypts. */
export function ofbCrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): void {
  const blockSize = contextBlockSize(context);
  while (size > 0) {
    const part = min(size, blockSize);
    cipherEncryptBlock(context, iv, iv);
    xorBlock(output, iv, input, part);
    input += part;
    output += part;
    size -= part;
  }
}

/** Encrypts and decrypts. */
export function ctrCrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): void {
  const blockSize = contextBlockSize(context);
  while (size > 0) {
    const part = min(size, blockSize);
    cipherEncryptBlock(context, iv, temporary);
    increment(iv, blockSize);
    xorBlock(output, temporary, input, part);
    input += part;
    output += part;
    size -= part;
  }
  wipe(temporary, MAX_CIPHER_BLOCK_SIZE);
}

export function cbcEncrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): bool {
  const blockSize = contextBlockSize(context);
  if (size % blockSize != 0) return false;
  for (const end = input + size; input < end; input += blockSize, output += blockSize) {
    xorBlock(iv, iv, input, blockSize);
    cipherEncryptBlock(context, iv, iv);
    copyBlock(output, iv, blockSize, blockSize);
  }
  return true;
}

export function cbcDecrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): bool {
  const blockSize = contextBlockSize(context);
  if (size % blockSize != 0) return false;
  cipherPrepareDecryption(context);
  for (const end = input + size; input < end; input += blockSize, output += blockSize) {
    copyBlock(temporary, input, blockSize, blockSize);
    cipherDecryptBlock(context, input, output);
    xorBlock(output, output, iv, blockSize);
    copyBlock(iv, temporary, blockSize, blockSize);
  }
  wipe(temporary, MAX_CIPHER_BLOCK_SIZE);
  return true;
}

export function ecbEncrypt(context: usize, input: usize, output: usize, size: u32): bool {
  const blockSize = contextBlockSize(context);
  if (size % blockSize != 0) return false;
  for (const end = input + size; input < end; input += blockSize, output += blockSize) {
    cipherEncryptBlock(context, input, output);
  }
  return true;
}

export function ecbDecrypt(context: usize, input: usize, output: usize, size: u32): bool {
  const blockSize = contextBlockSize(context);
  if (size % blockSize != 0) return false;
  cipherPrepareDecryption(context);
  for (const end = input + size; input < end; input += blockSize, output += blockSize) {
    cipherDecryptBlock(context, input, output);
  }
  return true;
}
