import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, text, u16 } from "../../testkit/harness.ts";
import { ALG, CC, RH } from "../../testkit/names.ts";
import {
  createLoaded,
  fieldsOf,
  flush,
  handleAndFields,
  keyedHash,
  OBJECT,
  runCreatePrimary,
  STORAGE,
  sensitive,
  symCipher,
} from "../../testkit/objects.ts";
import { digest, hmac, kdfa } from "../../testkit/sessions.ts";

const KEY = text("what children are derived from");
const LABEL = "label";
const CONTEXT = text("context");
const DERIVED = OBJECT.fixedParent | OBJECT.userWithAuth | OBJECT.noDA;
const SIZES: Readonly<Record<number, number>> = {
  [ALG.SHA1]: 20,
  [ALG.SHA256]: 32,
  [ALG.SHA384]: 48,
  [ALG.SHA512]: 64,
};

/** A derivation parent with KDFa over `hash`, whose key is known. */
function parentOf(tpm: TestTpm, hash: number): number {
  const scheme = concat(u16(ALG.XOR), u16(hash), u16(ALG.KDF1_SP800_108));
  // What the caller makes can't be fixed to this TPM.
  const attributes = STORAGE & ~(OBJECT.sensitiveDataOrigin | OBJECT.fixedTPM | OBJECT.fixedParent);
  return runCreatePrimary(tpm, keyedHash(attributes, { scheme }), RH.OWNER, sensitive([], KEY)).handle;
}
/** The random numbers that a child is made of, one request after the other (Part 1, 28.2). */
function source(hash: number): (size: number) => Uint8Array {
  const stream = kdfa(hash, KEY, LABEL, CONTEXT, new Uint8Array(0), 8192);
  let at = 0;
  return (size) => {
    at += size;
    return stream.slice(at - size, at);
  };
}
const unique = concat(sized(text(LABEL)), sized(CONTEXT));

describe("a derived object", () => {
  for (const hash of [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512]) {
    for (const nameAlg of [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512]) {
      it(`takes KDFa as it comes, whole blocks and parts: hash ${hash}, nameAlg ${nameAlg}`, () => {
        const tpm = TestTpm.started();
        const parent = parentOf(tpm, hash);
        const size = SIZES[nameAlg] as number;
        const scheme = concat(u16(ALG.HMAC), u16(nameAlg));
        const area = keyedHash(DERIVED | OBJECT.sign, { nameAlg, scheme, unique });
        const { handle, fields } = handleAndFields(tpm.run(createLoaded(parent, area)));
        const next = source(hash);
        const key = next(size);
        const seed = next(size);
        expect(fields.sized().length).toBe(0);
        expect(hex(fields.sized().slice(-size))).toBe(hex(digest(nameAlg, seed, key)));
        const mac = command(CC.HMAC, [handle], [sized(text("data")), u16(ALG.NULL)], [password()]);
        expect(hex(fieldsOf(tpm.run(mac)).sized())).toBe(hex(hmac(nameAlg, key, text("data"))));
        expect(tpm.run(flush(handle)).rc).toBe(0);

        // AES-128: half a block of SHA-256 or less.
        const cipher = handleAndFields(
          tpm.run(createLoaded(parent, symCipher(DERIVED | OBJECT.decrypt, { nameAlg, unique }))),
        ).fields;
        const again = source(hash);
        const cipherKey = again(16);
        cipher.sized();
        expect(hex(cipher.sized().slice(-size))).toBe(hex(digest(nameAlg, again(size), cipherKey)));
      });
    }
  }
});
