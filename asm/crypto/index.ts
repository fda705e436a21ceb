// The kernels: hash, MAC, KDF, cipher, random numbers. They know nothing of TPMs, allocate nothing, and work on memory
// that the caller supplies. Pointers are `usize` and need no alignment; sizes are in bytes unless a name says bits;
// algorithms are numbers of the TCG Algorithm Registry. Contexts have a fixed size and no pointers in them, so memcpy
// saves and restores them in any state; a zeroed or finished context is an unused one. Static scratch is wiped before
// a function returns. Not re-entrant across threads.
//
// algorithms  ALG_SHA1, ALG_SHA256, ALG_SHA384, ALG_SHA512, ALG_SM3_256, ALG_SHA3_256, ALG_SHA3_384, ALG_SHA3_512
//             ALG_AES, ALG_CAMELLIA, ALG_SM4, ALG_TDES
//
// bytes       wipe(at, size)
//             constantTimeEqual(a, b, size): bool
//
// hash        HASH_CONTEXT_SIZE, MAX_DIGEST_SIZE, MAX_HASH_BLOCK_SIZE
//             hashDigestSize(algorithm): u32              0 = no such hash here
//             hashBlockSize(algorithm): u32
//             hashInit(context, algorithm): bool
//             hashAlgorithm(context): u32                 0 = unused or finished
//             hashUpdate(context, data, size)
//             hashFinal(context, digest): u32             size of the digest; wipes the context
//             hash(algorithm, data, size, digest): u32    in one go
//
// hmac        HMAC_CONTEXT_SIZE
//             hmacInit(context, algorithm, key, keySize): bool
//             hmacUpdate(context, data, size)
//             hmacFinal(context, mac): u32                size of the MAC; wipes the context
//
// cmac        CMAC_CONTEXT_SIZE
//             cmacInit(context, cipher, key, keyBits): bool
//             cmacUpdate(context, data, size)
//             cmacFinal(context, mac): u32                size of the MAC, a block; wipes the context
//
// kdfa        kdfa(algorithm, key, keySize, label, labelSize, contextU, sizeU, contextV, sizeV, bits, out,
//                  counterStart = 0, blocks = 0): u32     bytes written
//             kdfaKeyed(context, label, labelSize, ...): u32     the same with the key of an hmacInit, which stays
//
// kdfe        kdfe(algorithm, z, zSize, label, labelSize, partyU, sizeU, partyV, sizeV, bits, out): u32
//
// mgf1        mgf1Xor(algorithm, seed, seedSize, data, size): bool       over zeros: the mask
//             kdf2Xor(algorithm, seed, seedSize, data, size): bool
//
// cipher      CIPHER_CONTEXT_SIZE, MAX_CIPHER_BLOCK_SIZE, MAX_CIPHER_KEY_SIZE
//             cipherBlockSize(algorithm, keyBits): u32    0 = no such cipher or key size here
//             cipherInit(context, algorithm, key, keyBits): bool     wipe(context, CIPHER_CONTEXT_SIZE) when done
//
// modes       cfbEncrypt, cfbDecrypt, ofbCrypt, ctrCrypt (context, iv, input, output, size)   any size; iv is updated
//             cbcEncrypt, cbcDecrypt (context, iv, input, output, size): bool     whole blocks only
//             ecbEncrypt, ecbDecrypt (context, input, output, size): bool         whole blocks only
//             A context without a key traps.
//
// tdesKey     tdesSetOddParity(key, size)                 a new key has it
//             tdesKeyIsValid(key, size): bool             size is right, nothing weak, K1 != K2, K2 != K3
//
// drbg        DRBG_CONTEXT_SIZE, DRBG_MIN_ENTROPY_SIZE, DRBG_MAX_REQUEST_SIZE
//             drbgInstantiate(context, entropy, entropySize, nonce, nonceSize, personalization, size): bool
//             drbgReseed(context, entropy, entropySize, additional, additionalSize): bool
//             drbgGenerate(context, output, size, additional, additionalSize): bool
//             drbgNeedsReseed(context): bool
//             drbgInstantiateLibtpms(context, from, fromSize, string, size), drbgReseedLibtpms(context, data, size)
//             (what follows the entropy, and the additional input, may be left out;
//             wipe(context, DRBG_CONTEXT_SIZE) uninstantiates)
export * from "./algorithms";
export { constantTimeEqual, wipe } from "./bytes";
export {
  HASH_CONTEXT_SIZE,
  MAX_DIGEST_SIZE,
  MAX_HASH_BLOCK_SIZE,
  hash,
  hashAlgorithm,
  hashBlockSize,
  hashDigestSize,
  hashFinal,
  hashInit,
  hashUpdate,
} from "./hash";
export { HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate } from "./hmac";
export { CMAC_CONTEXT_SIZE, cmacFinal, cmacInit, cmacUpdate } from "./cmac";
export { kdfa, kdfaKeyed } from "./kdfa";
export { kdfe } from "./kdfe";
export { kdf2Xor, mgf1Xor } from "./mgf1";
export {
  CIPHER_CONTEXT_SIZE,
  MAX_CIPHER_BLOCK_SIZE,
  MAX_CIPHER_KEY_SIZE,
  cipherBlockSize,
  cipherInit,
} from "./cipher";
export {
  cbcDecrypt,
  cbcEncrypt,
  cfbDecrypt,
  cfbEncrypt,
  ctrCrypt,
  ecbDecrypt,
  ecbEncrypt,
  ofbCrypt,
} from "./modes";
export { tdesKeyIsValid, tdesSetOddParity } from "./tdesKey";
export {
  DRBG_CONTEXT_SIZE,
  DRBG_MAX_REQUEST_SIZE,
  DRBG_MIN_ENTROPY_SIZE,
  drbgGenerate,
  drbgInstantiate,
  drbgInstantiateLibtpms,
  drbgNeedsReseed,
  drbgReseed,
  drbgReseedLibtpms,
} from "./drbg";
