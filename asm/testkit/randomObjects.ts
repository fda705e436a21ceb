/**
 * Random commands that make and load objects, for two TPMs that must answer alike: mostly near to what is right, so that
 * every rule of Part 2, 8.3 and 12.2 is the one that decides now and then.
 */

import type { Random } from "./differential/random.ts";
import { command, concat, password, sized, u16, u32 } from "./harness.ts";
import { ALG, CC, RH } from "./names.ts";
import { OBJECT } from "./objects.ts";
import { type SoftwareKey, sensitiveArea } from "./protection.ts";
import { digest, hmac } from "./sessions.ts";

const HASHES: readonly (readonly [id: number, size: number])[] = [
  [ALG.SHA1, 20],
  [ALG.SHA256, 32],
  [ALG.SHA256, 32],
  [ALG.SHA384, 48],
  [ALG.SHA512, 64],
];
/** Without x509sign, which the TPM of the transcript was not asked for. */
const BITS = Object.values(OBJECT).filter((bit) => bit !== OBJECT.x509sign);
const { fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, decrypt, sign, encryptedDuplication } =
  OBJECT;
const STARTS = [
  fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | restricted | decrypt,
  fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | sign,
  fixedTPM | fixedParent | userWithAuth,
  sensitiveDataOrigin | userWithAuth | decrypt,
  sensitiveDataOrigin | userWithAuth | sign | decrypt,
  sensitiveDataOrigin | userWithAuth | restricted | sign,
  userWithAuth | sign,
  userWithAuth | decrypt,
  userWithAuth | decrypt | restricted,
  encryptedDuplication | sensitiveDataOrigin | userWithAuth | restricted | decrypt,
];

export interface RandomArea {
  type: number;
  nameAlg: number;
  digestSize: number;
  attributes: number;
  /** TPMT_PUBLIC up to unique. */
  head: Uint8Array;
  /** Of the key in the sensitive area. */
  keySize: number;
}

export class RandomObjects {
  readonly #random: Random;
  /** TPMI_ALG_PUBLIC to choose from. */
  readonly #types: readonly number[];
  constructor(
    random: Random,
    types: readonly number[] = [ALG.ECC, ALG.ECC, ALG.KEYEDHASH, ALG.KEYEDHASH, ALG.SYMCIPHER, ALG.RSA],
  ) {
    this.#random = random;
    this.#types = types;
  }

  symmetric(mustBe: boolean): Uint8Array {
    const r = this.#random;
    if (r.chance(mustBe ? 12 : 88)) return u16(ALG.NULL);
    const mode = r.chance(75) ? ALG.CFB : r.of([ALG.CTR, ALG.OFB, ALG.CBC, ALG.ECB, ALG.NULL]);
    const [algorithm, bits] = r.of([
      [ALG.AES, 128],
      [ALG.AES, 128],
      [ALG.AES, 256],
      [ALG.CAMELLIA, 128],
      [ALG.TDES, 128],
      [ALG.TDES, 192],
      ...(r.chance(5)
        ? [
            [ALG.AES, 129],
            [ALG.SM4, 128],
          ]
        : []),
    ] as [number, number][]);
    return concat(u16(algorithm), u16(bits), u16(mode));
  }

  scheme(type: number, attributes: number): Uint8Array {
    const r = this.#random;
    const hash = u16(r.of([...HASHES.map(([id]) => id), ...(r.chance(10) ? [ALG.NULL, ALG.SM3_256] : [])]));
    const none = u16(ALG.NULL);
    const withHash = (id: number) => concat(u16(id), hash);
    if (type === ALG.KEYEDHASH) {
      const kdf = u16(r.of([ALG.KDF1_SP800_108, ALG.KDF1_SP800_108, ALG.KDF1_SP800_56A, ALG.NULL]));
      const xor = concat(u16(ALG.XOR), hash, kdf);
      if (r.chance(20)) return r.of([none, withHash(ALG.HMAC), xor, u16(ALG.RSASSA)]);
      const signs = (attributes & sign) !== 0;
      const decrypts = (attributes & decrypt) !== 0;
      return signs === decrypts ? none : signs ? withHash(ALG.HMAC) : xor;
    }
    const signing = type === ALG.RSA ? [ALG.RSASSA, ALG.RSAPSS] : [ALG.ECDSA, ALG.SM2, ALG.ECSCHNORR];
    const decrypting = type === ALG.RSA ? [ALG.RSAES, ALG.OAEP] : [ALG.ECDH, ALG.ECMQV];
    const one = (id: number) =>
      id === ALG.RSAES ? u16(id) : id === ALG.ECDAA ? concat(withHash(id), u16(1)) : withHash(id);
    const signs = (attributes & sign) !== 0;
    const decrypts = (attributes & decrypt) !== 0;
    if (r.chance(15))
      return r.of([none, ...[...signing, ...decrypting, ...(type === ALG.ECC ? [ALG.ECDAA] : [])].map(one)]);
    if (signs === decrypts || (attributes & (restricted | decrypt)) === (restricted | decrypt)) return none;
    if (signs) return attributes & restricted || r.chance(50) ? one(r.of(signing)) : none;
    return r.chance(50) ? none : one(r.of(decrypting));
  }

