// ECC on eight curves, in memory that the caller supplies. It knows nothing of TPMs. Every function answers with a status
// (status.ts) unless it says otherwise. Curves are numbers of the TCG Algorithm Registry, section 6.4. Numbers are
// big-endian with eccSize(curve) bytes, points are x || y, hashes are numbers of the Registry, `drbg` is a context of
// ../drbg. What takes a private scalar takes constant time; verification does not. Scratch is wiped on return.
//
// curves      ECC_NIST_P192, ECC_NIST_P224, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_BN_P256, ECC_BN_P638,
//             ECC_SM2_P256, ECC_MAX_SIZE
//             eccSize(curve), eccBits(curve): u32                      0 = not implemented
//             eccDomain(curve, out)                                    p, a, b, G, n
//
// key         eccCheckPoint(curve, point)                              on the curve, coordinates below p, not infinity
//             eccCheckScalar(curve, scalar)                            in 1 .. n - 1
//             eccGenerateKey(curve, drbg, privateScalar, publicPoint)  by extra random bits
//             eccKeyFromRandom(curve, bytes, privateScalar, publicPoint)   from eccSize(curve) + 8 bytes
//             eccScalarFromRandom(curve, bytes, privateScalar)         the scalar alone
//             eccPublicPoint(curve, privateScalar, publicPoint)        [k] G
//             eccMultiply(curve, scalar, point, product)               [k] P: ECDH, commit, ephemeral points
//             eccReduceToField(curve, number, numberSize, x)           modulo p
//
// signature   ecdsaSign(curve, privateScalar, drbg, digest, digestSize, r, s)
//             ecdsaVerify(curve, publicPoint, digest, digestSize, r, s)
//             ecschnorrSign(curve, privateScalar, drbg, algorithm, digest, digestSize, r, s)
//             ecschnorrVerify(curve, publicPoint, algorithm, digest, digestSize, r, s)
//             sm2Sign(curve, privateScalar, drbg, digest, digestSize, r, s)
//             sm2Verify(curve, publicPoint, digest, digestSize, r, s)
//             ecdaaSign(curve, privateScalar, commitScalar, drbg, algorithm, digest, digestSize, nonceK, nonceSize, s)
//
// exchange    ecmqv(curve, staticScalar, ephemeralScalar, theirStatic, theirEphemeral, sharedPoint)
//             sm2KeyExchange(curve, staticScalar, ephemeralScalar, theirStatic, theirEphemeral, sharedPoint, w)
export * from "./status";
export {
  ECC_BN_P256,
  ECC_BN_P638,
  ECC_MAX_SIZE,
  ECC_NIST_P192,
  ECC_NIST_P224,
  ECC_NIST_P256,
  ECC_NIST_P384,
  ECC_NIST_P521,
  ECC_SM2_P256,
} from "./curve";
export {
  eccBits,
  eccCheckPoint,
  eccCheckScalar,
  eccGenerateKey,
  eccKeyFromRandom,
  eccMultiply,
  eccPublicPoint,
  eccReduceToField,
  eccScalarFromRandom,
  eccSize,
} from "./key";
export { eccDomain } from "./domain";
export { ecdsaSign, ecdsaVerify } from "./ecdsa";
export { ecdaaSign } from "./ecdaa";
export { ecschnorrSign, ecschnorrVerify } from "./ecschnorr";
export { ecmqv, sm2KeyExchange } from "./exchange";
export { sm2Sign, sm2Verify } from "./sm2";
