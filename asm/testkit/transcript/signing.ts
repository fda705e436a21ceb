/** Signing, verification and signed policies, by keys that are the same on every TPM. */

import { command, concat, password, sized, text, u16, u32 } from "../harness.ts";
import { ALG, CC, RH, ST } from "../names.ts";
import { createPrimary, ecc, keyedHash, OBJECT, SEALED, SIGNING, STORAGE, sensitive, symCipher } from "../objects.ts";
import {
  EXTERNAL_SIGN,
  eccSignatureOf,
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
  sign,
  signature,
  verifySignature,
} from "../signatures.ts";
import { add, flush, NUL, n16, none, start } from "./builders.ts";
import { ALGORITHMS, digestOf, external, KEY, type Key, publicOnly, RC, SIGNATURE, withKey } from "./knownKeys.ts";

const keys: [name: string, key: Key, schemes: number[]][] = [
  ["RSA", knownRsa(), [ALG.RSASSA, ALG.RSAPSS]],
  ["P-256", knownEcc(3), [ALG.ECDSA, ALG.ECSCHNORR, ALG.SM2]],
  ["P-521", knownEcc(5), [ALG.ECDSA]],
  ["BN P-256", knownEcc(0x10), [ALG.ECDSA, ALG.ECSCHNORR, ALG.SM2]],
  ["SM2 P-256", knownEcc(0x20), [ALG.SM2, ALG.ECDSA]],
];

const EVERY_SCHEME = [ALG.HMAC, ALG.RSASSA, ALG.RSAPSS, ALG.ECDSA, ALG.ECDAA, ALG.SM2, ALG.ECSCHNORR];

const isSlow = (name: string) => name === "P-521" || name.startsWith("BN");

