/** Asymmetric primitives and ephemeral EC keys, with keys that are the same on every TPM. */

import { createHash } from "node:crypto";
import { CURVES } from "../crypto/ecc/curves.ts";
import { testKey } from "../crypto/rsa/keys.ts";
import {
  bytesOf,
  curveOf,
  DECRYPTING,
  externalCipher,
  externalEcc,
  externalKeyedHash,
  externalRsa,
  numberOf,
  padOaep,
  padPkcs1,
  patterned,
  pointBytes,
  powerModulo,
  rsaPublicOperation,
  SIGNING_KEY,
  scalarOf,
  timesBase,
} from "../externalKeys.ts";
import { command, concat, password, sized, text, u8, u16, u32 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import { loadExternal, NULL_ALGORITHM, OBJECT } from "../objects.ts";
import { add, flush, none } from "./builders.ts";

/** The first transient handle: each key is flushed before the next is loaded. */
export const KEY = 0x80000000;
/** Response header and the size of what is random: without sessions that of the TPM2B, else that of the parameters. */
const PLAIN_HEAD = { to: 12 };
const HEAD = { to: 14 };
const OAEP = (hash: number) => concat(u16(0x17), u16(hash));
const RSAES = u16(0x15);
const ECDH = 0x19;
const ECDAA = 0x1a;
const SM2 = 0x1b;
const ECMQV = 0x1d;
const HASHES = [
  [ALG.SHA1, "sha1"],
  [ALG.SHA256, "sha256"],
  [ALG.SHA384, "sha384"],
  [ALG.SHA512, "sha512"],
] as const;
const LABEL = concat(text("label"), [0]);

const encrypt = (message: Uint8Array, scheme = NULL_ALGORITHM, label = none, handle = KEY) =>
  command(CC.RSA_Encrypt, [handle], [sized(message), scheme, sized(label)]);
const decrypt = (cipherText: Uint8Array, scheme = NULL_ALGORITHM, label = none, handle = KEY) =>
  command(CC.RSA_Decrypt, [handle], [sized(cipherText), scheme, sized(label)], [password()]);
const zGen = (point: Uint8Array, handle = KEY) => command(CC.ECDH_ZGen, [handle], [sized(point)], [password()]);
const keyGen = (handle = KEY) => command(CC.ECDH_KeyGen, [handle]);
const ephemeral = (curve: number) => command(CC.EC_Ephemeral, [], [u16(curve)]);
const zGen2 = (qs: Uint8Array, qe: Uint8Array, scheme: number, counter: number, handle = KEY) =>
  command(CC.ZGen_2Phase, [handle], [sized(qs), sized(qe), u16(scheme), u16(counter)], [password()]);
const commit = (p1: Uint8Array, s2: Uint8Array, y2: Uint8Array, handle = KEY) =>
  command(CC.Commit, [handle], [sized(p1), sized(s2), sized(y2)], [password()]);

/** Runs steps with a key loaded. */
export function withKey(name: string, key: Uint8Array, steps: () => void): void {
  add(`load ${name}`, key);
  steps();
  add(`flush ${name}`, flush(KEY));
}

/** FAILURE where the specification has a code for it: OpenSSL's refusal. */
const VALUE = { response: "80010000000a00000084", clause: "Part 3, 14.2: TPM_RC_VALUE" };
const HASH = { response: "80010000000a00000083", clause: "Part 3, 14.2: TPM_RC_HASH" };
const VALUE_OF_DECRYPTION = { response: "80010000000a00000084", clause: "Part 3, 14.3: TPM_RC_VALUE" };

export function rsaEncryption(): void {
  add("no objects are loaded", command(CC.GetCapability, [], [u32(1), u32(KEY), u32(10)]));
  withKey("RSA-2048", externalRsa(), () => {
    encryptions();
    decryptions();
  });
  withKey("RSA-2048 with RSAES", externalRsa({ scheme: RSAES }), () => {
    add("RSAES of the key", encrypt(none), PLAIN_HEAD);
    add("RSAES of key and caller", encrypt(none, RSAES), PLAIN_HEAD);
    add("OAEP against RSAES", encrypt(none, OAEP(ALG.SHA256)));
    const message = rsaPublicOperation(2048, padPkcs1(2048, patterned(11)));
    add("RSAES of the key, decryption", decrypt(message));
    add("RSAES of both, decryption", decrypt(message, RSAES));
    add("OAEP against RSAES, decryption", decrypt(message, OAEP(ALG.SHA256)));
  });
  withKey("RSA-2048 with OAEP", externalRsa({ scheme: OAEP(ALG.SHA256) }), () => {
    add("OAEP of the key", encrypt(none), PLAIN_HEAD);
    add("OAEP of key and caller", encrypt(none, OAEP(ALG.SHA256)), PLAIN_HEAD);
    add("OAEP with another hash", encrypt(none, OAEP(ALG.SHA1)));
    add("RSAES against OAEP", encrypt(none, RSAES));
    const message = rsaPublicOperation(2048, padOaep(2048, "sha256", none, patterned(11)));
    add("OAEP of the key, decryption", decrypt(message));
    add("RSAES against OAEP, decryption", decrypt(message, RSAES));
  });
  const small = externalRsa({ bits: 1024 });
  withKey("RSA-1024", small, () => {
    add("OAEP with a hash too long for the key", encrypt(none, OAEP(ALG.SHA512)), { differs: HASH });
    add("the same, decryption", decrypt(patterned(128).fill(0, 0, 1), OAEP(ALG.SHA512)), {
      differs: VALUE_OF_DECRYPTION,
    });
    add("raw, RSA-1024", encrypt(patterned(100)));
    add("raw, RSA-1024, decryption", decrypt(rsaPublicOperation(1024, patterned(100))));
  });
  withKey("RSA-3072", externalRsa({ bits: 3072 }), () => {
    add("raw, RSA-3072", encrypt(patterned(380)));
    add("raw, RSA-3072, decryption", decrypt(rsaPublicOperation(3072, patterned(380))));
  });
  const wrong: [string, Uint8Array][] = [
    ["a signing RSA key", externalRsa({ attributes: SIGNING_KEY })],
    ["a key that signs and decrypts", externalRsa({ attributes: SIGNING_KEY | DECRYPTING })],
    ["an RSA public key", externalRsa({ publicOnly: true })],
    ["a restricted RSA public key", restrictedRsa],
    ["an ECC key", externalEcc()],
    ["a keyed hash", externalKeyedHash()],
    ["a cipher", externalCipher()],
    ["a hash sequence", command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)])],
  ];
  for (const [name, key] of wrong)
    withKey(name, key, () => {
      add(`RSA_Encrypt with ${name}`, encrypt(patterned(10)));
      add(`RSA_Decrypt with ${name}`, decrypt(patterned(256).fill(0, 0, 1)));
    });
  for (const handle of [RH.NULL, RH.OWNER, 0x80000001, 0x81000000]) {
    add(`RSA_Encrypt with 0x${handle.toString(16)}`, encrypt(none, NULL_ALGORITHM, none, handle));
    add(`RSA_Decrypt with 0x${handle.toString(16)}`, decrypt(none, NULL_ALGORITHM, none, handle));
  }
}

