// RSA (RFC 8017, FIPS 186-5) on memory that the caller supplies. It knows nothing of TPMs. Every function answers with
// a status (status.ts) unless it says otherwise; numbers are big-endian; hashes are numbers of the TCG Algorithm
// Registry; `drbg` is a context of ../drbg. Pointers need no alignment; keys are fastest at multiples of 16.
//
// key         RSA_KEY_SIZE, RSA_MAX_SIZE
//             rsaBitsSupported(bits): bool
//             rsaLoadPublic(key, n, size, e): bool
//             rsaLoadPrivate(key, n, size, e, prime, primeSize): bool
//             rsaPartsFit(n, size, e, prime, primeSize): bool         without making a key
//             rsaSize(key), rsaExponent(key): u32          rsaHasPrivateKey(key): bool
//             rsaGetModulus(key, out), rsaGetPrime(key, out)
//             wipe(key, RSA_KEY_SIZE) when done
//
// operation   rsaPublic(key, input, inputSize, output)                raw; output has rsaSize(key) bytes
//             rsaPrivate(key, drbg, input, inputSize, output)         blinded and checked
//
// signature   rsassaSign(key, drbg, algorithm, digest, digestSize, signature)
//             rsassaVerify(key, algorithm, digest, digestSize, signature, signatureSize)
//             rsapssSign(key, drbg, algorithm, digest, digestSize, saltSize, signature)
//             rsapssVerify(key, algorithm, digest, digestSize, signature, signatureSize)      any salt
//             rsapssSaltSize(key, algorithm), rsapssMaxSaltSize(key, algorithm): i32          -1 = none fits
//
// encryption  rsaesEncrypt(key, drbg, message, messageSize, ciphertext)
//             rsaesDecrypt(key, drbg, ciphertext, ciphertextSize, message, capacity, messageSize)
//             oaepEncrypt(key, drbg, algorithm, label, labelSize, message, messageSize, ciphertext)
//             oaepDecrypt(key, drbg, algorithm, label, labelSize, ciphertext, ciphertextSize, message, capacity,
//                         messageSize)
//             oaepMaxMessageSize(key, algorithm): i32                 -1 = the hash is too long
//
// keygen      RSA_KEYGEN_SIZE
//             rsaKeygenStart(context, bits, e, ofLibtpms = 0): bool
//             rsaKeygenStep(context, drbg, key)                       until it is no longer RSA_UNFINISHED
//             wipe(context, RSA_KEYGEN_SIZE) to cancel
export * from "./status";
export {
  RSA_KEY_SIZE,
  RSA_MAX_SIZE,
  rsaBitsSupported,
  rsaExponent,
  rsaGetModulus,
  rsaGetPrime,
  rsaHasPrivateKey,
  rsaLoadPrivate,
  rsaLoadPublic,
  rsaPartsFit,
  rsaSize,
} from "./key";
export { rsaPrivate, rsaPublic } from "./operation";
export { rsassaSign, rsassaVerify } from "./ssa";
export { rsapssMaxSaltSize, rsapssSaltSize, rsapssSign, rsapssVerify } from "./pss";
export { rsaesDecrypt, rsaesEncrypt } from "./es";
export { oaepDecrypt, oaepEncrypt, oaepMaxMessageSize } from "./oaep";
export { LIBTPMS_ORIGINAL, LIBTPMS_PRIME_ADJUST_FIX, RSA_KEYGEN_SIZE, rsaKeygenStart, rsaKeygenStep } from "./keygen";