export function signing(): void {
  for (const [name, key, schemes] of keys) {
    withKey(`the ${name} key`, external(key), () => {
      for (const id of schemes) {
        const isFixed = id === ALG.RSASSA;
        for (const algorithm of isSlow(name) ? [ALG.SHA1, ALG.SHA512] : ALGORITHMS)
          add(
            `sign by ${name}, ${id.toString(16)}, ${algorithm}`,
            sign(KEY, digestOf(algorithm), scheme(id, algorithm)),
            isFixed ? {} : SIGNATURE,
          );
      }
      const digest = digestOf(ALG.SHA256);
      add(`sign by ${name} without scheme`, sign(KEY, digest));
      for (const id of EVERY_SCHEME) {
        if (schemes.includes(id) || [ALG.ECDSA, ALG.ECSCHNORR, ALG.SM2].some((one) => one === id && name !== "RSA"))
          continue;
        // A commitment of an earlier chapter may be waiting.
        add(`sign by ${name}, ${id.toString(16)}`, sign(KEY, digest, scheme(id)), id === ALG.ECDAA ? RC : {});
      }
      const [first = ALG.ECDSA] = schemes;
      for (const size of [0, 20, 31, 33, 64]) add(`sign ${size} bytes`, sign(KEY, new Uint8Array(size), scheme(first)));
      add("sign 65 bytes", sign(KEY, new Uint8Array(65), scheme(first)));
      add(
        "sign with a wrong ticket",
        sign(KEY, digest, scheme(first), concat(u16(ST.HASHCHECK), u32(RH.OWNER), sized(new Uint8Array(64)))),
      );
      add("sign with a wrong tag", sign(KEY, digest, scheme(first), nullTicket(0x8022)));
      add(
        "sign with a ticket of no hierarchy",
        sign(KEY, digest, scheme(first), concat(u16(ST.HASHCHECK), u32(RH.LOCKOUT), sized([]))),
      );
      add("sign with no signing scheme", sign(KEY, digest, u16(0x15)));
      add("sign with no hash", sign(KEY, digest, concat(u16(first), u16(ALG.NULL))));
      add("sign, wrong auth", sign(KEY, digest, scheme(first), undefined, password([1])));
      add("sign without session", command(CC.Sign, [KEY], [sized(digest), scheme(first), nullTicket(ST.HASHCHECK)]));
    });
  }
  for (const algorithm of ALGORITHMS)
    withKey(`an HMAC key, ${algorithm}`, external(knownHmac(algorithm)), () => {
      add("HMAC by its scheme", sign(KEY, digestOf(algorithm)));
      add("HMAC by the same scheme", sign(KEY, digestOf(algorithm), scheme(ALG.HMAC, algorithm)));
      add(
        "HMAC by another hash",
        sign(KEY, digestOf(ALG.SHA256), scheme(ALG.HMAC, algorithm === ALG.SHA1 ? ALG.SHA256 : ALG.SHA1)),
      );
      add("HMAC of another size", sign(KEY, new Uint8Array(19)));
    });
  withKey("an HMAC key for both uses", external(knownHmac(ALG.SHA256, EXTERNAL_SIGN | OBJECT.decrypt)), () => {
    add("HMAC without scheme", sign(KEY, digestOf(ALG.SHA256)));
    add("HMAC by the caller's scheme", sign(KEY, digestOf(ALG.SHA384), scheme(ALG.HMAC, ALG.SHA384)));
  });
  withKey("an ECC key with a scheme", external(knownEcc(3, EXTERNAL_SIGN, scheme(ALG.ECDSA))), () => {
    add("by its scheme", sign(KEY, digestOf(ALG.SHA256)), SIGNATURE);
    add("by another hash", sign(KEY, digestOf(ALG.SHA1), scheme(ALG.ECDSA, ALG.SHA1)));
    add("by another scheme", sign(KEY, digestOf(ALG.SHA256), scheme(ALG.SM2)));
  });
  withKey("an ECDAA key", external(knownEcc(0x10, EXTERNAL_SIGN, scheme(ALG.ECDAA))), () => {
    const digest = digestOf(ALG.SHA256);
    add("ECDAA without count", sign(KEY, digest));
    add("ECDAA as ECDSA", sign(KEY, digest, scheme(ALG.ECDSA)));
    add("ECDAA before the commitment", sign(KEY, digest, scheme(ALG.ECDAA, ALG.SHA256, 0xffff)));
    add("ECDAA by another hash", sign(KEY, digestOf(ALG.SHA1), scheme(ALG.ECDAA, ALG.SHA1, 0)));
    add("ECDAA cut off", command(CC.Sign, [KEY], [sized(digest), u16(ALG.ECDAA), u16(ALG.SHA256)], [password()]));
  });
  withKey("a key for certificates", external(knownEcc(3, EXTERNAL_SIGN | (1 << 19))), () => {
    add("sign by a key for certificates", sign(KEY, digestOf(ALG.SHA256), scheme(ALG.ECDSA)));
  });
  withKey("a public key", publicOnly(knownEcc()), () => {
    add("sign by a public key", sign(KEY, digestOf(ALG.SHA256), scheme(ALG.ECDSA)));
  });
  const notSigning: [string, Uint8Array, Uint8Array][] = [
    ["storage", ecc(STORAGE), sensitive()],
    ["data", keyedHash(SEALED), sensitive([], [1])],
    ["cipher", symCipher(SIGNING), sensitive()],
  ];
  for (const [name, area, inSensitive] of notSigning)
    withKey(
      name,
      createPrimary(area, RH.OWNER, inSensitive),
      () => {
        add(`sign by ${name}`, sign(KEY, digestOf(ALG.SHA256), scheme(ALG.ECDSA)));
        add(`verify by ${name}`, verifySignature(KEY, digestOf(ALG.SHA256), hmacOf(ALG.SHA256, digestOf(ALG.SHA256))));
      },
      { to: 14 },
    );
  withKey("a hash sequence", command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]), () => {
    add("sign by a sequence", sign(KEY, digestOf(ALG.SHA256), scheme(ALG.ECDSA)));
    add("verify by a sequence", verifySignature(KEY, digestOf(ALG.SHA256), hmacOf(ALG.SHA256, digestOf(ALG.SHA256))));
  });
  withKey(
    "a restricted key",
    createPrimary(ecc(SIGNING | OBJECT.restricted, { scheme: scheme(ALG.ECDSA) })),
    () => {
      add("sign by a restricted key without ticket", sign(KEY, digestOf(ALG.SHA256)));
      add(
        "the same, with the NULL ticket of the owner",
        sign(KEY, digestOf(ALG.SHA256), NO_SCHEME, concat(u16(ST.HASHCHECK), u32(RH.OWNER), sized([]))),
      );
    },
    { to: 14 },
  );
  add("sign by nothing", sign(KEY, digestOf(ALG.SHA256), scheme(ALG.ECDSA)));
  add("sign by the owner", sign(RH.OWNER, digestOf(ALG.SHA256), scheme(ALG.ECDSA)));
}

