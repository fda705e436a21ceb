/** Signing, verification, signed policies, attestations and certificates, by keys that are the same on every TPM. */
import {
  certify,
  certifyCreation,
  certifyX509,
  getCommandAuditDigest,
  getSessionAuditDigest,
  getTime,
  nvCertify,
  quote,
} from "../attestation.ts";
import {
  der,
  extension,
  extensions,
  ISSUER,
  KEY_USAGE,
  keyUsage,
  objectAttributes,
  partial,
  sequence,
  SIGNS,
  SUBJECT,
  usage,
  VALIDITY,
} from "../certificates.ts";
import { command, concat, password, RH, sized, text, u16, u32 } from "../harness.ts";
import { defineSpace, nvWrite, OPEN, undefineSpace } from "../nv.ts";
import { createPrimary, ecc, ID, keyedHash, loadExternal, OBJECT, SEALED, SIGNING, STORAGE, sensitive, symCipher } from "../objects.ts";
import {
  EXTERNAL_SIGN,
  eccSignatureOf,
  HASH,
  HASHES,
  hash,
  hmacOf,
  knownEcc,
  knownHmac,
  knownRsa,
  NO_SCHEME,
  nullTicket,
  rsapssOf,
  rsassaOf,
  scheme,
  SIG,
  sign,
  signature,
  ST_HASHCHECK,
  verifySignature,
} from "../signatures.ts";
import { add, flush, n16, none, NUL, selection, start } from "./builders.ts";

const KEY = 0x80000000;
const OTHER = 0x80000001;
const ALGORITHMS = Object.keys(HASHES).map(Number);
/** Only the response code: what follows is random, and so is its size. */
const RC = { from: 6, to: 10 };
/** The head of a signature of a fixed size: with sigAlg, hash and the size of its first value. */
const SIGNATURE = { to: 20 };
/** Sizes of the response, of the parameters and of the attestation. */
const ATTEST_HEAD = { to: 16 };
const digestOf = (algorithm: number) => hash(algorithm, text("what is signed"));

interface Key {
  area: Uint8Array;
  sensitive: Uint8Array;
}
const external = ({ area, sensitive: s }: Key) => loadExternal(area, RH.NULL, s);
const publicOnly = ({ area }: Key, hierarchy: number = RH.OWNER) => loadExternal(area, hierarchy);
function withKey(name: string, load: Uint8Array, steps: () => void, options: { to?: number } = {}): void {
  add(`load ${name}`, load, options);
  steps();
  add(`flush ${name}`, flush(KEY));
}

const keys: [name: string, key: Key, schemes: number[]][] = [
  ["RSA", knownRsa(), [SIG.RSASSA, SIG.RSAPSS]],
  ["P-256", knownEcc(3), [SIG.ECDSA, SIG.ECSCHNORR, SIG.SM2]],
  ["P-521", knownEcc(5), [SIG.ECDSA]],
  ["BN P-256", knownEcc(0x10), [SIG.ECDSA, SIG.ECSCHNORR, SIG.SM2]],
  ["SM2 P-256", knownEcc(0x20), [SIG.SM2, SIG.ECDSA]],
];

