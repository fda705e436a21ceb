import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { certifyX509 } from "../../testkit/attestation.ts";
import {
  type Bytes,
  critical,
  der,
  extension,
  extensions,
  ISSUER,
  KEY_USAGE,
  keyUsage,
  objectAttributes,
  partial,
  SIGNS,
  SUBJECT,
  sequence,
  USAGE,
  type Usage,
  usage,
  VALIDITY,
} from "../../testkit/certificates.ts";
import { concat, hex, password, TestTpm, u16 } from "../../testkit/harness.ts";
import { ALG, RH, rc } from "../../testkit/names.ts";
import {
  ecc,
  fieldsOf,
  handleAndFields,
  loadExternal,
  OBJECT,
  RSA_STORAGE,
  runCreatePrimary,
  SIGNING,
  STORAGE,
} from "../../testkit/objects.ts";
import {
  EXTERNAL_SIGN,
  hash,
  knownEcc,
  knownHmac,
  knownRsa,
  publicKeyOf,
  readSignature,
  scheme,
  toBig,
} from "../../testkit/signatures.ts";

/** Elements one after the other, as they lie. */
function elements(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1] ?? 0;
    const [head, size] =
      first < 0x80
        ? [2, first]
        : first === 0x81
          ? [3, bytes[at + 2] ?? 0]
          : [4, (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)];
    found.push(bytes.subarray(at, at + head + size));
    at += head + size;
  }
  return found;
}
function contents(element: Uint8Array): Uint8Array {
  const first = element[1] ?? 0;
  return element.subarray(first < 0x80 ? 2 : first === 0x81 ? 3 : 4);
}

const rcOf = (tpm: TestTpm, bytes: Uint8Array) => tpm.run(bytes).rc;
const load = (tpm: TestTpm, key: { area: Uint8Array; sensitive: Uint8Array }) =>
  handleAndFields(tpm.run(loadExternal(key.area, RH.NULL, key.sensitive))).handle;

/** The whole certificate, put together by the caller (Part 3, 18.8). */
function certificate(
  tpm: TestTpm,
  object: number,
  key: number,
  exts: Uint8Array,
  inScheme: Uint8Array,
  algorithm?: Uint8Array,
) {
  const fields = fieldsOf(tpm.run(certifyX509(object, key, partial(exts, algorithm), { scheme: inScheme })));
  const added = elements(contents(fields.sized()));
  const digest = fields.sized();
  const made = readSignature(fields);
  expect(fields.rest().length).toBe(0);
  const [version = [], serial = new Uint8Array()] = added;
  const signatureAlgorithm = algorithm ?? added[2] ?? [];
  const publicKey = added.at(-1) ?? [];
  expect(added.length).toBe(algorithm ? 3 : 4);
  const tbs = sequence(version, serial, signatureAlgorithm, ISSUER, VALIDITY, SUBJECT, publicKey, exts);
  expect(hex(digest)).toBe(hex(hash(made.algorithm, tbs)));
  const unsigned = (value: Uint8Array) => {
    const bytes = concat([0], value);
    const start = bytes.findIndex((byte, i) => byte !== 0 || i === bytes.length - 1);
    return der(0x02, bytes.subarray((bytes[start] ?? 0) & 0x80 ? start - 1 : start));
  };
  const [first = new Uint8Array()] = made.values;
  const signature = made.values.length === 1 ? first : sequence(...made.values.map(unsigned));
  const bytes = sequence(tbs, signatureAlgorithm, der(0x03, [0], signature));
  return { x509: new X509Certificate(bytes), serial: contents(serial), tbs };
}

