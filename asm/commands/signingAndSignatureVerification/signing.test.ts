import { beforeAll, describe, expect, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import { command, concat, hex, password, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, ST } from "../../testkit/names.ts";
import {
  ecc,
  fieldsOf,
  flush,
  handleAndFields,
  keyedHash,
  loadExternal,
  OBJECT,
  runCreatePrimary,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  symCipher,
} from "../../testkit/objects.ts";
import { rsaKey } from "../../testkit/protection.ts";
import {
  EXTERNAL_SIGN,
  fromBig,
  HASHES,
  HMAC_KEY,
  hash,
  isGood,
  knownEcc,
  knownHmac,
  knownRsa,
  NO_SCHEME,
  nullTicket,
  readSignature,
  saltSize,
  scheme,
  sign,
  signature,
  toBig,
  verifySignature,
} from "../../testkit/signatures.ts";

const MESSAGE = text("what is signed");
const ALGORITHMS = Object.keys(HASHES).map(Number);
const digestOf = (algorithm: number) => hash(algorithm, MESSAGE);
const external = (tpm: TestTpm, key: { area: Uint8Array; sensitive: Uint8Array }) =>
  handleAndFields(tpm.run(loadExternal(key.area, RH.NULL, key.sensitive))).handle;
const publicOnly = (tpm: TestTpm, key: { area: Uint8Array }, hierarchy: number = RH.OWNER) =>
  handleAndFields(tpm.run(loadExternal(key.area, hierarchy))).handle;
const rcOf = (tpm: TestTpm, bytes: Uint8Array) => tpm.run(bytes).rc;

describe("TPM2_Sign", () => {
  it("RSASSA and RSAPSS with every hash are good for OpenSSL; the salt is as long as the digest, or as fits", () => {
    const tpm = TestTpm.started();
    const larger = rsaKey({ attributes: EXTERNAL_SIGN, seed: new Uint8Array(0) });
    const keys = { 1024: knownRsa(), 2048: { area: larger.area, sensitive: sized(larger.sensitive) } };
    for (const bits of [1024, 2048] as const) {
      const key = keys[bits];
      const handle = external(tpm, key);
      for (const id of [ALG.RSASSA, ALG.RSAPSS]) {
        for (const algorithm of ALGORITHMS) {
          const fields = fieldsOf(tpm.run(sign(handle, digestOf(algorithm), scheme(id, algorithm))));
          const made = readSignature(fields);
          expect([made.id, made.algorithm, fields.rest().length]).toEqual([id, algorithm, 0]);
          expect(isGood(key.area, MESSAGE, made)).toBe(true);
          const digestSize = digestOf(algorithm).length;
          if (id === ALG.RSAPSS) expect(saltSize(key.area, made)).toBe(Math.min(digestSize, bits / 8 - digestSize - 2));
          const check = signature(made.id, made.algorithm, ...made.values);
          expect(rcOf(tpm, verifySignature(handle, digestOf(algorithm), check))).toBe(0);
        }
      }
    }
  });

  it.each(CURVES)("ECDSA, EC Schnorr and SM2 on $name are good by their equations", ({ id: curve, size }) => {
    const tpm = TestTpm.started();
    const key = knownEcc(curve);
    const handle = external(tpm, key);
    for (const id of [ALG.ECDSA, ALG.ECSCHNORR, ALG.SM2]) {
      for (const algorithm of size > 48 ? [ALG.SHA512] : [ALG.SHA1, ALG.SHA512]) {
        const made = readSignature(fieldsOf(tpm.run(sign(handle, digestOf(algorithm), scheme(id, algorithm)))));
        expect([made.id, made.algorithm]).toEqual([id, algorithm]);
        expect(made.values.map((value) => value.length)).toEqual([size, size]);
        expect(isGood(key.area, MESSAGE, made)).toBe(true);
        const check = signature(made.id, made.algorithm, ...made.values);
        expect(rcOf(tpm, verifySignature(handle, digestOf(algorithm), check))).toBe(0);
        const [r = check, s = check] = made.values;
        for (const bad of [
          signature(id, algorithm, s, r),
          signature(id, algorithm, r, new Uint8Array(size)),
          signature(id, algorithm, new Uint8Array(0), s),
          signature(id, algorithm, fromBig(toBig(r) ^ 1n, size), s),
        ])
          expect(rcOf(tpm, verifySignature(handle, digestOf(algorithm), bad))).toBe(
            rc("TPM_RC_SIGNATURE", { parameter: 2 }),
          );
        // The numbers of a signature may have leading zeros.
        if (size < 80) {
          const padded = signature(id, algorithm, concat([0], r), concat(new Uint8Array(80 - size), s));
          expect(rcOf(tpm, verifySignature(handle, digestOf(algorithm), padded))).toBe(0);
        }
      }
    }
  });

  it("HMAC is the HMAC of the digest", () => {
    const tpm = TestTpm.started();
    for (const algorithm of ALGORITHMS) {
      const handle = external(tpm, knownHmac(algorithm));
      const made = readSignature(fieldsOf(tpm.run(sign(handle, digestOf(algorithm)))));
      expect([made.id, made.algorithm]).toEqual([ALG.HMAC, algorithm]);
      expect(isGood(knownHmac().area, MESSAGE, made, HMAC_KEY)).toBe(true);
      expect(rcOf(tpm, flush(handle))).toBe(0);
    }
    // A key for both uses has no scheme of its own.
    const both = external(tpm, knownHmac(ALG.SHA256, EXTERNAL_SIGN | OBJECT.decrypt));
    const made = readSignature(fieldsOf(tpm.run(sign(both, digestOf(ALG.SHA384), scheme(ALG.HMAC, ALG.SHA384)))));
    expect(isGood(knownHmac().area, MESSAGE, made, HMAC_KEY)).toBe(true);
    expect(rcOf(tpm, sign(both, digestOf(ALG.SHA256)))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    expect(rcOf(tpm, sign(both, digestOf(ALG.SHA256), scheme(ALG.RSASSA)))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
  });

  it("a restricted key signs only what the TPM hashed", () => {
    const tpm = TestTpm.started();
    const key = runCreatePrimary(tpm, ecc(SIGNING | OBJECT.restricted, { scheme: scheme(ALG.ECDSA) }));
    const hashed = (data: Uint8Array, algorithm: number, hierarchy: number) => {
      const fields = fieldsOf(tpm.run(command(CC.Hash, [], [sized(data), u16(algorithm), u32(hierarchy)])));
      return { digest: fields.sized(), ticket: fields.rest() };
    };
    const { digest, ticket } = hashed(MESSAGE, ALG.SHA256, RH.OWNER);
    expect(
      isGood(key.area, MESSAGE, readSignature(fieldsOf(tpm.run(sign(key.handle, digest, NO_SCHEME, ticket))))),
    ).toBe(true);
    const refused = (...args: Parameters<typeof sign>) =>
      expect(rcOf(tpm, sign(...args))).toBe(rc("TPM_RC_TICKET", { parameter: 3 }));
    refused(key.handle, digest);
    refused(key.handle, hash(ALG.SHA256, digest), NO_SCHEME, ticket);
    const flipped = ticket.slice();
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    refused(key.handle, digest, NO_SCHEME, flipped);
    // Tickets belong to the proof of a hierarchy, and say which hash it was.
    refused(key.handle, digest, NO_SCHEME, concat(u16(ST.HASHCHECK), u32(RH.PLATFORM), ticket.subarray(6)));
    const other = hashed(MESSAGE, ALG.SHA1, RH.OWNER);
    refused(key.handle, other.digest, NO_SCHEME, other.ticket);
    const forged = hashed(concat(u32(0xff544347), MESSAGE), ALG.SHA256, RH.OWNER);
    refused(key.handle, forged.digest, NO_SCHEME, forged.ticket);
    // An unrestricted key needs no ticket, but one that is given must be right.
    const free = external(tpm, knownEcc());
    expect(rcOf(tpm, sign(free, digest, scheme(ALG.ECDSA), ticket))).toBe(0);
    refused(free, digest, scheme(ALG.ECDSA), flipped);
    expect(rcOf(tpm, sign(free, digest, scheme(ALG.ECDSA), nullTicket(0x8022)))).toBe(
      rc("TPM_RC_TAG", { parameter: 3 }),
    );
  });

  it("refuses keys that don't sign, schemes that don't fit and digests of another size", () => {
    const tpm = TestTpm.started();
    const digest = digestOf(ALG.SHA256);
    const check = (handle: number, expected: number, ...rest: [Uint8Array?, Uint8Array?]) =>
      expect(rcOf(tpm, sign(handle, rest[1] ?? digest, rest[0] ?? NO_SCHEME))).toBe(expected);
    for (const area of [ecc(STORAGE), keyedHash(SEALED), symCipher(SIGNING)]) {
      const inSensitive = area[1] === ALG.KEYEDHASH ? sensitive([], [1]) : sensitive();
      const { handle } = runCreatePrimary(tpm, area, RH.OWNER, inSensitive);
      check(handle, rc("TPM_RC_KEY", { handle: 1 }), scheme(ALG.ECDSA));
      expect(rcOf(tpm, flush(handle))).toBe(0);
    }
    const sequence = handleAndFields(tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]))).handle;
    check(sequence, rc("TPM_RC_KEY", { handle: 1 }), scheme(ALG.ECDSA));
    const anyScheme = external(tpm, knownEcc());
    check(anyScheme, rc("TPM_RC_SCHEME", { parameter: 2 }));
    check(anyScheme, rc("TPM_RC_SCHEME", { parameter: 2 }), scheme(ALG.RSASSA));
    check(anyScheme, rc("TPM_RC_SCHEME", { parameter: 2 }), scheme(ALG.HMAC));
    check(anyScheme, rc("TPM_RC_SIZE", { parameter: 1 }), scheme(ALG.ECDSA, ALG.SHA1));
    check(anyScheme, rc("TPM_RC_SIZE", { parameter: 1 }), scheme(ALG.ECDSA), digest.subarray(1));
    check(anyScheme, rc("TPM_RC_VALUE"), scheme(ALG.ECDAA));
    check(anyScheme, rc("TPM_RC_SCHEME", { parameter: 2 }), concat(u16(0x0015)));
    check(anyScheme, rc("TPM_RC_HASH", { parameter: 2 }), concat(u16(ALG.ECDSA), u16(ALG.NULL)));
    const fixed = external(tpm, knownEcc(3, EXTERNAL_SIGN, scheme(ALG.ECDSA)));
    check(fixed, 0);
    check(fixed, 0, scheme(ALG.ECDSA));
    check(fixed, rc("TPM_RC_SCHEME", { parameter: 2 }), scheme(ALG.ECDSA, ALG.SHA384), digestOf(ALG.SHA384));
    check(fixed, rc("TPM_RC_SCHEME", { parameter: 2 }), scheme(ALG.SM2));
    expect(rcOf(tpm, flush(sequence))).toBe(0);
    expect(rcOf(tpm, flush(anyScheme))).toBe(0);
    const anonymous = external(tpm, knownEcc(3, EXTERNAL_SIGN, scheme(ALG.ECDAA)));
    check(anonymous, rc("TPM_RC_SCHEME", { parameter: 2 }));
    check(anonymous, rc("TPM_RC_SCHEME", { parameter: 2 }), scheme(ALG.ECDSA));
    check(anonymous, rc("TPM_RC_VALUE"), scheme(ALG.ECDAA, ALG.SHA256, 5));
    const onRsa = external(tpm, knownRsa());
    check(onRsa, rc("TPM_RC_SCHEME", { parameter: 2 }), scheme(ALG.ECDSA));
    expect(rcOf(tpm, flush(onRsa))).toBe(0);
    expect(rcOf(tpm, flush(fixed))).toBe(0);
    const x509 = external(tpm, knownEcc(3, EXTERNAL_SIGN | (1 << 19)));
    check(x509, rc("TPM_RC_ATTRIBUTES", { handle: 1 }), scheme(ALG.ECDSA));
    // Only the public area: its authorization isn't there.
    check(publicOnly(tpm, knownEcc()), rc("TPM_RC_AUTH_UNAVAILABLE"), scheme(ALG.ECDSA));
    expect(rcOf(tpm, command(CC.Sign, [x509], [sized(digest), NO_SCHEME, nullTicket(ST.HASHCHECK)]))).toBe(
      rc("TPM_RC_AUTH_MISSING"),
    );
    expect(tpm.run(sign(x509, digest, NO_SCHEME, undefined, password([1]))).rc).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
  });
});