export function signing(): void {
  for (const [name, key, schemes] of keys) {
    withKey(`the ${name} key`, external(key), () => {
      for (const id of schemes) {
        const isFixed = id === SIG.RSASSA;
        for (const algorithm of ALGORITHMS)
          add(`sign by ${name}, ${id.toString(16)}, ${algorithm}`, sign(KEY, digestOf(algorithm), scheme(id, algorithm)), isFixed ? {} : SIGNATURE);
      }
      const digest = digestOf(HASH.SHA256);
      add(`sign by ${name} without scheme`, sign(KEY, digest));
      for (const id of Object.values(SIG)) {
        if (schemes.includes(id) || [SIG.ECDSA, SIG.ECSCHNORR, SIG.SM2].some((one) => one === id && name !== "RSA")) continue;
        add(`sign by ${name}, ${id.toString(16)}`, sign(KEY, digest, scheme(id)));
      }
      const [first = SIG.ECDSA] = schemes;
      for (const size of [0, 20, 31, 33, 64]) add(`sign ${size} bytes`, sign(KEY, new Uint8Array(size), scheme(first)));
      add("sign 65 bytes", sign(KEY, new Uint8Array(65), scheme(first)));
      add("sign with a wrong ticket", sign(KEY, digest, scheme(first), concat(u16(ST_HASHCHECK), u32(RH.OWNER), sized(new Uint8Array(64)))));
      add("sign with a wrong tag", sign(KEY, digest, scheme(first), nullTicket(0x8022)));
      add("sign with a ticket of no hierarchy", sign(KEY, digest, scheme(first), concat(u16(ST_HASHCHECK), u32(RH.LOCKOUT), sized([]))));
      add("sign with no signing scheme", sign(KEY, digest, u16(0x15)));
      add("sign with no hash", sign(KEY, digest, concat(u16(first), u16(ID.NULL))));
      add("sign, wrong auth", sign(KEY, digest, scheme(first), undefined, password([1])));
      add("sign without session", command(0x15d, [KEY], [sized(digest), scheme(first), nullTicket(ST_HASHCHECK)]));
    });
  }
  for (const algorithm of ALGORITHMS)
    withKey(`an HMAC key, ${algorithm}`, external(knownHmac(algorithm)), () => {
      add("HMAC by its scheme", sign(KEY, digestOf(algorithm)));
      add("HMAC by the same scheme", sign(KEY, digestOf(algorithm), scheme(SIG.HMAC, algorithm)));
      add("HMAC by another hash", sign(KEY, digestOf(HASH.SHA256), scheme(SIG.HMAC, algorithm === HASH.SHA1 ? HASH.SHA256 : HASH.SHA1)));
      add("HMAC of another size", sign(KEY, new Uint8Array(19)));
    });
  withKey("an HMAC key for both uses", external(knownHmac(HASH.SHA256, EXTERNAL_SIGN | OBJECT.decrypt)), () => {
    add("HMAC without scheme", sign(KEY, digestOf(HASH.SHA256)));
    add("HMAC by the caller's scheme", sign(KEY, digestOf(HASH.SHA384), scheme(SIG.HMAC, HASH.SHA384)));
  });
  withKey("an ECC key with a scheme", external(knownEcc(3, EXTERNAL_SIGN, scheme(SIG.ECDSA))), () => {
    add("by its scheme", sign(KEY, digestOf(HASH.SHA256)), SIGNATURE);
    add("by another hash", sign(KEY, digestOf(HASH.SHA1), scheme(SIG.ECDSA, HASH.SHA1)));
    add("by another scheme", sign(KEY, digestOf(HASH.SHA256), scheme(SIG.SM2)));
  });
  withKey("an ECDAA key", external(knownEcc(0x10, EXTERNAL_SIGN, scheme(SIG.ECDAA))), () => {
    const digest = digestOf(HASH.SHA256);
    add("ECDAA without count", sign(KEY, digest));
    add("ECDAA as ECDSA", sign(KEY, digest, scheme(SIG.ECDSA)));
    add("ECDAA before the commitment", sign(KEY, digest, scheme(SIG.ECDAA, HASH.SHA256, 0xffff)));
    add("ECDAA by another hash", sign(KEY, digestOf(HASH.SHA1), scheme(SIG.ECDAA, HASH.SHA1, 0)));
    add("ECDAA cut off", command(0x15d, [KEY], [sized(digest), u16(SIG.ECDAA), u16(HASH.SHA256)], [password()]));
  });
  withKey("a key for certificates", external(knownEcc(3, EXTERNAL_SIGN | (1 << 19))), () => {
    add("sign by a key for certificates", sign(KEY, digestOf(HASH.SHA256), scheme(SIG.ECDSA)));
  });
  withKey("a public key", publicOnly(knownEcc()), () => {
    add("sign by a public key", sign(KEY, digestOf(HASH.SHA256), scheme(SIG.ECDSA)));
  });
  const notSigning: [string, Uint8Array, Uint8Array][] = [
    ["storage", ecc(STORAGE), sensitive()],
    ["data", keyedHash(SEALED), sensitive([], [1])],
    ["cipher", symCipher(SIGNING), sensitive()],
  ];
  for (const [name, area, inSensitive] of notSigning)
    withKey(name, createPrimary(area, RH.OWNER, inSensitive), () => {
      add(`sign by ${name}`, sign(KEY, digestOf(HASH.SHA256), scheme(SIG.ECDSA)));
      add(`verify by ${name}`, verifySignature(KEY, digestOf(HASH.SHA256), hmacOf(HASH.SHA256, digestOf(HASH.SHA256))));
    }, { to: 14 });
  withKey("a hash sequence", command(0x186, [], [sized([]), u16(HASH.SHA256)]), () => {
    add("sign by a sequence", sign(KEY, digestOf(HASH.SHA256), scheme(SIG.ECDSA)));
    add("verify by a sequence", verifySignature(KEY, digestOf(HASH.SHA256), hmacOf(HASH.SHA256, digestOf(HASH.SHA256))));
  });
  withKey("a restricted key", createPrimary(ecc(SIGNING | OBJECT.restricted, { scheme: scheme(SIG.ECDSA) })), () => {
    add("sign by a restricted key without ticket", sign(KEY, digestOf(HASH.SHA256)));
    add("the same, with the NULL ticket of the owner", sign(KEY, digestOf(HASH.SHA256), NO_SCHEME, concat(u16(ST_HASHCHECK), u32(RH.OWNER), sized([]))));
  }, { to: 14 });
  add("sign by nothing", sign(KEY, digestOf(HASH.SHA256), scheme(SIG.ECDSA)));
  add("sign by the owner", sign(RH.OWNER, digestOf(HASH.SHA256), scheme(SIG.ECDSA)));
}