describe("TPM2_CertifyX509", () => {
  it("makes certificates that OpenSSL reads and verifies", () => {
    const tpm = TestTpm.started();
    const keys = [
      { key: knownRsa(), schemes: [ALG.RSASSA, ALG.RSAPSS] },
      { key: knownEcc(3), schemes: [ALG.ECDSA] },
      { key: knownEcc(5), schemes: [ALG.ECDSA] },
    ];
    const handles = keys.map(({ key }) => load(tpm, key));
    for (const [i, { key, schemes }] of keys.entries()) {
      for (const id of schemes) {
        for (const algorithm of [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512]) {
          const object = handles[(i + 1) % 3] ?? 0;
          const { x509, serial, tbs } = certificate(tpm, object, handles[i] ?? 0, SIGNS, scheme(id, algorithm));
          expect([x509.issuer, x509.subject]).toEqual(["CN=issuer", "CN=subject"]);
          expect(x509.validTo).toContain("2036");
          const issuer = certificate(tpm, handles[i] ?? 0, handles[i] ?? 0, SIGNS, scheme(id, algorithm)).x509;
          expect(x509.verify(issuer.publicKey)).toBe(true);
          expect(issuer.verify(issuer.publicKey)).toBe(true);
          expect(x509.verify(x509.publicKey)).toBe(false);
          const known = publicKeyOf(keys[(i + 1) % 3]?.key.area ?? key.area);
          const jwk = x509.publicKey.export({ format: "jwk" });
          const main = "n" in known ? known.n : toBig(Buffer.from(jwk.x ?? "", "base64url"));
          if ("n" in known) expect(jwk.n).toBe(Buffer.from(main as Uint8Array).toString("base64url"));
          else expect(main).toBe(known.x);
          // RFC 5280, 4.1.2.2: positive, and at most 20 octets.
          expect(serial.length).toBeLessThanOrEqual(20);
          expect((serial[0] ?? 0x80) & 0x80).toBe(0);
          expect(tbs.length).toBeGreaterThan(100);
        }
      }
    }
  });

  it("takes the caller's signature algorithm as it is, also for schemes that have none", () => {
    const tpm = TestTpm.started();
    const handle = load(tpm, knownEcc());
    const algorithm = sequence([0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]);
    const { x509 } = certificate(tpm, handle, handle, SIGNS, scheme(ALG.ECDSA), algorithm);
    expect(x509.verify(x509.publicKey)).toBe(true);
    const given = certifyX509(handle, handle, partial(SIGNS, algorithm), { scheme: scheme(ALG.ECSCHNORR) });
    expect(rcOf(tpm, given)).toBe(0);
    expect(rcOf(tpm, certifyX509(handle, handle, partial(), { scheme: scheme(ALG.ECSCHNORR) }))).toBe(
      rc("TPM_RC_SCHEME", { handle: 2 }),
    );
    expect(rcOf(tpm, certifyX509(handle, handle, partial(), { scheme: scheme(ALG.SM2) }))).toBe(
      rc("TPM_RC_SCHEME", { handle: 2 }),
    );
  });

  it("the serial number belongs to the certificate and both keys", () => {
    const tpm = TestTpm.started();
    const [a, b] = [load(tpm, knownEcc(3)), load(tpm, knownEcc(4))];
    const serials = [
      [a, b, SIGNS],
      [b, a, SIGNS],
      [a, a, SIGNS],
      [a, a, extensions(keyUsage("digitalSignature", "keyCertSign"))],
    ] as const;
    const made = serials.map(([object, key, exts]) =>
      hex(certificate(tpm, object, key, exts, scheme(ALG.ECDSA)).serial),
    );
    expect(new Set(made).size).toBe(4);
    expect(hex(certificate(tpm, a, b, SIGNS, scheme(ALG.ECDSA)).serial)).toBe(made[0]);
  });

  it("checks KeyUsage and TPMA_OBJECT against the attributes of the object", () => {
    const tpm = TestTpm.started();
    const key = load(tpm, knownEcc());
    const check = (object: number, expected: number, exts: Uint8Array) =>
      expect(rcOf(tpm, certifyX509(object, key, partial(exts), { scheme: scheme(ALG.ECDSA) }))).toBe(expected);
    const every = Object.keys(USAGE) as Usage[];
    const outcomes = (object: number) =>
      every.filter((bit) => {
        const answer = tpm.run(
          certifyX509(object, key, partial(extensions(keyUsage(bit))), { scheme: scheme(ALG.ECDSA) }),
        ).rc;
        expect([0, rc("TPM_RC_ATTRIBUTES", { handle: 1 })]).toContain(answer);
        return answer === 0;
      });
    const signing = runCreatePrimary(tpm, ecc(SIGNING)).handle;
    expect(outcomes(signing)).toEqual(["digitalSignature", "nonRepudiation", "keyCertSign", "cRLSign"]);
    check(signing, 0, extensions(objectAttributes(SIGNING), keyUsage("digitalSignature")));
    check(
      signing,
      rc("TPM_RC_ATTRIBUTES", { handle: 1 }),
      extensions(objectAttributes(SIGNING | OBJECT.decrypt), keyUsage("digitalSignature")),
    );
    check(
      signing,
      rc("TPM_RC_ATTRIBUTES", { handle: 1 }),
      extensions(keyUsage("digitalSignature", "dataEncipherment")),
    );
    const storage = runCreatePrimary(tpm, ecc(STORAGE)).handle;
    const decrypts = [
      "nonRepudiation",
      "keyEncipherment",
      "dataEncipherment",
      "keyAgreement",
      "encipherOnly",
      "decipherOnly",
    ];
    expect(outcomes(storage)).toEqual(decrypts);
    expect(outcomes(key)).toEqual(["digitalSignature", "keyCertSign", "cRLSign"]);
  });

  it("refuses what is no partial certificate", () => {
    const tpm = TestTpm.started();
    const key = load(tpm, knownEcc());
    const check = (expected: number, bytes: Bytes) =>
      expect(rcOf(tpm, certifyX509(key, key, bytes, { scheme: scheme(ALG.ECDSA) }))).toBe(expected);
    check(0, partial());
    const bad = rc("TPM_RC_VALUE", { parameter: 3 });
    const size = rc("TPM_RC_SIZE", { parameter: 3 });
    check(bad, []);
    for (const bytes of [[0x30], [0x31, 0], concat(partial(), [0]), partial().subarray(0, -1), [0x3f, 1, 0]])
      check(size, bytes);
    // Lengths in more octets than they need, or of an indefinite form.
    check(size, [0x30, 0x80, 0, 0]);
    check(size, concat([0x30, 0x81, 0x7f], new Uint8Array(127)));
    check(size, concat([0x30, 0x82, 0, 0xff], new Uint8Array(255)));
    check(size, [0x30, 0x83, 0, 0, 0]);
    check(bad, sequence());
    check(bad, sequence(ISSUER, VALIDITY, SUBJECT));
    check(bad, sequence(ISSUER, VALIDITY, SIGNS));
    check(bad, sequence(ISSUER, VALIDITY, SUBJECT, SUBJECT, SUBJECT, SIGNS));
    check(bad, sequence(ISSUER, VALIDITY, SIGNS, SUBJECT));
    check(bad, sequence(ISSUER, VALIDITY, SUBJECT, SIGNS, SIGNS));
    check(bad, sequence(ISSUER, VALIDITY, SUBJECT, der(0xa1, [0]), SIGNS));
    check(bad, sequence(ISSUER, VALIDITY, SUBJECT, [0x30, 5]));
    const use = (...all: Bytes[]) => partial(extensions(...all));
    const good = keyUsage("digitalSignature");
    check(0, use(extension([0x06, 3, 0x55, 0x1d, 0x13], sequence()), good));
    for (const exts of [
      der(0xa3),
      der(0xa3, sequence(good), [0]),
      der(0xa3, der(0x31, good)),
      extensions(),
      extensions(objectAttributes(EXTERNAL_SIGN)),
      extensions(good, good),
      extensions(good, objectAttributes(EXTERNAL_SIGN), objectAttributes(EXTERNAL_SIGN)),
      extensions(good, der(0x31)),
      extensions(good, sequence()),
      extensions(good, sequence([0x04, 0])),
      extensions(sequence(KEY_USAGE)),
      extensions(sequence(KEY_USAGE, critical)),
      extensions(sequence(KEY_USAGE, der(0x01, [0]), der(0x04, usage("digitalSignature")))),
      extensions(sequence(KEY_USAGE, critical, critical, der(0x04, usage("digitalSignature")))),
      extensions(sequence(KEY_USAGE, critical, der(0x04, usage("digitalSignature")), [5, 0])),
      extensions(extension(KEY_USAGE, concat(usage("digitalSignature"), [0]))),
      extensions(extension(KEY_USAGE, der(0x03))),
      extensions(extension(KEY_USAGE, der(0x03, [8, 0x80]))),
      extensions(extension(KEY_USAGE, der(0x03, [7, 0x81]))),
      extensions(extension(KEY_USAGE, der(0x03, [1]))),
      extensions(extension(KEY_USAGE, der(0x03, [0, 0x80, 0, 0, 0, 0]))),
      extensions(extension(KEY_USAGE, der(0x04, [7, 0x80]))),
    ])
      check(bad, partial(exts));
    check(0, use(extension(KEY_USAGE, der(0x03, [0]))));
    check(0, use(extension(KEY_USAGE, usage("digitalSignature"), false)));
  });

  it("refuses keys, objects and parameters that don't fit", () => {
    const tpm = TestTpm.started();
    const key = load(tpm, knownEcc());
    const ecdsa = { scheme: scheme(ALG.ECDSA) };
    expect(rcOf(tpm, certifyX509(key, key, partial(), { ...ecdsa, reserved: [1] }))).toBe(
      rc("TPM_RC_SIZE", { parameter: 1 }),
    );
    expect(rcOf(tpm, certifyX509(key, RH.NULL, partial(), ecdsa))).toBe(rc("TPM_RC_KEY", { handle: 2 }));
    expect(rcOf(tpm, certifyX509(key, key, partial()))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    expect(rcOf(tpm, certifyX509(key, key, partial(), { scheme: scheme(ALG.RSASSA) }))).toBe(
      rc("TPM_RC_SCHEME", { parameter: 2 }),
    );
    expect(rcOf(tpm, certifyX509(key, key, partial(), { ...ecdsa, sessions: [password()] }))).toBe(
      rc("TPM_RC_AUTH_MISSING"),
    );
    const hmac = load(tpm, knownHmac());
    expect(rcOf(tpm, certifyX509(hmac, key, partial(), ecdsa))).toBe(rc("TPM_RC_ASYMMETRIC", { handle: 1 }));
    expect(rcOf(tpm, certifyX509(key, hmac, partial()))).toBe(rc("TPM_RC_SCHEME", { handle: 2 }));
    const bn = load(tpm, knownEcc(0x10));
    expect(rcOf(tpm, certifyX509(bn, key, partial(), ecdsa))).toBe(rc("TPM_RC_ASYMMETRIC", { handle: 1 }));
    expect(rcOf(tpm, certifyX509(key, bn, partial(), ecdsa))).toBe(0);
    const other = TestTpm.started();
    const signer = load(other, knownEcc());
    const storage = runCreatePrimary(other, RSA_STORAGE).handle;
    expect(rcOf(other, certifyX509(signer, storage, partial()))).toBe(rc("TPM_RC_KEY", { handle: 2 }));
    // A key without nameAlg has no Name; it certifies nevertheless.
    const area = knownEcc().area.slice();
    area.set(u16(ALG.NULL), 2);
    const nameless = load(other, { area, sensitive: knownEcc().sensitive });
    expect(rcOf(other, certifyX509(signer, nameless, partial(), ecdsa))).toBe(0);
  });

  it("reads any bytes without a trap", () => {
    const tpm = TestTpm.started();
    const key = load(tpm, knownEcc());
    const whole = partial(extensions(objectAttributes(EXTERNAL_SIGN), keyUsage("digitalSignature")));
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (edits, cut) => {
        const bytes = whole.slice(0, cut % 3 === 0 ? cut : whole.length);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        const response = tpm.run(certifyX509(key, key, bytes, { scheme: scheme(ALG.ECDSA) }));
        return [
          0,
          rc("TPM_RC_VALUE", { parameter: 3 }),
          rc("TPM_RC_SIZE", { parameter: 3 }),
          rc("TPM_RC_ATTRIBUTES", { handle: 1 }),
          rc("TPM_RC_SCHEME", { handle: 2 }),
        ].includes(response.rc);
      }),
      { seed: 7, numRuns: 300 },
    );
    expect(tpm.core.failureMode()).toBe(0);
  });
});