const restrictedRsa = (() => {
  const { n } = testKey(2048);
  const attributes = DECRYPTING | OBJECT.restricted;
  const area = concat(u16(1), u16(ALG.SHA256), u32(attributes), sized([]));
  const parameters = concat(u16(ALG.AES), u16(128), u16(ALG.CFB), NULL_ALGORITHM, u16(2048), u32(0));
  return loadExternal(concat(area, parameters, sized(n)));
})();

function encryptions(): void {
  const { n } = testKey(2048);
  for (const [name, message] of [
    ["nothing", none],
    ["one octet", Uint8Array.of(5)],
    ["a short message", patterned(32)],
    ["a message with zeros before it", concat(new Uint8Array(20), patterned(32))],
    ["as many zeros as fit", concat(new Uint8Array(352), patterned(32))],
    ["n - 1", bytesOf(numberOf(n) - 1n, 256)],
  ] as const)
    add(`raw: ${name}`, encrypt(message));
  add("raw: n", encrypt(n), { differs: VALUE });
  add("raw: more than n", encrypt(new Uint8Array(256).fill(0xff)), { differs: VALUE });
  add("raw: longer than n", encrypt(new Uint8Array(257).fill(1)));
  add("raw: longer than any key", encrypt(new Uint8Array(513).fill(1)));
  add("raw: with a label", encrypt(patterned(32), NULL_ALGORITHM, LABEL));
  add("raw: label without its zero", encrypt(patterned(32), NULL_ALGORITHM, text("label")));
  add("raw: a label that is only a zero", encrypt(patterned(32), NULL_ALGORITHM, Uint8Array.of(0)));
  for (const size of [0, 1, 245]) add(`RSAES of ${size}`, encrypt(patterned(size), RSAES), PLAIN_HEAD);
  add("RSAES of too many", encrypt(patterned(246), RSAES), { differs: VALUE });
  add("RSAES of as many as the key has", encrypt(patterned(256), RSAES), { differs: VALUE });
  add("RSAES: label without its zero", encrypt(none, RSAES, text("label")));
  for (const [hash, name] of HASHES) {
    const most = 256 - 2 * ([20, 32, 48, 64][HASHES.findIndex(([h]) => h === hash)] ?? 0) - 2;
    for (const size of [0, most])
      add(`OAEP, ${name}, of ${size}`, encrypt(patterned(size), OAEP(hash), LABEL), PLAIN_HEAD);
    add(`OAEP, ${name}, of too many`, encrypt(patterned(most + 1), OAEP(hash), LABEL), { differs: VALUE });
  }
  add("OAEP: label without its zero", encrypt(none, OAEP(ALG.SHA256), text("label")));
  add("OAEP: label too long", encrypt(none, OAEP(ALG.SHA256), new Uint8Array(67)));
  add("OAEP: no hash", encrypt(none, OAEP(ALG.NULL)));
  add("OAEP: a hash that is not there", encrypt(none, OAEP(0x7f)));
  add("OAEP: cut off", command(CC.RSA_Encrypt, [KEY], [sized([]), u16(0x17)]));
  for (const scheme of [0x14, 0x16, 0x18, 0x19, 5, 0])
    add(`RSA_Encrypt with scheme 0x${scheme.toString(16)}`, encrypt(none, concat(u16(scheme), u16(ALG.SHA256))));
  add(
    "RSA_Encrypt with an octet too many",
    command(CC.RSA_Encrypt, [KEY], [sized([1]), NULL_ALGORITHM, sized([]), [0]]),
  );
}

