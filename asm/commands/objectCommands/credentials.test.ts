import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import {
  activateCredential,
  ecc,
  Fields,
  fieldsOf,
  flush,
  handleAndFields,
  loadExternal,
  makeCredential,
  OBJECT,
  RSA_STORAGE,
  runCreatePrimary,
  SIGNING,
  STORAGE,
  symCipher,
} from "../../testkit/objects.ts";
import { eccKey, encryptorTo, outerUnwrap, outerWrap, rsaKey, type SoftwareKey } from "../../testkit/protection.ts";

const CREDENTIAL = text("a credential of thirty-two bytes");

function loadPublic(tpm: TestTpm, key: SoftwareKey): number {
  return handleAndFields(tpm.run(loadExternal(key.area, RH.ENDORSEMENT))).handle;
}

describe("TPM2_MakeCredential", () => {
  for (const [kind, key] of Object.entries({
    RSA: rsaKey(),
    ECC: eccKey(),
    "ECC P-384": eccKey({ curve: 4, nameAlg: ALG.SHA384 }),
  })) {
    it(`makes what the owner of the key can open: ${kind}`, () => {
      const tpm = TestTpm.started();
      const handle = loadPublic(tpm, key);
      const name = concat(u16(ALG.SHA256), new Uint8Array(32).fill(5));
      for (const credential of [CREDENTIAL, text("short"), new Uint8Array(0)]) {
        const fields = fieldsOf(tpm.run(makeCredential(handle, credential, name)));
        const [blob, secret] = [fields.sized(), fields.sized()];
        const opened = new Fields(outerUnwrap(key.nameAlg, key.decrypt("IDENTITY", secret), name, blob));
        expect(hex(opened.sized())).toBe(hex(credential));
        expect(opened.rest().length).toBe(0);
      }
    });
  }

  it("answers with the code of what is wrong", () => {
    const tpm = TestTpm.started();
    const handle = loadPublic(tpm, eccKey());
    expect(tpm.run(makeCredential(handle, new Uint8Array(33), text("name"))).rc).toBe(
      rc("TPM_RC_SIZE", { parameter: 1 }),
    );
    expect(tpm.run(makeCredential(handle, CREDENTIAL, new Uint8Array(69))).rc).toBe(
      rc("TPM_RC_SIZE", { parameter: 2 }),
    );
    expect(tpm.run(makeCredential(0x80000002, CREDENTIAL, text("name"))).rc).toBe(rc("TPM_RC_REFERENCE_H0"));
    const sequence = handleAndFields(tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]))).handle;
    expect(tpm.run(makeCredential(sequence, CREDENTIAL, text("name"))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(flush(sequence)).rc).toBe(0);
    const signing = runCreatePrimary(tpm, ecc(SIGNING));
    expect(tpm.run(makeCredential(signing.handle, CREDENTIAL, text("name"))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(flush(signing.handle)).rc).toBe(0);
    const symmetric = runCreatePrimary(tpm, symCipher(STORAGE));
    expect(tpm.run(makeCredential(symmetric.handle, CREDENTIAL, text("name"))).rc).toBe(
      rc("TPM_RC_TYPE", { handle: 1 }),
    );
    // A key without nameAlg is no Storage Key.
    const unnamed = eccKey().area.slice();
    unnamed.set(u16(ALG.NULL), 2);
    const nameless = handleAndFields(tpm.run(loadExternal(unnamed, RH.NULL))).handle;
    expect(tpm.run(makeCredential(nameless, new Uint8Array(0), text("name"))).rc).toBe(
      rc("TPM_RC_TYPE", { handle: 1 }),
    );
  });
});

