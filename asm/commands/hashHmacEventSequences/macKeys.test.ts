import { describe, expect, it } from "vitest";
import { command, concat, password, sized, TestTpm, text, u16 } from "../../testkit/harness.ts";
import { ALG, CC, rc as responseCode } from "../../testkit/names.ts";
import {
  ecc,
  keyedHash,
  OBJECT,
  runCreatePrimary,
  SEALED,
  SIGNING,
  sensitive,
  symCipher,
} from "../../testkit/objects.ts";

const HMAC_SCHEME = concat(u16(ALG.HMAC), u16(ALG.SHA256));
const ATTRIBUTES_1 = responseCode("TPM_RC_ATTRIBUTES", { handle: 1 });
const TYPE_1 = responseCode("TPM_RC_TYPE", { handle: 1 });
const KEY_1 = responseCode("TPM_RC_KEY", { handle: 1 });
const VALUE_2 = responseCode("TPM_RC_VALUE", { parameter: 2 });
const SCHEME_2 = responseCode("TPM_RC_SCHEME", { parameter: 2 });

const hmacKey = keyedHash(SIGNING, { scheme: HMAC_SCHEME });
const restricted = keyedHash(SIGNING | OBJECT.restricted, { scheme: HMAC_SCHEME });
const cipher = symCipher(SIGNING ^ OBJECT.sign ^ OBJECT.decrypt);

describe("the key of TPM2_HMAC and TPM2_HMAC_Start", () => {
  const cases: [string, Uint8Array, hash: number, rc: number][] = [
    ["signs", hmacKey, ALG.NULL, 0],
    ["is not restricted", restricted, ALG.NULL, ATTRIBUTES_1],
    ["is no key pair", ecc(SIGNING), ALG.NULL, TYPE_1],
    ["is no sealed data", keyedHash(SEALED), ALG.SHA256, KEY_1],
    ["has a hash, or is told one", keyedHash(SEALED), ALG.NULL, VALUE_2],
    ["is asked for no other hash than its own", hmacKey, ALG.SHA1, VALUE_2],
    ["is no cipher that only encrypts", cipher, ALG.NULL, SCHEME_2],
  ];
  it.each(cases)("%s", (_name, area, hash, rc) => {
    const tpm = TestTpm.started();
    const isSealed = area.length === keyedHash(SEALED).length;
    const { handle } = runCreatePrimary(tpm, area, undefined, sensitive([], isSealed ? text("sealed") : []));
    expect(tpm.run(command(CC.HMAC, [handle], [sized(text("data")), u16(hash)], [password()])).rc).toBe(rc);
    expect(tpm.run(command(CC.HMAC_Start, [handle], [sized([]), u16(hash)], [password()])).rc).toBe(rc);
  });
});