function decryptions(): void {
  const bits = 2048;
  const { n } = testKey(bits);
  const raw = rsaPublicOperation(bits, patterned(32));
  add("raw decryption", decrypt(raw));
  add("raw decryption of 0", decrypt(new Uint8Array(256)));
  add("raw decryption of 1", decrypt(bytesOf(1n, 256)));
  add("raw decryption of n - 1", decrypt(bytesOf(numberOf(n) - 1n, 256)));
  add("raw decryption of n", decrypt(n), { differs: VALUE_OF_DECRYPTION });
  add("raw decryption of nothing", decrypt(none));
  add("raw decryption of an octet less", decrypt(raw.slice(1)));
  add("raw decryption of an octet more", decrypt(concat([0], raw)));
  add("raw decryption: label without its zero", decrypt(raw, NULL_ALGORITHM, text("label")));
  for (const size of [0, 1, 32, 245])
    add(`RSAES decryption of ${size}`, decrypt(rsaPublicOperation(bits, padPkcs1(bits, patterned(size))), RSAES));
  const padded = padPkcs1(bits, patterned(32));
  const oaep = padOaep(bits, "sha256", LABEL, patterned(32));
  const bad = (name: string, scheme: Uint8Array, message: Uint8Array, label = none) =>
    add(name, decrypt(rsaPublicOperation(bits, message), scheme, label), { differs: VALUE_OF_DECRYPTION });
  const changed = (message: Uint8Array, at: number, value: number) => message.map((o, i) => (i === at ? value : o));
  bad("RSAES: first octet", RSAES, changed(padded, 0, 1));
  bad("RSAES: second octet", RSAES, changed(padded, 1, 1));
  bad("RSAES: seven octets of padding", RSAES, changed(padded, 9, 0));
  bad("RSAES: no zero", RSAES, concat([0, 2], new Uint8Array(254).fill(7)));
  bad("RSAES of an OAEP message", RSAES, changed(oaep, 1, 9));
  add("RSAES: eight octets of padding", decrypt(rsaPublicOperation(bits, changed(padded, 10, 0)), RSAES));
  add("RSAES: an octet less", decrypt(raw.slice(1), RSAES));
  for (const [hash, name] of HASHES)
    for (const size of [0, 32])
      add(
        `OAEP decryption, ${name}, of ${size}`,
        decrypt(rsaPublicOperation(bits, padOaep(bits, name, LABEL, patterned(size))), OAEP(hash), LABEL),
      );
  bad("OAEP: another label", OAEP(ALG.SHA256), oaep, Uint8Array.of(0));
  bad("OAEP: no label", OAEP(ALG.SHA256), oaep);
  bad("OAEP: another hash", OAEP(ALG.SHA1), oaep, LABEL);
  bad("OAEP: first octet", OAEP(ALG.SHA256), changed(oaep, 0, 1), LABEL);
  bad("OAEP: last octet", OAEP(ALG.SHA256), changed(oaep, 200, 1), LABEL);
  add("OAEP: label without its zero", decrypt(raw, OAEP(ALG.SHA256), text("label")));
  add("OAEP decryption: no hash", decrypt(raw, OAEP(ALG.NULL)));
  add(
    "RSA_Decrypt with a wrong auth",
    command(CC.RSA_Decrypt, [KEY], [sized(raw), NULL_ALGORITHM, sized([])], [password([1])]),
  );
  add("RSA_Decrypt without sessions", command(CC.RSA_Decrypt, [KEY], [sized(raw), NULL_ALGORITHM, sized([])]));
}

