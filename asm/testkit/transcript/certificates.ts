/** TPM2_CertifyX509, by keys that are the same on every TPM: all of a certificate by RSASSA is compared. */
import { certifyX509 } from "../attestation.ts";
import {
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
  usage,
  VALIDITY,
} from "../certificates.ts";
import { concat, password } from "../harness.ts";
import { ALG } from "../names.ts";
import { EXTERNAL_SIGN, knownEcc, knownHmac, knownRsa, scheme } from "../signatures.ts";
import { add, flush } from "./builders.ts";
import { ALGORITHMS, external, KEY, OTHER, RC } from "./knownKeys.ts";

/** libtpms takes the two handles for each other in its response codes. */
const HANDLES = "Part 3, 18.8: objectHandle is the first handle, signHandle the second";
const handles = (code: number) => ({ differs: { response: `80010000000a00000${code.toString(16)}`, clause: HANDLES } });
/** Serial numbers of libtpms that take 21 octets (RFC 5280, 4.1.2.2: at most 20): certificates by hash and KeyUsage. */
const LONG_SERIALS: Readonly<Record<string, string[]>> = {
  RSA: [
    "11 digitalSignature",
    "13 digitalSignature",
    "4 cRLSign",
    "12 cRLSign",
    "11 keyCertSign,cRLSign",
    "12 keyCertSign,cRLSign",
    "12 digitalSignature,keyCertSign",
    "13 digitalSignature,keyCertSign",
  ],
  ECC: [
    "4 digitalSignature",
    "11 digitalSignature",
    "12 digitalSignature",
    "4 cRLSign",
    "13 cRLSign",
    "4 keyCertSign,cRLSign",
    "11 keyCertSign,cRLSign",
    "4 digitalSignature,keyCertSign",
    "12 digitalSignature,keyCertSign",
  ],
};
const ATTRIBUTES = { response: "80010000000a00000182", clause: "Part 3, 18.8: TPM_RC_ATTRIBUTES" };
const NOT_DER = { response: "80010000000a000003c4", clause: "Part 3, 18.8: partialCertificate is DER" };
const SIZE_NOT_DER = { response: "80010000000a000003d5", clause: "Part 3, 18.8: partialCertificate is DER" };

export function certificates(): void {
  const rsassa = { scheme: scheme(ALG.RSASSA) };
  const algorithm = sequence([0x06, 3, 0x55, 4, 3]);
  add("load the RSA key", external(knownRsa()));
  add("load the ECC key", external(knownEcc()));
  const certified = (
    object: number,
    key: number,
    bytes: Uint8Array | number[],
    o: Parameters<typeof certifyX509>[3] = rsassa,
  ) => certifyX509(object, key, bytes, o);
  for (const [name, object] of [
    ["RSA", KEY],
    ["ECC", OTHER],
  ] as const) {
    for (const usages of [
      ["digitalSignature"],
      ["cRLSign"],
      ["keyCertSign", "cRLSign"],
      ["digitalSignature", "keyCertSign"],
    ] as const) {
      const exts = extensions(keyUsage(...usages));
      for (const id of ALGORITHMS)
        add(
          `certify ${name} by RSASSA, ${id}, for ${usages}`,
          certified(object, KEY, partial(exts), { scheme: scheme(ALG.RSASSA, id) }),
          LONG_SERIALS[name]?.includes(`${id} ${usages}`) ? RC : {},
        );
    }
    add(
      `certify ${name} with TPMA_OBJECT`,
      certified(object, KEY, partial(extensions(objectAttributes(EXTERNAL_SIGN), keyUsage("digitalSignature")))),
    );
    add(
      `certify ${name} with another TPMA_OBJECT`,
      certified(object, KEY, partial(extensions(objectAttributes(EXTERNAL_SIGN ^ 2), keyUsage("digitalSignature")))),
      handles(0x182),
    );
    add(`certify ${name} with the caller's algorithm`, certified(object, KEY, partial(SIGNS, algorithm)), RC);
    add(`certify ${name} by ECDSA`, certified(object, OTHER, partial(), { scheme: scheme(ALG.ECDSA) }), RC);
    add(`certify ${name} by RSAPSS`, certified(object, KEY, partial(), { scheme: scheme(ALG.RSAPSS) }), RC);
    add(
      `certify ${name} by Schnorr`,
      certified(object, OTHER, partial(), { scheme: scheme(ALG.ECSCHNORR) }),
      handles(0x292),
    );
    for (const bit of ["nonRepudiation", "dataEncipherment", "keyAgreement", "encipherOnly", "decipherOnly"] as const)
      add(`certify ${name} for ${bit}`, certified(object, KEY, partial(extensions(keyUsage(bit)))), {
        differs: ATTRIBUTES,
      });
    add(
      `certify ${name} for keyEncipherment`,
      certified(object, KEY, partial(extensions(keyUsage("keyEncipherment")))),
      { differs: ATTRIBUTES },
    );
  }
  const wrong = (name: string, bytes: Uint8Array | number[], options: Parameters<typeof add>[2] = {}) =>
    add(`certify, ${name}`, certified(KEY, KEY, bytes), options);
  wrong("nothing", []);
  wrong("a SET", [0x31, 0]);
  wrong("an octet behind", concat(partial(), [0]));
  wrong("an octet missing", partial().subarray(0, -1));
  wrong("an empty sequence", sequence());
  wrong("a length of its own size", concat([0x30, 0x83, 0, 0, 0]));
  wrong("a length in more octets than it needs", concat([0x30, 0x82, 0], partial().subarray(1)), {
    differs: SIZE_NOT_DER,
  });
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
  wrong("KeyUsage twice", partial(extensions(keyUsage("digitalSignature"), keyUsage("digitalSignature"))), {
    differs: NOT_DER,
  });
  wrong("KeyUsage with unused bits set", partial(extensions(extension(KEY_USAGE, der(0x03, [7, 0x81])))), {
    differs: NOT_DER,
  });
  wrong("an octet after KeyUsage", partial(extensions(extension(KEY_USAGE, concat(usage("digitalSignature"), [0])))), {
    differs: NOT_DER,
  });
  add("certify with reserved", certified(KEY, KEY, partial(), { ...rsassa, reserved: [1] }));
  add("certify without scheme", certified(KEY, KEY, partial(), {}));
  add("certify by a scheme of another key", certified(KEY, KEY, partial(), { scheme: scheme(ALG.ECDSA) }));
  add("certify with one session", certified(KEY, KEY, partial(), { ...rsassa, sessions: [password()] }));
  add("certify by an object that is not there", certified(KEY, 0x80000002, partial()));
  add("flush the RSA key", flush(KEY));
  add("load a BN key", external(knownEcc(0x10)));
  add("certify a BN key", certified(KEY, OTHER, partial(), { scheme: scheme(ALG.ECDSA) }), handles(0x181));
  add("flush the BN key", flush(KEY));
  add("load an HMAC key", external(knownHmac()));
  add("certify an HMAC key", certified(KEY, OTHER, partial(), { scheme: scheme(ALG.ECDSA) }), handles(0x181));
  add("certify by an HMAC key", certified(OTHER, KEY, partial(), {}), handles(0x292));
  add("flush the HMAC key", flush(KEY));
  add("flush the ECC key", flush(OTHER));
}
