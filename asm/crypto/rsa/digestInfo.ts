// DigestInfo of EMSA-PKCS1-v1_5 (RFC 8017, 9.2, note 1): the DER that stands in front of a digest. Object identifiers
// of SHA-3: NIST's CSOR, 2.16.840.1.101.3.4.2; of SM3: GM/T 0006, 1.2.156.10197.1.401.
import { hashDigestSize } from "../hash";
import { ALG_SHA1, ALG_SHA256, ALG_SHA384, ALG_SHA512 } from "../algorithms";

const ALG_SM3_256: u32 = 0x0012;
const ALG_SHA3_256: u32 = 0x0027;
const ALG_SHA3_384: u32 = 0x0028;
const ALG_SHA3_512: u32 = 0x0029;

/** The most that digestInfoPrefix writes. */
export const MAX_DIGEST_INFO_PREFIX: u32 = 19;

const OID_SHA1: usize = memory.data<u8>([0x2b, 0x0e, 0x03, 0x02, 0x1a]);
const OID_SM3: usize = memory.data<u8>([0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11]);
/** 2.16.840.1.101.3.4.2, which the last byte follows. */
const OID_NIST: usize = memory.data<u8>([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x00]);

/** The last byte of the identifier below 2.16.840.1.101.3.4.2; 0 = not there. */
function nistHash(algorithm: u32): u32 {
  switch (algorithm) {
    case ALG_SHA256:
      return 1;
    case ALG_SHA384:
      return 2;
    case ALG_SHA512:
      return 3;
    case ALG_SHA3_256:
      return 8;
    case ALG_SHA3_384:
      return 9;
    case ALG_SHA3_512:
      return 10;
    default:
      return 0;
  }
}

/** Writes everything of DigestInfo but the digest. @returns its size; 0 when the hash is not implemented. */
export function digestInfoPrefix(algorithm: u32, out: usize): u32 {
  const digestSize = hashDigestSize(algorithm);
  if (digestSize == 0) return 0;
  let oid = OID_NIST;
  let oidSize: u32 = 9;
  let last = nistHash(algorithm);
  if (algorithm == ALG_SHA1) {
    oid = OID_SHA1;
    oidSize = 5;
    last = 0x1a;
  } else if (algorithm == ALG_SM3_256) {
    oid = OID_SM3;
    oidSize = 8;
    last = 0x11;
  } else if (last == 0) return 0;
  // SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, NULL }, OCTET STRING }
  store<u8>(out, 0x30);
  store<u8>(out, 8 + oidSize + digestSize, 1);
  store<u8>(out, 0x30, 2);
  store<u8>(out, 4 + oidSize, 3);
  store<u8>(out, 0x06, 4);
  store<u8>(out, oidSize, 5);
  memory.copy(out + 6, oid, oidSize);
  out += 6 + oidSize;
  store<u8>(out - 1, last);
  store<u32>(out, 0x00040005 | (digestSize << 24));
  return 10 + oidSize;
}