describe("TPM2_ActivateCredential", () => {
  for (const [kind, template] of Object.entries({ RSA: RSA_STORAGE, ECC: ecc(STORAGE) })) {
    it(`opens what software made for a key of type ${kind}, and what TPM2_MakeCredential made`, () => {
      const tpm = TestTpm.started();
      const key = runCreatePrimary(tpm, template, RH.ENDORSEMENT);
      const activated = runCreatePrimary(tpm, ecc(SIGNING));
      const { seed, secret } = encryptorTo(key.area).encrypt("IDENTITY");
      for (const credential of [CREDENTIAL, text("short"), new Uint8Array(0)]) {
        const blob = outerWrap(ALG.SHA256, seed, activated.name, sized(credential));
        const fields = fieldsOf(tpm.run(activateCredential(activated.handle, key.handle, blob, secret)));
        expect(hex(fields.sized())).toBe(hex(credential));
        const made = fieldsOf(tpm.run(makeCredential(key.handle, credential, activated.name)));
        const response = tpm.run(activateCredential(activated.handle, key.handle, made.sized(), made.sized()));
        expect(hex(fieldsOf(response).sized())).toBe(hex(credential));
      }
    });
  }

  it("answers with the code of what is wrong", () => {
    const tpm = TestTpm.started();
    const key = runCreatePrimary(tpm, RSA_STORAGE, RH.ENDORSEMENT);
    const activated = runCreatePrimary(tpm, ecc(SIGNING));
    const { seed, secret } = encryptorTo(key.area).encrypt("IDENTITY");
    const blob = outerWrap(ALG.SHA256, seed, activated.name, sized(CREDENTIAL));
    const run = (changes: { blob?: Uint8Array; secret?: Uint8Array; key?: number; activated?: number }) =>
      tpm.run(
        activateCredential(
          changes.activated ?? activated.handle,
          changes.key ?? key.handle,
          changes.blob ?? blob,
          changes.secret ?? secret,
        ),
      ).rc;
    const before = tpm.stateHash();
    expect(run({})).toBe(0);
    expect(run({ key: activated.handle })).toBe(rc("TPM_RC_TYPE", { handle: 2 }));
    // Another object than the credential is for.
    expect(run({ activated: key.handle })).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
    expect(run({ secret: secret.subarray(1) })).toBe(rc("TPM_RC_SIZE", { parameter: 2 }));
    expect(run({ secret: new Uint8Array(0) })).toBe(rc("TPM_RC_SIZE", { parameter: 2 }));
    expect(run({ secret: new Uint8Array(128) })).toBe(rc("TPM_RC_VALUE", { parameter: 2 }));
    expect(run({ blob: new Uint8Array(0) })).toBe(rc("TPM_RC_INSUFFICIENT", { parameter: 1 }));
    expect(run({ blob: blob.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) })).toBe(
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
    );
    expect(run({ blob: outerWrap(ALG.SHA256, seed, activated.name, concat(sized(CREDENTIAL), [0])) })).toBe(
      rc("TPM_RC_SIZE", { parameter: 1 }),
    );
    expect(run({ blob: outerWrap(ALG.SHA256, seed, activated.name, CREDENTIAL.subarray(0, 1)) })).toBe(
      rc("TPM_RC_INSUFFICIENT", { parameter: 1 }),
    );
    expect(run({ blob: outerWrap(ALG.SHA256, seed, activated.name, concat(u16(33), CREDENTIAL)) })).toBe(
      rc("TPM_RC_INSUFFICIENT", { parameter: 1 }),
    );
    expect(run({ blob: outerWrap(ALG.SHA256, seed, activated.name, sized(new Uint8Array(65))) })).toBe(
      rc("TPM_RC_SIZE", { parameter: 1 }),
    );
    expect(tpm.stateHash()).toBe(before);
    // Both sensitive areas must be there to be authorized.
    const external = loadPublic(tpm, eccKey());
    expect(run({ key: external })).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    expect(run({ activated: external })).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    expect(
      tpm.run(
        command(CC.ActivateCredential, [activated.handle, key.handle], [sized(blob), sized(secret)], [password()]),
      ).rc,
    ).toBe(rc("TPM_RC_AUTH_MISSING"));
  });

  it("needs the ADMIN role for the object: adminWithPolicy forbids a password", () => {
    const tpm = TestTpm.started();
    const key = runCreatePrimary(tpm, ecc(STORAGE), RH.ENDORSEMENT);
    const activated = runCreatePrimary(tpm, ecc(SIGNING | OBJECT.adminWithPolicy));
    const made = fieldsOf(tpm.run(makeCredential(key.handle, CREDENTIAL, activated.name)));
    expect(tpm.run(activateCredential(activated.handle, key.handle, made.sized(), made.sized())).rc).toBe(
      rc("TPM_RC_AUTH_TYPE"),
    );
    expect(tpm.run(command(CC.GetCapability, [], [u32(6), u32(0x20e), u32(1)])).rc).toBe(0);
  });
});