export function verification(): void {
  const changed = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));
  for (const [name, key, schemes] of keys) {
    const curve = { "P-256": 3, "P-521": 5, "BN P-256": 0x10, "SM2 P-256": 0x20 }[name];
    const make = (id: number, algorithm: number, digest: Uint8Array) => {
      if (curve !== undefined) return eccSignatureOf(id, curve, algorithm, digest);
      return id === SIG.RSASSA ? rsassaOf(algorithm, digest) : rsapssOf(algorithm, digest, Math.min(digest.length, 126 - digest.length));
    };
    withKey(`the public ${name} key`, publicOnly(key), () => {
      for (const id of schemes) {
        for (const algorithm of ALGORITHMS) {
          const digest = digestOf(algorithm);
          const good = make(id, algorithm, digest);
          // The ticket is keyed with the proof of the hierarchy.
          add(`verify by ${name}, ${id.toString(16)}, ${algorithm}`, verifySignature(KEY, digest, good), { to: 18 });
          add("the same, one bit changed", verifySignature(KEY, digest, changed(good, -1)));
          add("the same, of another digest", verifySignature(KEY, changed(digest, 0), good));
          add("the same, of a shorter digest", verifySignature(KEY, digest.subarray(1), good));
          add("the same, cut off", verifySignature(KEY, digest, good.subarray(0, -1)));
          const hashChanged = concat(u16(id), u16(algorithm === HASH.SHA1 ? HASH.SHA256 : HASH.SHA1), good.subarray(4));
          if (id === SIG.RSASSA || id === SIG.RSAPSS) add("the same, by another hash", verifySignature(KEY, digest, hashChanged));
        }
      }
      const digest = digestOf(HASH.SHA256);
      add("no signature", verifySignature(KEY, digest, u16(ID.NULL)));
      add("an HMAC", verifySignature(KEY, digest, hmacOf(HASH.SHA256, digest)));
      add("a signature by ECDAA", verifySignature(KEY, digest, signature(SIG.ECDAA, HASH.SHA256, new Uint8Array(32).fill(1), new Uint8Array(32).fill(1))));
      add("a signature of the other kind", verifySignature(KEY, digest, curve === undefined ? eccSignatureOf(SIG.ECDSA, 3, HASH.SHA256, digest) : rsassaOf(HASH.SHA256, digest)));
      add("no such scheme", verifySignature(KEY, digest, concat(u16(0x15), u16(HASH.SHA256), sized([]))));
      add("no hash", verifySignature(KEY, digest, signature(schemes[0] ?? 0, ID.NULL, none, none)));
      if (curve !== undefined) {
        const id = schemes[0] ?? 0;
        const one = Uint8Array.of(1);
        for (const [r, s] of [[none, none], [none, one], [one, none], [one, one], [new Uint8Array(80).fill(0xff), one]] as const)
          add(`r of ${r.length}, s of ${s.length}`, verifySignature(KEY, digest, signature(id, HASH.SHA256, r, s)));
        add("r of 81", verifySignature(KEY, digest, signature(id, HASH.SHA256, new Uint8Array(81), one)));
      } else {
        for (const size of [0, 127, 129, 384, 385]) add(`${size} bytes`, verifySignature(KEY, digest, signature(SIG.RSASSA, HASH.SHA256, new Uint8Array(size).fill(1))));
        add("the modulus itself and more", verifySignature(KEY, digest, signature(SIG.RSASSA, HASH.SHA256, new Uint8Array(128).fill(0xff))));
        for (const salt of [0, 1, 94]) add(`a salt of ${salt}`, verifySignature(KEY, digest, rsapssOf(HASH.SHA256, digest, salt)), { to: 18 });
      }
    });
    withKey(`the ${name} key of no hierarchy`, publicOnly(key, RH.NULL), () => {
      const digest = digestOf(HASH.SHA256);
      add("verify without hierarchy", verifySignature(KEY, digest, make(schemes[0] ?? 0, HASH.SHA256, digest)));
    });
  }
  withKey("the HMAC key", external(knownHmac()), () => {
    const digest = digestOf(HASH.SHA256);
    add("verify an HMAC", verifySignature(KEY, digest, hmacOf(HASH.SHA256, digest)));
    add("an HMAC with a bit changed", verifySignature(KEY, digest, changed(hmacOf(HASH.SHA256, digest), -1)));
    add("an HMAC by another hash", verifySignature(KEY, digest, hmacOf(HASH.SHA1, digest)));
    add("an HMAC of another size", verifySignature(KEY, digest.subarray(1), hmacOf(HASH.SHA256, digest.subarray(1))));
    add("a signature by ECDSA", verifySignature(KEY, digest, eccSignatureOf(SIG.ECDSA, 3, HASH.SHA256, digest)));
  });
  withKey("the HMAC key for both uses", external(knownHmac(HASH.SHA256, EXTERNAL_SIGN | OBJECT.decrypt)), () => {
    const digest = digestOf(HASH.SHA1);
    add("an HMAC by any hash", verifySignature(KEY, digest, hmacOf(HASH.SHA1, digest)));
  });
  withKey("the public HMAC key", publicOnly(knownHmac()), () => {
    add("verify an HMAC without the key", verifySignature(KEY, digestOf(HASH.SHA256), hmacOf(HASH.SHA256, digestOf(HASH.SHA256))));
  });
}