  area(): RandomArea {
    const r = this.#random;
    const type = r.of(this.#types);
    const [nameAlg, digestSize] = r.chance(4) ? ([ALG.NULL, 0] as const) : r.of(HASHES);
    let attributes = r.of(STARTS);
    if (type === ALG.KEYEDHASH && r.chance(50)) attributes &= ~sensitiveDataOrigin;
    while (r.chance(30)) attributes ^= r.of(BITS);
    const policy = r.bytes(r.chance(70) ? 0 : r.chance(70) ? digestSize : r.of([1, 20, 32, 64, 65]));
    const isStorage = (attributes & (restricted | decrypt)) === (restricted | decrypt);
    const head: Uint8Array[] = [u16(type), u16(nameAlg), u32(attributes), sized(policy)];
    let keySize = 32;
    switch (type) {
      case ALG.RSA: {
        const bits = r.chance(90) ? 2048 : r.of([1024, 1023, 0]);
        const exponent = r.chance(80) ? 0 : r.of([3, 7, 65537, 65539, 65541, 2, 0xffffffff]);
        head.push(this.symmetric(isStorage), this.scheme(type, attributes), u16(bits), u32(exponent));
        keySize = bits / 16;
        break;
      }
      case ALG.ECC: {
        const curve = r.chance(70) ? 3 : r.of([1, 2, 4, 5, 0x10, 0x11, 0x20, 0]);
        const kdf = r.chance(90) ? u16(ALG.NULL) : concat(u16(r.of([0x20, ALG.KDF1_SP800_108, 7])), u16(ALG.SHA256));
        head.push(this.symmetric(isStorage), this.scheme(type, attributes), u16(curve), kdf);
        break;
      }
      case ALG.SYMCIPHER: {
        const symmetric = this.symmetric(true);
        head.push(symmetric);
        keySize = symmetric.length > 2 ? ((symmetric[2] ?? 0) * 256 + (symmetric[3] ?? 0)) / 8 : 16;
        break;
      }
      default:
        head.push(this.scheme(type, attributes));
        keySize = r.of([1, 16, 32, 64, 65, 128, 129]);
    }
    return { type, nameAlg, digestSize, attributes, head: concat(...head), keySize };
  }

  unique(area: RandomArea): Uint8Array {
    const r = this.#random;
    const one = () => sized(r.bytes(r.chance(80) ? 0 : r.of([1, 32, 64, 81])));
    return area.type === ALG.ECC ? concat(one(), one()) : one();
  }

  /** TPM2B_SENSITIVE_CREATE */
  sensitiveCreate(area: RandomArea): Uint8Array {
    const r = this.#random;
    const auth = r.bytes(r.chance(80) ? r.of([0, 5]) : area.digestSize + r.below(2)).fill(r.below(2) * 7, 1);
    const mustHave = (area.attributes & sensitiveDataOrigin) === 0;
    const size = r.chance(90) === mustHave ? (r.chance(80) ? area.keySize : r.of([1, 16, 24, 32, 128, 129])) : 0;
    return sized(concat(sized(auth), sized(r.bytes(size))));
  }

  create(parent: number): Uint8Array {
    const area = this.area();
    const inPublic = sized(concat(area.head, this.unique(area)));
    return command(CC.Create, [parent], [this.sensitiveCreate(area), inPublic, sized([]), u32(0)], [password()]);
  }
  createPrimary(): Uint8Array {
    const r = this.#random;
    const area = this.area();
    const inPublic = sized(concat(area.head, this.unique(area)));
    const hierarchy = r.of([RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.NULL]);
    return command(
      CC.CreatePrimary,
      [hierarchy],
      [this.sensitiveCreate(area), inPublic, sized([]), u32(0)],
      [password()],
    );
  }
  createLoaded(parent: number, isDerivation: boolean): Uint8Array {
    const r = this.#random;
    const area = this.area();
    let sensitive = this.sensitiveCreate(area);
    let unique = this.unique(area);
    if (isDerivation && r.chance(90)) {
      const derive = () => concat(sized(r.bytes(r.of([0, 4, 32, 33]))), sized(r.bytes(r.of([0, 8, 32]))));
      unique = derive();
      sensitive = sized(concat(sized([]), sized(r.chance(50) ? [] : r.chance(80) ? derive() : r.bytes(3))));
    }
    return command(CC.CreateLoaded, [parent], [sensitive, sized(concat(area.head, unique))], [password()]);
  }

  /** TPMT_PUBLIC and TPMT_SENSITIVE that mostly belong together. */
  pair(keys: readonly SoftwareKey[], longAuth: boolean): { area: Uint8Array; sensitive: Uint8Array } {
    const r = this.#random;
    if (keys.length > 0 && r.chance(30)) {
      const key = r.of(keys);
      return { area: this.#spoil(key.area), sensitive: this.#spoil(key.sensitive) };
    }
    const area = this.area();
    const seed = r.bytes(r.chance(90) ? area.digestSize : r.of([0, 16, 32, 33, 64]));
    const key = r.bytes(r.chance(90) ? area.keySize : r.of([0, 1, 16, 24, 32, 129]));
    const auth = r.bytes(r.chance(90) || !longAuth ? r.of([0, 5]) : Math.min(64, area.digestSize + 1));
    const type = r.chance(97) ? area.type : r.of([ALG.KEYEDHASH, ALG.SYMCIPHER]);
    let unique: Uint8Array = this.unique(area);
    if ((area.type === ALG.KEYEDHASH || area.type === ALG.SYMCIPHER) && r.chance(90) && area.nameAlg !== ALG.NULL) {
      const isStorage = (area.attributes & (restricted | decrypt)) === (restricted | decrypt);
      unique = sized(isStorage ? hmac(area.nameAlg, seed, key) : digest(area.nameAlg, seed, key));
    }
    return { area: concat(area.head, unique), sensitive: sensitiveArea(type, key, auth, seed) };
  }
  #spoil(bytes: Uint8Array): Uint8Array {
    const r = this.#random;
    if (r.chance(70)) return bytes;
    const out = bytes.slice();
    const at = r.chance(50) ? r.below(Math.min(24, out.length)) : r.below(out.length);
    out[at] = (out[at] ?? 0) ^ (1 << r.below(8));
    return out;
  }

  loadExternal(keys: readonly SoftwareKey[]): Uint8Array {
    const r = this.#random;
    const { area, sensitive } = this.pair(keys, true);
    const withPrivate = r.chance(60);
    const hierarchy =
      withPrivate && r.chance(90) ? RH.NULL : r.of([RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.NULL, RH.LOCKOUT]);
    return command(CC.LoadExternal, [], [withPrivate ? sized(sensitive) : sized([]), sized(area), u32(hierarchy)]);
  }

  /** TPM2_Import of a duplicate without outer wrap. */
  importPlain(parent: number, keys: readonly SoftwareKey[]): Uint8Array {
    const r = this.#random;
    // libtpms dies of an authValue that is longer than the digest.
    const { area, sensitive } = this.pair(keys, false);
    const duplicate = r.chance(97) ? sized(sensitive) : concat(sized(sensitive), [0]);
    const symmetric = r.chance(97) ? u16(ALG.NULL) : concat(u16(ALG.AES), u16(128), u16(ALG.CFB));
    return command(CC.Import, [parent], [sized([]), sized(area), sized(duplicate), sized([]), symmetric], [password()]);
  }
}