describe("TPM2_VerifySignature", () => {
  const digest = digestOf(ALG.SHA256);
  const made = new Map<string, Uint8Array>();
  const keys = { rsa: knownRsa(), ecc: knownEcc(), hmac: knownHmac() };

  beforeAll(() => {
    const tpm = TestTpm.started();
    const schemes = { rsa: scheme(ALG.RSASSA), ecc: scheme(ALG.ECDSA), hmac: NO_SCHEME };
    for (const name of ["rsa", "ecc", "hmac"] as const)
      made.set(name, fieldsOf(tpm.run(sign(external(tpm, keys[name]), digest, schemes[name]))).rest());
  });

  it("gives a ticket of the key's hierarchy, an empty one for the NULL hierarchy and for keys without Name", () => {
    const tpm = TestTpm.started();
    for (const name of ["rsa", "ecc"] as const) {
      const handle = publicOnly(tpm, keys[name]);
      const ticket = tpm.run(verifySignature(handle, digest, made.get(name) ?? digest)).body;
      expect(hex(ticket.subarray(0, 8))).toBe(hex(concat(u16(0x8022), u32(RH.OWNER), u16(64))));
      expect(ticket.length).toBe(72);
      expect(rcOf(tpm, flush(handle))).toBe(0);
      const nowhere = publicOnly(tpm, keys[name], RH.NULL);
      const empty = tpm.run(verifySignature(nowhere, digest, made.get(name) ?? digest)).body;
      expect(hex(empty)).toBe(hex(nullTicket(0x8022)));
      expect(rcOf(tpm, flush(nowhere))).toBe(0);
      const area = keys[name].area.slice();
      area.set(u16(ALG.NULL), 2);
      const nameless = publicOnly(tpm, { area });
      const none = tpm.run(verifySignature(nameless, digest, made.get(name) ?? digest)).body;
      expect(hex(none)).toBe(hex(nullTicket(0x8022)));
      expect(rcOf(tpm, flush(nameless))).toBe(0);
    }
  });

  it("refuses what is not signed by the key", () => {
    const tpm = TestTpm.started();
    for (const name of ["rsa", "ecc", "hmac"] as const) {
      const handle = name === "hmac" ? external(tpm, keys.hmac) : publicOnly(tpm, keys[name]);
      const good = made.get(name) ?? digest;
      expect(rcOf(tpm, verifySignature(handle, digest, good))).toBe(0);
      expect(rcOf(tpm, verifySignature(handle, hash(ALG.SHA256, digest), good))).toBe(
        rc("TPM_RC_SIGNATURE", { parameter: 2 }),
      );
      expect(rcOf(tpm, verifySignature(handle, digest.subarray(1), good))).toBe(
        rc("TPM_RC_SIGNATURE", { parameter: 2 }),
      );
      const bad = good.slice();
      bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
      expect(rcOf(tpm, verifySignature(handle, digest, bad))).toBe(rc("TPM_RC_SIGNATURE", { parameter: 2 }));
      for (const other of ["rsa", "ecc", "hmac"] as const)
        if (other !== name)
          expect(rcOf(tpm, verifySignature(handle, digest, made.get(other) ?? good))).toBe(
            rc("TPM_RC_SCHEME", { parameter: 2 }),
          );
      expect(rcOf(tpm, verifySignature(handle, digest, u16(ALG.NULL)))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
      expect(rcOf(tpm, flush(handle))).toBe(0);
    }
    const short = signature(ALG.RSASSA, ALG.SHA256, new Uint8Array(127));
    expect(rcOf(tpm, verifySignature(publicOnly(tpm, keys.rsa), digest, short))).toBe(
      rc("TPM_RC_SIGNATURE", { parameter: 2 }),
    );
    // The hash algorithm of an HMAC key's scheme is the only one.
    const otherHash = signature(ALG.HMAC, ALG.SHA1, new Uint8Array(20));
    expect(rcOf(tpm, verifySignature(external(tpm, keys.hmac), digestOf(ALG.SHA1), otherHash))).toBe(
      rc("TPM_RC_SIGNATURE", { parameter: 2 }),
    );
  });

  it("refuses keys that can't verify", () => {
    const tpm = TestTpm.started();
    const good = made.get("hmac") ?? digest;
    expect(rcOf(tpm, verifySignature(publicOnly(tpm, keys.hmac), digest, good))).toBe(
      rc("TPM_RC_HANDLE", { parameter: 2 }),
    );
    const { handle } = runCreatePrimary(tpm, ecc(STORAGE));
    expect(rcOf(tpm, verifySignature(handle, digest, made.get("ecc") ?? digest))).toBe(
      rc("TPM_RC_ATTRIBUTES", { handle: 1 }),
    );
    expect(rcOf(tpm, flush(handle))).toBe(0);
    const cipher = runCreatePrimary(tpm, symCipher(SIGNING));
    expect(rcOf(tpm, verifySignature(cipher.handle, digest, good))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    const sequence = handleAndFields(tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]))).handle;
    expect(rcOf(tpm, verifySignature(sequence, digest, good))).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 1 }));
    expect(rcOf(tpm, flush(sequence))).toBe(0);
    expect(rcOf(tpm, verifySignature(sequence, digest, good))).toBe(rc("TPM_RC_REFERENCE_H0"));
    expect(rcOf(tpm, verifySignature(RH.OWNER, digest, good))).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    expect(rcOf(tpm, verifySignature(0x80000003, digest, good))).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
  });
});