export function eccKeyExchange(): void {
  for (const { id, name, p, size } of CURVES) {
    const theirs = timesBase(id, scalarOf(id, "theirs"));
    const point = pointBytes(id, theirs);
    withKey(name, externalEcc({ curve: id }), () => {
      add(`ECDH_ZGen on ${name}`, zGen(point));
      add(`ECDH_KeyGen on ${name}`, keyGen(), { to: 10 });
      add(`ECDH_ZGen on ${name}, off the curve`, zGen(pointBytes(id, { x: theirs.x, y: theirs.y ^ 1n })));
      add(`ECDH_ZGen on ${name}, p in place of 0`, zGen(concat(sized(bytesOf(p, size)), sized([0]))));
      add(`ECDH_ZGen on ${name}, minus G`, zGen(pointBytes(id, { x: baseOf(id).x, y: p - baseOf(id).y })));
    });
  }
  const point = pointBytes(3, timesBase(3, scalarOf(3, "theirs")));
  withKey("P-256", externalEcc(), () => {
    const { x, y } = timesBase(3, scalarOf(3, "theirs"));
    const zeros = concat(sized(bytesOf(x, 40)), sized(bytesOf(y, 36)));
    add("ECDH_ZGen with zeros before the coordinates", zGen(zeros));
    add("ECDH_ZGen with empty coordinates", zGen(new Uint8Array(4)));
    add("ECDH_ZGen with an empty y", zGen(concat(sized(bytesOf(x, 32)), sized([]))));
    add("ECDH_ZGen with an empty structure", command(CC.ECDH_ZGen, [KEY], [u16(0)], [password()]));
    add("ECDH_ZGen with a size too small", command(CC.ECDH_ZGen, [KEY], [u16(67), point], [password()]));
    add("ECDH_ZGen with a size too large", command(CC.ECDH_ZGen, [KEY], [u16(69), point, [0]], [password()]));
    add("ECDH_ZGen with a coordinate too long", zGen(concat(sized(new Uint8Array(81)), sized([1]))));
    add("ECDH_ZGen, cut off", command(CC.ECDH_ZGen, [KEY], [u16(68), point.slice(0, 20)], [password()]));
    add("ECDH_KeyGen with an octet too many", command(CC.ECDH_KeyGen, [KEY], [u8(0)]));
    add("ECDH_ZGen with a point of P-384", zGen(pointBytes(4, timesBase(4, 5n))));
  });
  const wrong: [string, Uint8Array][] = [
    ["a signing ECC key", externalEcc({ attributes: SIGNING_KEY })],
    ["an ECC key with ECDH", externalEcc({ scheme: concat(u16(ECDH), u16(ALG.SHA256)) })],
    ["an ECC key with ECMQV", externalEcc({ scheme: concat(u16(ECMQV), u16(ALG.SHA256)) })],
    ["an ECC key with SM2", externalEcc({ scheme: concat(u16(SM2), u16(ALG.SHA256)) })],
    ["an ECC public key", externalEcc({ publicOnly: true })],
    ["an RSA key", externalRsa()],
    ["a keyed hash for ECDH", externalKeyedHash()],
    ["a sequence for ECDH", command(CC.HashSequenceStart, [], [sized([]), u16(ALG.NULL)])],
  ];
  for (const [name, key] of wrong)
    withKey(name, key, () => {
      add(`ECDH_ZGen with ${name}`, zGen(point));
      add(`ECDH_KeyGen with ${name}`, keyGen(), PLAIN_HEAD);
      for (const scheme of [ECDH, ECMQV, SM2])
        add(`ZGen_2Phase with ${name}, 0x${scheme.toString(16)}, not ephemeral`, zGen2(point, point, scheme, 77));
    });
  const offCurve = concat(sized(bytesOf(1n, 32)), sized(bytesOf(1n, 32)));
  withKey("a point off the curve", externalEcc({ publicOnly: true, unique: offCurve, nameAlg: ALG.NULL }), () =>
    add("ECDH_KeyGen with a point off the curve", keyGen()),
  );
  for (const handle of [RH.NULL, RH.OWNER, 0x80000001]) {
    add(`ECDH_ZGen with 0x${handle.toString(16)}`, zGen(point, handle));
    add(`ECDH_KeyGen with 0x${handle.toString(16)}`, keyGen(handle));
    add(`ZGen_2Phase with 0x${handle.toString(16)}`, zGen2(point, point, ECDH, 0, handle));
  }
}

