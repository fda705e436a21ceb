// Modes of operation (SP 800-38A) over the ciphers of cipher.ts, with the chaining of TPM2_EncryptDecrypt2:
//   - `iv` is one block, updated so that the next call goes on where this one ended.
//   - CFB, OFB and CTR take any size. After a partial last block CFB leaves its ciphertext, filled up with zeros, in
//     the iv; OFB its whole keystream block; CTR the next counter. (So only whole blocks can be continued seamlessly.)
//   - CBC and ECB take whole blocks only; on any other size they return false and do nothing.
//   - `output` may be `input`; they must not overlap otherwise.
//   - A context without a key is a defect of the caller: it traps, because data must not pass unencrypted.
//   - The segment of CFB is a whole block. The counter of CTR is the whole block, big-endian.
import {
  CIPHER_TOGETHER,
  MAX_CIPHER_BLOCK_SIZE,
  cipherDecryptBlocks,
  cipherEncryptBlock,
  cipherEncryptBlocks,
  cipherPrepareDecryption,
  contextBlockSize,
} from "./cipher";
import { loadBigEndian64, storeBigEndian64, wipe } from "./bytes";

/** Blocks that go through the cipher together, where a mode has no chain between them. */
const temporary: usize = memory.data(64, 16);

if (CIPHER_TOGETHER * MAX_CIPHER_BLOCK_SIZE > 64) ERROR("the temporary blocks are too few");

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

/** Copies whole blocks, of which 8 bytes are the smallest. */
@inline
function copyBlocks(output: usize, input: usize, size: u32): void {
  for (let at: u32 = 0; at < size; at += 8) store<u64>(output + at, load<u64>(input + at));
}

/** Adds one to a big-endian counter of a block. Branches show nothing of it: a counter may be a secret. */
@inline
function increment(counter: usize, size: u32): void {
  const low = loadBigEndian64(counter + size - 8) + 1;
  storeBigEndian64(counter + size - 8, low);
  if (size == 16) storeBigEndian64(counter, loadBigEndian64(counter) + u64(low == 0));
}

export function cfbEncrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): void {
  const blockSize = contextBlockSize(context);
  for (; size >= blockSize; input += blockSize, output += blockSize, size -= blockSize) {
    cipherEncryptBlock(context, iv, iv);
    xorBlock(iv, iv, input, blockSize);
    copyBlock(output, iv, blockSize, blockSize);
  }
  if (size > 0) {
    cipherEncryptBlock(context, iv, iv);
    xorBlock(iv, iv, input, size);
    copyBlock(iv, iv, size, blockSize);
    copyBlock(output, iv, size, size);
  }
}

export function cfbDecrypt(context: usize, iv: usize, input: usize, output: usize, size: u32): void {
  const blockSize = contextBlockSize(context);
  while (size >= blockSize) {
    const count = min(size / blockSize, CIPHER_TOGETHER);
    const part = count * blockSize;
    copyBlock(temporary, iv, blockSize, blockSize);
    copyBlocks(temporary + blockSize, input, part - blockSize);
    copyBlock(iv, input + part - blockSize, blockSize, blockSize);
    cipherEncryptBlocks(context, temporary, count);
    for (let at: u32 = 0; at < part; at += blockSize) xorBlock(output + at, temporary + at, input + at, blockSize);
    input += part;
    output += part;
    size -= part;
  }
  if (size > 0) {
    cipherEncryptBlock(context, iv, temporary);
    copyBlock(iv, input, size, blockSize);
    xorBlock(output, temporary, iv, size);
  }
  wipe(temporary, CIPHER_TOGETHER * MAX_CIPHER_BLOCK_SIZE);
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
    const count = min((size + blockSize - 1) / blockSize, CIPHER_TOGETHER);
    for (let at: u32 = 0; at < count * blockSize; at += blockSize) {
      copyBlock(temporary + at, iv, blockSize, blockSize);
      increment(iv, blockSize);
    }
    cipherEncryptBlocks(context, temporary, count);
    for (let at: u32 = 0; at < count * blockSize; at += blockSize) {
      const part = min(size, blockSize);
      xorBlock(output, temporary + at, input, part);
      input += part;
      output += part;
      size -= part;
    }
  }
  wipe(temporary, CIPHER_TOGETHER * MAX_CIPHER_BLOCK_SIZE);
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
  while (size > 0) {
    const count = min(size / blockSize, CIPHER_TOGETHER);
    const part = count * blockSize;
    copyBlocks(temporary, input, part);
    cipherDecryptBlocks(context, temporary, count);
    xorBlock(temporary, temporary, iv, blockSize);
    copyBlock(iv, input + part - blockSize, blockSize, blockSize);
    // From the last to the first: in place, each ciphertext is needed until the block after it is written.
    for (let at = part - blockSize; at > 0; at -= blockSize) {
      xorBlock(output + at, temporary + at, input + at - blockSize, blockSize);
    }
    copyBlock(output, temporary, blockSize, blockSize);
    input += part;
    output += part;
    size -= part;
  }
  wipe(temporary, CIPHER_TOGETHER * MAX_CIPHER_BLOCK_SIZE);
  return true;
}

export function ecbEncrypt(context: usize, input: usize, output: usize, size: u32): bool {
  const blockSize = contextBlockSize(context);
  if (size % blockSize != 0) return false;
  while (size > 0) {
    const count = min(size / blockSize, CIPHER_TOGETHER);
    const part = count * blockSize;
    copyBlocks(temporary, input, part);
    cipherEncryptBlocks(context, temporary, count);
    copyBlocks(output, temporary, part);
    input += part;
    output += part;
    size -= part;
  }
  wipe(temporary, CIPHER_TOGETHER * MAX_CIPHER_BLOCK_SIZE);
  return true;
}

export function ecbDecrypt(context: usize, input: usize, output: usize, size: u32): bool {
  const blockSize = contextBlockSize(context);
  if (size % blockSize != 0) return false;
  cipherPrepareDecryption(context);
  while (size > 0) {
    const count = min(size / blockSize, CIPHER_TOGETHER);
    const part = count * blockSize;
    copyBlocks(temporary, input, part);
    cipherDecryptBlocks(context, temporary, count);
    copyBlocks(output, temporary, part);
    input += part;
    output += part;
    size -= part;
  }
  wipe(temporary, CIPHER_TOGETHER * MAX_CIPHER_BLOCK_SIZE);
  return true;
}
