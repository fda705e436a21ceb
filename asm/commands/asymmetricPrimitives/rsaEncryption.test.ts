import { describe, expect, it } from "vitest";
import { testKey } from "../../testkit/crypto/rsa/keys.ts";
import {
  bytesOf,
  externalRsa,
  numberOf,
  padPkcs1,
  patterned,
  powerModulo,
  rsaPublicOperation,
} from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import {
  createPrimary,
  evictControl,
  flush,
  handleAndFields,
  NULL_ALGORITHM,
  OBJECT,
  rsa,
} from "../../testkit/objects.ts";
import {
  decrypt,
  decryptsWhatOpenSslMade,
  encrypt,
  encryptsForOpenSsl,
  LABEL,
  none,
  OAEP,
  RSAES,
  resultOf,
  withKey,
} from "../../testkit/rsaEncryption.ts";
import { AuthSession, CONTINUE, call, DECRYPT, ENCRYPT } from "../../testkit/sessions.ts";

describe("TPM2_RSA_Encrypt", () => {
  it.each([1024, 2048])("of a %i-bit key makes what OpenSSL decrypts", encryptsForOpenSsl);

  it("pads with new random octets each time", () => {
    const { tpm, handle } = withKey();
    for (const scheme of [RSAES, OAEP(0x0b)]) {
      const all = Array.from({ length: 4 }, () => hex(resultOf(tpm, encrypt(handle, LABEL, scheme))));
      expect(new Set(all).size).toBe(4);
    }
  });

  it("without padding is the public operation on the number", () => {
    const { tpm, handle } = withKey({ bits: 4096 });
    for (const message of [none, Uint8Array.of(2), patterned(512).fill(1, 0, 1), concat([0, 0], patterned(300))]) {
      const expected = rsaPublicOperation(4096, message);
      expect(hex(resultOf(tpm, encrypt(handle, message)))).toBe(hex(expected));
    }
    const { n } = testKey(4096);
    for (const number of [numberOf(n), numberOf(n) + 1n]) {
      expect(tpm.run(encrypt(handle, bytesOf(number, 512))).rc).toBe(rc("TPM_RC_VALUE"));
    }
  });

  it("takes the public exponent of the key", () => {
    const exponent = 0x80000003;
    const { tpm, handle } = withKey({ exponent, publicOnly: true });
    const expected = powerModulo(numberOf(LABEL), BigInt(exponent), numberOf(testKey(2048).n));
    expect(hex(resultOf(tpm, encrypt(handle, LABEL)))).toBe(hex(bytesOf(expected, 256)));
  });

  it("refuses a modulus that is none: TPM_RC_KEY", () => {
    const even = patterned(256).fill(0xfe, 255).fill(0x80, 0, 1);
    const { tpm, handle } = withKey({ n: even, publicOnly: true });
    expect(tpm.run(encrypt(handle, LABEL)).rc).toBe(rc("TPM_RC_KEY", { handle: 1 }));
  });

  it("takes a message that a session encrypted", async () => {
    const tpm = TestTpm.started();
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const { handle, fields } = handleAndFields(tpm.run(externalRsa()));
    const session = await AuthSession.start(run, { symmetric: { algorithm: "aes", bits: 128 } });
    const done = await call(run, {
      code: CC.RSA_Encrypt,
      handles: [handle],
      names: [fields.sized()],
      parameters: [sized(LABEL), NULL_ALGORITHM, sized([])],
      uses: [{ session, attributes: CONTINUE | DECRYPT | ENCRYPT }],
    });
    expect(done.response.rc).toBe(0);
    expect(hex(done.parameters.subarray(2))).toBe(hex(rsaPublicOperation(2048, LABEL)));
  });
});

describe("TPM2_RSA_Decrypt", () => {
  it.each([1024, 2048])("of a %i-bit key gives back what OpenSSL encrypted", decryptsWhatOpenSslMade);

  it("works with a key of this TPM, transient and persistent", () => {
    const tpm = TestTpm.started();
    const attributes =
      OBJECT.fixedTPM | OBJECT.fixedParent | OBJECT.noDA | OBJECT.sensitiveDataOrigin | OBJECT.userWithAuth;
    const template = rsa(attributes | OBJECT.decrypt, { bits: 1024, scheme: OAEP(0x0b) });
    const { handle } = handleAndFields(tpm.run(createPrimary(template)));
    const cipherText = resultOf(tpm, encrypt(handle, LABEL));
    expect(hex(resultOf(tpm, decrypt(handle, cipherText)))).toBe(hex(LABEL));
    expect(tpm.run(evictControl(handle, 0x81000007)).rc).toBe(0);
    expect(tpm.run(flush(handle)).rc).toBe(0);
    expect(hex(resultOf(tpm, decrypt(0x81000007, cipherText)))).toBe(hex(LABEL));
    expect(hex(resultOf(tpm, decrypt(0x81000007, resultOf(tpm, encrypt(0x81000007, none)))))).toBe("");
  });

  it("with a factor that is no prime is TPM_RC_BINDING, and no failure of the TPM", () => {
    const composite = testKey(1024).n;
    const n = bytesOf(numberOf(composite) * numberOf(testKey(2048).p), 256);
    const { tpm, handle } = withKey({ n, p: composite });
    expect(tpm.run(decrypt(handle, bytesOf(2n, 256))).rc).toBe(rc("TPM_RC_BINDING", { handle: 1 }));
    expect(tpm.core.failureMode()).toBe(0);
  });

  it("gives no hint but TPM_RC_VALUE, whatever is wrong with the padding", () => {
    const { tpm, handle } = withKey({ bits: 1024 });
    for (let at = 0; at < 11; at++) {
      const message = padPkcs1(1024, none).map((octet, i) => (i === at ? 0x80 ^ octet : octet));
      const expected = at < 2 ? rc("TPM_RC_VALUE") : 0;
      expect(tpm.run(decrypt(handle, rsaPublicOperation(1024, message.fill(0, 127)), RSAES)).rc).toBe(expected);
    }
  });

  it("is there only with authorization", () => {
    const { tpm, handle } = withKey({ auth: [1, 2, 3] });
    const cipherText = rsaPublicOperation(2048, LABEL);
    expect(tpm.run(decrypt(handle, cipherText)).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    const right = command(
      CC.RSA_Decrypt,
      [handle],
      [sized(cipherText), NULL_ALGORITHM, sized([])],
      [password([1, 2, 3])],
    );
    expect(tpm.run(right).rc).toBe(0);
    expect(
      tpm.run(command(CC.RSA_Decrypt, [RH.OWNER], [sized(cipherText), NULL_ALGORITHM, sized([])], [password()])).rc,
    ).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
  });
});