const baseOf = (curve: number) => timesBase(curve, 1n);

export function ephemeralKeys(): void {
  for (const { id, name, size } of CURVES) {
    // TPM2B_ECC_POINT, of which the coordinates are random, then the counter.
    add(`EC_Ephemeral on ${name}`, ephemeral(id), { from: 10 + 6 + 2 * size });
  }
  for (const curve of [0, 6, 0x12, 0xffff]) add(`EC_Ephemeral on curve ${curve}`, ephemeral(curve));
  const theirs = pointBytes(3, timesBase(3, scalarOf(3, "theirs")));
  const other = pointBytes(3, timesBase(3, scalarOf(3, "other")));
  const offCurve = concat(sized(bytesOf(1n, 32)), sized(bytesOf(1n, 32)));
  // Counters 0 to 7 are pending, of which 2 is on P-256.
  withKey("P-256 for two phases", externalEcc(), () => {
    add("ZGen_2Phase, ECDH: Zs", zGen2(theirs, other, ECDH, 2), { to: 14 + 70 });
    add("ZGen_2Phase, used", zGen2(theirs, other, ECDH, 2));
    add("ZGen_2Phase, not yet", zGen2(theirs, other, ECDH, 8));
    add("ZGen_2Phase, of another round", zGen2(theirs, other, ECDH, 3 + 128));
    add("ZGen_2Phase, static key off the curve", zGen2(offCurve, other, ECDH, 3));
    add("ZGen_2Phase, ephemeral key off the curve", zGen2(theirs, offCurve, ECDH, 3));
    add("ZGen_2Phase, both off the curve", zGen2(offCurve, offCurve, ECDH, 99));
    for (const scheme of [ALG.NULL, 0x18, 0x1a, 0x1c, ALG.SHA256])
      add(`ZGen_2Phase with scheme 0x${scheme.toString(16)}`, zGen2(theirs, other, scheme, 3));
    add("ZGen_2Phase of another curve's scalar", zGen2(theirs, other, ECDH, 3), { to: 14 + 70 });
    // ECMQV puts libtpms 0.9.2 into failure mode.
    add("ZGen_2Phase, SM2", zGen2(theirs, other, SM2, 5), HEAD);
  });
  withKey("P-256 with ECMQV", externalEcc({ scheme: concat(u16(ECMQV), u16(ALG.SHA256)) }), () => {
    add("ZGen_2Phase, ECDH against ECMQV", zGen2(theirs, other, ECDH, 6));
  });
  commitments();
}