export function verification(): void {
  const changed = (bytes: Uint8Array, at: number) =>
    bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));
  for (const [name, key, schemes] of keys) {
    const curve = { "P-256": 3, "P-521": 5, "BN P-256": 0x10, "SM2 P-256": 0x20 }[name];
    const make = (id: number, algorithm: number, digest: Uint8Array) => {
      if (curve !== undefined) return eccSignatureOf(id, curve, algorithm, digest);
      return id === ALG.RSASSA
        ? rsassaOf(algorithm, digest)
        : rsapssOf(algorithm, digest, Math.min(digest.length, 126 - digest.length));
    };
    withKey(`the public ${name} key`, publicOnly(key), () => {
      for (const id of schemes) {
        // The slow curves with two hashes only: the shortest and the longest digest.
        for (const algorithm of isSlow(name) ? [ALG.SHA1, ALG.SHA512] : ALGORITHMS) {
          const digest = digestOf(algorithm);
          const good = make(id, algorithm, digest);
          // The ticket is keyed with the proof of the hierarchy.
          add(`verify by ${name}, ${id.toString(16)}, ${algorithm}`, verifySignature(KEY, digest, good), { to: 18 });
          add("the same, one bit changed", verifySignature(KEY, digest, changed(good, -1)));
          add("the same, of another digest", verifySignature(KEY, changed(digest, 0), good));
          add("the same, of a shorter digest", verifySignature(KEY, digest.subarray(1), good));
          add("the same, cut off", verifySignature(KEY, digest, good.subarray(0, -1)));
          const hashChanged = concat(u16(id), u16(algorithm === ALG.SHA1 ? ALG.SHA256 : ALG.SHA1), good.subarray(4));
          if (id === ALG.RSASSA || id === ALG.RSAPSS)
            add("the same, by another hash", verifySignature(KEY, digest, hashChanged));
        }
      }
      const digest = digestOf(ALG.SHA256);
      add("no signature", verifySignature(KEY, digest, u16(ALG.NULL)));
      add("an HMAC", verifySignature(KEY, digest, hmacOf(ALG.SHA256, digest)));
      add(
        "a signature by ECDAA",
        verifySignature(
          KEY,
          digest,
          signature(ALG.ECDAA, ALG.SHA256, new Uint8Array(32).fill(1), new Uint8Array(32).fill(1)),
        ),
      );
      add(
        "a signature of the other kind",
        verifySignature(
          KEY,
          digest,
          curve === undefined ? eccSignatureOf(ALG.ECDSA, 3, ALG.SHA256, digest) : rsassaOf(ALG.SHA256, digest),
        ),
      );
      add("no such scheme", verifySignature(KEY, digest, concat(u16(0x15), u16(ALG.SHA256), sized([]))));
      add("no hash", verifySignature(KEY, digest, signature(schemes[0] ?? 0, ALG.NULL, none, none)));
      if (curve !== undefined) {
        const id = schemes[0] ?? 0;
        const one = Uint8Array.of(1);
        for (const [r, s] of [
          [none, none],
          [none, one],
          [one, none],
          [one, one],
          [new Uint8Array(80).fill(0xff), one],
        ] as const)
          add(`r of ${r.length}, s of ${s.length}`, verifySignature(KEY, digest, signature(id, ALG.SHA256, r, s)));
        add("r of 81", verifySignature(KEY, digest, signature(id, ALG.SHA256, new Uint8Array(81), one)));
      } else {
        for (const size of [0, 127, 129, 384, 385])
          add(
            `${size} bytes`,
            verifySignature(KEY, digest, signature(ALG.RSASSA, ALG.SHA256, new Uint8Array(size).fill(1))),
          );
        add(
          "the modulus itself and more",
          verifySignature(KEY, digest, signature(ALG.RSASSA, ALG.SHA256, new Uint8Array(128).fill(0xff))),
        );
        for (const salt of [0, 1, 94])
          add(`a salt of ${salt}`, verifySignature(KEY, digest, rsapssOf(ALG.SHA256, digest, salt)), { to: 18 });
      }
    });
    withKey(`the ${name} key of no hierarchy`, publicOnly(key, RH.NULL), () => {
      const digest = digestOf(ALG.SHA256);
      add("verify without hierarchy", verifySignature(KEY, digest, make(schemes[0] ?? 0, ALG.SHA256, digest)));
    });
  }
  withKey("the HMAC key", external(knownHmac()), () => {
    const digest = digestOf(ALG.SHA256);
    add("verify an HMAC", verifySignature(KEY, digest, hmacOf(ALG.SHA256, digest)));
    add("an HMAC with a bit changed", verifySignature(KEY, digest, changed(hmacOf(ALG.SHA256, digest), -1)));
    add("an HMAC by another hash", verifySignature(KEY, digest, hmacOf(ALG.SHA1, digest)));
    add("an HMAC of another size", verifySignature(KEY, digest.subarray(1), hmacOf(ALG.SHA256, digest.subarray(1))));
    add("a signature by ECDSA", verifySignature(KEY, digest, eccSignatureOf(ALG.ECDSA, 3, ALG.SHA256, digest)));
  });
  withKey("the HMAC key for both uses", external(knownHmac(ALG.SHA256, EXTERNAL_SIGN | OBJECT.decrypt)), () => {
    const digest = digestOf(ALG.SHA1);
    add("an HMAC by any hash", verifySignature(KEY, digest, hmacOf(ALG.SHA1, digest)));
  });
  withKey("the public HMAC key", publicOnly(knownHmac()), () => {
    add(
      "verify an HMAC without the key",
      verifySignature(KEY, digestOf(ALG.SHA256), hmacOf(ALG.SHA256, digestOf(ALG.SHA256))),
    );
  });
}