export function signedPolicies(): void {
  const session = 0x03000000;
  const number = (value: number) => u32(value >>> 0);
  const signed = (expiration: number, o: { nonce?: Uint8Array; cpHash?: Uint8Array; ref?: Uint8Array; flip?: boolean; by?: "rsa" | "hmac" } = {}) => {
    const { nonce = none, cpHash = none, ref = none, flip = false, by = "rsa" } = o;
    const aHash = hash(HASH.SHA256, nonce, number(expiration), cpHash, ref);
    const auth = by === "rsa" ? rsassaOf(HASH.SHA256, aHash) : hmacOf(HASH.SHA256, aHash);
    if (flip) auth[auth.length - 1] = (auth.at(-1) ?? 0) ^ 1;
    return command(0x160, [KEY, session], [sized(nonce), sized(cpHash), sized(ref), number(expiration), auth]);
  };
  const digest = command(0x189, [session]);
  for (const [kind, type] of [["policy", 1], ["trial", 3]] as const) {
    add(`start a ${kind} session`, start(RH.NULL, RH.NULL, n16, none, type, NUL, HASH.SHA256), { to: 16 });
    withKey("the key of the policy", publicOnly(knownRsa()), () => {
      add(`PolicySigned, ${kind}`, signed(0));
      add("policyDigest", digest);
      add("PolicySigned with policyRef and cpHash", signed(0, { ref: text("a reference"), cpHash: new Uint8Array(32).fill(2) }));
      add("policyDigest", digest);
      add("PolicySigned with another cpHash", signed(0, { cpHash: new Uint8Array(32).fill(3) }));
      add("PolicySigned with a short cpHash", signed(0, { cpHash: new Uint8Array(31) }));
      add("PolicySigned with a wrong nonce", signed(0, { nonce: new Uint8Array(32) }));
      add("PolicySigned by a wrong signature", signed(0, { flip: true }));
      add("PolicySigned by an HMAC", signed(0, { by: "hmac" }));
      add("PolicySigned until later", signed(100_000));
      // timeout and ticket depend on the clock and the proof.
      add("PolicySigned until later, with a ticket", signed(-100_000), { to: kind === "policy" ? 13 : undefined });
      add("policyDigest", digest);
      add("PolicySigned by no signature", command(0x160, [KEY, session], [sized([]), sized([]), sized([]), u32(0), u16(ID.NULL)]));
      add("PolicySigned, cut off", command(0x160, [KEY, session], [sized([]), sized([]), sized([]), u32(0)]));
      add("PolicySigned in no session", command(0x160, [KEY, 0x02000000], [sized([]), sized([]), sized([]), u32(0), hmacOf(HASH.SHA256, none)]));
    });
    withKey("the HMAC key of the policy", external(knownHmac()), () => {
      add("PolicySigned by the HMAC key", signed(0, { by: "hmac" }));
      add("PolicySigned by RSA for the HMAC key", signed(0));
      add("policyDigest", digest);
    });
    add(`flush the ${kind} session`, flush(session));
  }
}