/** y2 for s2, so that (H(s2) mod p, y2) is a point of P-256: found by counting s2 up. */
export function commitBase(
  hashOf: (s2: Uint8Array) => bigint,
  curve = 3,
): { s2: Uint8Array; y2: Uint8Array; x: bigint; y: bigint } {
  const { p, size, Point } = curveOf(curve);
  const { a, b } = Point.CURVE();
  for (let i = 0; ; i++) {
    const s2 = Uint8Array.of(i, 7);
    const x = hashOf(s2) % p;
    const square = (x ** 3n + a * x + b) % p;
    // p = 3 modulo 4 on P-256 and the BN curves.
    const y = powerModulo(square, (p + 1n) / 4n, p);
    if ((y * y) % p === square) return { s2, y2: bytesOf(y, size), x, y };
  }
}

function commitments(): void {
  const scheme = concat(u16(ECDAA), u16(ALG.SHA256), u16(0));
  const { s2, y2 } = commitBase(sha256Number);
  const P1 = pointBytes(3, timesBase(3, 9n));
  withKey("a key for ECDAA", externalEcc({ attributes: SIGNING_KEY, scheme }), () => {
    add("Commit of nothing", commit(new Uint8Array(4), none, none), HEAD);
    add("Commit of P1", commit(P1, none, none), { to: 14 + 12 });
    add("Commit of s2: K", commit(new Uint8Array(4), s2, y2), { to: 14 + 70 });
    add("Commit of all: K", commit(P1, s2, y2), { to: 14 + 70 });
    add("Commit: counter", commit(P1, s2, y2), { from: 14 + 3 * 70 });
    add("Commit: an empty structure", command(CC.Commit, [KEY], [u16(0), sized([]), sized([])], [password()]));
    add("Commit: y2 without s2", commit(P1, none, y2));
    add("Commit: s2 without y2", commit(P1, s2, none));
    add(
      "Commit: y2 off the curve",
      commit(
        P1,
        s2,
        y2.map((o, i) => (i === 31 ? o ^ 1 : o)),
      ),
    );
    add("Commit: P1 off the curve", commit(concat(sized(bytesOf(1n, 32)), sized(bytesOf(1n, 32))), s2, y2));
    add("Commit: y2 too long", commit(P1, s2, new Uint8Array(81)));
    add("Commit: a wrong auth", command(CC.Commit, [KEY], [sized(P1), sized(s2), sized(y2)], [password([5])]));
    add("Commit: next counter", commit(new Uint8Array(4), none, none), { from: 14 + 6 + 6 + 70 });
  });
  const wrong: [string, Uint8Array][] = [
    ["an ECDSA key", externalEcc({ attributes: SIGNING_KEY, scheme: concat(u16(0x18), u16(ALG.SHA256)) })],
    ["a key without scheme", externalEcc({ attributes: SIGNING_KEY })],
    ["an ECDAA public key", externalEcc({ attributes: SIGNING_KEY, scheme, publicOnly: true })],
    ["an RSA key for Commit", externalRsa({ attributes: SIGNING_KEY })],
    ["a cipher for Commit", externalCipher()],
    ["a sequence for Commit", command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA1)])],
  ];
  for (const [name, key] of wrong) withKey(name, key, () => add(`Commit with ${name}`, commit(P1, s2, y2)));
}

export function sha256Number(bytes: Uint8Array): bigint {
  return numberOf(createHash("sha256").update(bytes).digest());
}