export function signedPolicies(): void {
  const session = 0x03000000;
  const number = (value: number) => u32(value >>> 0);
  const signed = (
    expiration: number,
    o: { nonce?: Uint8Array; cpHash?: Uint8Array; ref?: Uint8Array; flip?: boolean; by?: "rsa" | "hmac" } = {},
  ) => {
    const { nonce = none, cpHash = none, ref = none, flip = false, by = "rsa" } = o;
    const aHash = hash(ALG.SHA256, nonce, number(expiration), cpHash, ref);
    const auth = by === "rsa" ? rsassaOf(ALG.SHA256, aHash) : hmacOf(ALG.SHA256, aHash);
    if (flip) auth[auth.length - 1] = (auth.at(-1) ?? 0) ^ 1;
    return command(
      CC.PolicySigned,
      [KEY, session],
      [sized(nonce), sized(cpHash), sized(ref), number(expiration), auth],
    );
  };
  const digest = command(CC.PolicyGetDigest, [session]);
  for (const [kind, type] of [
    ["policy", 1],
    ["trial", 3],
  ] as const) {
    add(`start a ${kind} session`, start(RH.NULL, RH.NULL, n16, none, type, NUL, ALG.SHA256), { to: 16 });
    withKey("the key of the policy", publicOnly(knownRsa()), () => {
      add(`PolicySigned, ${kind}`, signed(0));
      add("policyDigest", digest);
      add(
        "PolicySigned with policyRef and cpHash",
        signed(0, { ref: text("a reference"), cpHash: new Uint8Array(32).fill(2) }),
      );
      add("policyDigest", digest);
      add("PolicySigned with another cpHash", signed(0, { cpHash: new Uint8Array(32).fill(3) }));
      add("PolicySigned with a short cpHash", signed(0, { cpHash: new Uint8Array(31) }));
      add("PolicySigned with a wrong nonce", signed(0, { nonce: new Uint8Array(32) }));
      add("PolicySigned by a wrong signature", signed(0, { flip: true }));
      add("PolicySigned by an HMAC", signed(0, { by: "hmac" }));
      add("PolicySigned until later", signed(100_000));
      // timeout and ticket depend on the clock and the proof.
      add("PolicySigned until later, with a ticket", signed(-100_000), kind === "policy" ? { to: 13 } : {});
      add("policyDigest", digest);
      add(
        "PolicySigned by no signature",
        command(CC.PolicySigned, [KEY, session], [sized([]), sized([]), sized([]), u32(0), u16(ALG.NULL)]),
      );
      add("PolicySigned, cut off", command(CC.PolicySigned, [KEY, session], [sized([]), sized([]), sized([]), u32(0)]));
      add(
        "PolicySigned in no session",
        command(
          CC.PolicySigned,
          [KEY, 0x02000000],
          [sized([]), sized([]), sized([]), u32(0), hmacOf(ALG.SHA256, none)],
        ),
      );
    });
    withKey("the HMAC key of the policy", external(knownHmac()), () => {
      add("PolicySigned by the HMAC key", signed(0, { by: "hmac" }));
      add("PolicySigned by RSA for the HMAC key", signed(0));
      add("policyDigest", digest);
    });
    add(`flush the ${kind} session`, flush(session));
  }
}