export function attestations(): void {
  const quoted = selection([HASH.SHA256, [0, 1, 16]], [HASH.SHA1, [23]]);
  const audit = (key: number, o: Parameters<typeof getTime>[1] = {}) => getCommandAuditDigest(key, o);
  const everywhere = (name: string, key: number, o: { scheme?: Uint8Array } = {}, options: { to?: number; from?: number } = {}) => {
    add(`Certify by ${name}`, certify(KEY, key, o), options);
    add(`Quote by ${name}`, quote(key, quoted, o), key === RH.NULL ? {} : options);
    add(`GetTime by ${name}`, getTime(key, o), options);
    add(`GetCommandAuditDigest by ${name}`, audit(key, o), options);
    add(`CertifyCreation by ${name}`, certifyCreation(key, KEY, new Uint8Array(32), concat(u16(0x8021), u32(RH.OWNER), sized(new Uint8Array(64))), o));
    add(`GetSessionAuditDigest by ${name}`, getSessionAuditDigest(key, 0x02000000, o));
    add(`NV_Certify by ${name}`, nvCertify(key, 0x01800042, 0x01800042, 8, 0, o), options);
    add(`NV_Certify of all by ${name}`, nvCertify(key, 0x01800042, 0x01800042, 0, 0, o), options);
  };
  add("define the certified index", defineSpace({ handle: 0x01800042, attributes: OPEN, size: 40 }));
  add("load the ECC key", external(knownEcc()));
  add("NV_Certify before it was written", nvCertify(KEY, 0x01800042, 0x01800042, 8, 0, { scheme: scheme(SIG.ECDSA) }));
  add("write the certified index", nvWrite(0x01800042, 0x01800042, new Uint8Array(40).fill(7)));
  add("start a session to audit", start(RH.NULL, RH.NULL, n16, none, 0, NUL, HASH.SHA256), { to: 16 });
  everywhere("no key", RH.NULL, {}, ATTEST_HEAD);
  everywhere("no key with a scheme", RH.NULL, { scheme: scheme(SIG.ECDSA) }, ATTEST_HEAD);
  everywhere("a key without scheme", KEY);
  everywhere("a key with a scheme not its own", KEY, { scheme: scheme(SIG.RSASSA) });
  for (const id of [SIG.ECDSA, SIG.SM2, SIG.ECSCHNORR])
    for (const algorithm of [HASH.SHA256, HASH.SHA512]) everywhere(`the ECC key, ${id.toString(16)}, ${algorithm}`, KEY, { scheme: scheme(id, algorithm) }, ATTEST_HEAD);
  everywhere("the owner", RH.OWNER);
  everywhere("an object that is not there", OTHER, { scheme: scheme(SIG.ECDSA) });
  // What the attestation is about stands after the signer, the caller's data, the clock and the firmware version.
  const signed = { scheme: scheme(SIG.ECDSA), qualifyingData: text("data") };
  const about = 14 + 2 + 6 + (2 + 34) + (2 + 4) + 25;
  add("Certify: magic to the caller's data", certify(KEY, KEY, signed), { from: 14, to: about - 25 });
  add("Certify: Name and Qualified Name", certify(KEY, KEY, signed), { from: about, to: about + 72 });
  add("Quote: selection and digest", quote(KEY, quoted, signed), { from: about, to: about + quoted.length + 34 });
  add("Quote of nothing", quote(KEY, selection(), signed), { from: about, to: about + 38 });
  add("Quote of PCRs that there are not", quote(KEY, selection([HASH.SHA256, [0], 4]), signed));
  add("NV_Certify: Name, offset and contents", nvCertify(KEY, RH.OWNER, 0x01800042, 8, 3, signed), { from: about, to: about + 48 });
  add("NV_Certify: Name and digest", nvCertify(KEY, RH.OWNER, 0x01800042, 0, 0, signed), { from: about, to: about + 70 });
  for (const [size, offset] of [[41, 0], [1, 40], [0, 40], [0, 41], [0xffff, 0xffff], [40, 0]] as const)
    add(`NV_Certify ${size} at ${offset}`, nvCertify(KEY, RH.OWNER, 0x01800042, size, offset, signed), size + offset <= 40 ? ATTEST_HEAD : {});
  add("NV_Certify by the platform", nvCertify(KEY, RH.PLATFORM, 0x01800042, 8, 0, signed));
  add("NV_Certify of no index", nvCertify(KEY, RH.OWNER, 0x01800043, 8, 0, signed));
  for (const privacyAdmin of [RH.OWNER, RH.PLATFORM, RH.NULL]) {
    add(`GetTime for ${privacyAdmin.toString(16)}`, getTime(KEY, { ...signed, privacyAdmin }));
    add(`GetCommandAuditDigest for ${privacyAdmin.toString(16)}`, getCommandAuditDigest(KEY, { ...signed, privacyAdmin }));
    add(`GetSessionAuditDigest for ${privacyAdmin.toString(16)}`, getSessionAuditDigest(KEY, 0x02000000, { ...signed, privacyAdmin }));
  }
  add("GetSessionAuditDigest of no session", getSessionAuditDigest(KEY, 0x02000001, signed));
  add("GetSessionAuditDigest of a policy session", getSessionAuditDigest(KEY, 0x03000000, signed));
  add("Certify with one session", certify(KEY, KEY, { ...signed, sessions: [password()] }));
  add("Certify, wrong auth of the object", certify(KEY, KEY, { ...signed, sessions: [password([1]), password()] }));
  add("Certify, wrong auth of the key", certify(KEY, KEY, { ...signed, sessions: [password(), password([1])] }));
  add("Certify with 66 bytes of data", certify(KEY, KEY, { ...signed, qualifyingData: new Uint8Array(66) }), ATTEST_HEAD);
  add("Certify with 67 bytes of data", certify(KEY, KEY, { ...signed, qualifyingData: new Uint8Array(67) }));
  add("flush the ECC key", flush(KEY));
  for (const [name, load] of [["a storage key", createPrimary(ecc(STORAGE))], ["a cipher", createPrimary(symCipher(SIGNING))]] as const)
    withKey(name, load, () => everywhere(name, KEY), { to: 14 });
  withKey("the RSA key", external(knownRsa()), () => {
    for (const id of [SIG.RSASSA, SIG.RSAPSS]) everywhere(`RSA, ${id.toString(16)}`, KEY, { scheme: scheme(id) }, ATTEST_HEAD);
  });
  withKey("the HMAC key", external(knownHmac()), () => everywhere("the HMAC key", KEY, {}, ATTEST_HEAD));
  withKey("the ECDAA key", external(knownEcc(0x10, EXTERNAL_SIGN, scheme(SIG.ECDAA))), () => {
    everywhere("the ECDAA key", KEY);
    everywhere("the ECDAA key without commitment", KEY, { scheme: scheme(SIG.ECDAA, HASH.SHA256, 0x7777) });
  });
  withKey("a public key", publicOnly(knownEcc()), () => everywhere("a public key", KEY, { scheme: scheme(SIG.ECDSA) }));
  add("flush the session to audit", flush(0x02000000));
  add("undefine the certified index", undefineSpace(RH.OWNER, 0x01800042));
}

const ATTRIBUTES = { response: "80010000000a00000182", clause: "Part 3, 18.8: TPM_RC_ATTRIBUTES" };
const NOT_DER = { response: "80010000000a000003c4", clause: "Part 3, 18.8: partialCertificate is DER" };
const SIZE_NOT_DER = { response: "80010000000a000003d5", clause: "Part 3, 18.8: partialCertificate is DER" };

export function certificates(): void {
  const rsassa = { scheme: scheme(SIG.RSASSA) };
  const algorithm = sequence([0x06, 3, 0x55, 4, 3]);
  add("load the RSA key", external(knownRsa()));
  add("load the ECC key", external(knownEcc()));
  const certified = (object: number, key: number, bytes: Uint8Array | number[], o: Parameters<typeof certifyX509>[3] = rsassa) => certifyX509(object, key, bytes, o);
  for (const [name, object] of [["RSA", KEY], ["ECC", OTHER]] as const) {
    for (const usages of [["digitalSignature"], ["cRLSign"], ["keyCertSign", "cRLSign"], ["digitalSignature", "keyCertSign"]] as const) {
      const exts = extensions(keyUsage(...usages));
      for (const id of ALGORITHMS) add(`certify ${name} by RSASSA, ${id}, for ${usages}`, certified(object, KEY, partial(exts), { scheme: scheme(SIG.RSASSA, id) }));
    }
    add(`certify ${name} with TPMA_OBJECT`, certified(object, KEY, partial(extensions(objectAttributes(EXTERNAL_SIGN), keyUsage("digitalSignature")))));
    add(`certify ${name} with another TPMA_OBJECT`, certified(object, KEY, partial(extensions(objectAttributes(EXTERNAL_SIGN ^ 2), keyUsage("digitalSignature")))));
    add(`certify ${name} with the caller's algorithm`, certified(object, KEY, partial(SIGNS, algorithm)));
    add(`certify ${name} by ECDSA`, certified(object, OTHER, partial(), { scheme: scheme(SIG.ECDSA) }), RC);
    add(`certify ${name} by RSAPSS`, certified(object, KEY, partial(), { scheme: scheme(SIG.RSAPSS) }), RC);
    add(`certify ${name} by Schnorr`, certified(object, OTHER, partial(), { scheme: scheme(SIG.ECSCHNORR) }));
    for (const bit of ["nonRepudiation", "dataEncipherment", "keyAgreement", "encipherOnly", "decipherOnly"] as const)
      add(`certify ${name} for ${bit}`, certified(object, KEY, partial(extensions(keyUsage(bit)))), { differs: ATTRIBUTES });
    add(`certify ${name} for keyEncipherment`, certified(object, KEY, partial(extensions(keyUsage("keyEncipherment")))), { differs: ATTRIBUTES });
  }
  const wrong = (name: string, bytes: Uint8Array | number[], options: Parameters<typeof add>[2] = {}) => add(`certify, ${name}`, certified(KEY, KEY, bytes), options);
  wrong("nothing", []);
  wrong("a SET", [0x31, 0]);
  wrong("an octet behind", concat(partial(), [0]));
  wrong("an octet missing", partial().subarray(0, -1));
  wrong("an empty sequence", sequence());
  wrong("a length of its own size", concat([0x30, 0x83, 0, 0, 0]));
  wrong("a length in three octets for less", concat([0x30, 0x82, 0], partial().subarray(2)), { differs: SIZE_NOT_DER });
  wrong("no extensions", sequence(ISSUER, VALIDITY, SUBJECT));
  wrong("no subject", sequence(ISSUER, VALIDITY, SIGNS));
  wrong("five sequences", sequence(ISSUER, VALIDITY, SUBJECT, SUBJECT, SUBJECT, SIGNS));
  wrong("extensions in the middle", sequence(ISSUER, VALIDITY, SIGNS, SUBJECT), { differs: NOT_DER });
  wrong("extensions twice", sequence(ISSUER, VALIDITY, SUBJECT, SIGNS, SIGNS));
  wrong("a unique identifier", sequence(ISSUER, VALIDITY, SUBJECT, der(0xa1, [5, 0]), SIGNS));
  wrong("an element that is too long", sequence(ISSUER, VALIDITY, SUBJECT, [0x30, 5]));
  for (const [name, exts] of [
    ["empty extensions", der(0xa3)],
    ["no extension", extensions()],
    ["no KeyUsage", extensions(objectAttributes(EXTERNAL_SIGN))],
    ["a SET of extensions", der(0xa3, der(0x31, keyUsage("digitalSignature")))],
    ["KeyUsage without value", extensions(sequence(KEY_USAGE))],
    ["KeyUsage that is no BIT STRING", extensions(extension(KEY_USAGE, der(0x04, [7, 0x80])))],
    ["KeyUsage without octets", extensions(extension(KEY_USAGE, der(0x03)))],
    ["KeyUsage with eight unused bits", extensions(extension(KEY_USAGE, der(0x03, [8, 0x80])))],
    ["KeyUsage with unused bits of nothing", extensions(extension(KEY_USAGE, der(0x03, [1])))],
  ] as const)
    wrong(name, partial(exts));
  wrong("KeyUsage twice", partial(extensions(keyUsage("digitalSignature"), keyUsage("digitalSignature"))), { differs: NOT_DER });
  wrong("KeyUsage with unused bits set", partial(extensions(extension(KEY_USAGE, der(0x03, [7, 0x81])))), { differs: NOT_DER });
  wrong("an octet after KeyUsage", partial(extensions(extension(KEY_USAGE, concat(usage("digitalSignature"), [0])))), { differs: NOT_DER });
  add("certify with reserved", certified(KEY, KEY, partial(), { ...rsassa, reserved: [1] }));
  add("certify without scheme", certified(KEY, KEY, partial(), {}));
  add("certify by a scheme of another key", certified(KEY, KEY, partial(), { scheme: scheme(SIG.ECDSA) }), { differs: { response: "80010000000a00000292", clause: "Part 3, 18.8: TPM_RC_SCHEME" } });
  add("certify with one session", certified(KEY, KEY, partial(), { ...rsassa, sessions: [password()] }));
  add("certify by an object that is not there", certified(KEY, 0x80000002, partial()));
  add("flush the RSA key", flush(KEY));
  add("load a BN key", external(knownEcc(0x10)));
  add("certify a BN key", certified(KEY, OTHER, partial(), { scheme: scheme(SIG.ECDSA) }));
  add("flush the BN key", flush(KEY));
  add("load an HMAC key", external(knownHmac()));
  add("certify an HMAC key", certified(KEY, OTHER, partial(), { scheme: scheme(SIG.ECDSA) }));
  add("certify by an HMAC key", certified(OTHER, KEY, partial(), {}));
  add("flush the HMAC key", flush(KEY));
  add("flush the ECC key", flush(OTHER));
}
