import { describe, expect, it } from "vitest";
import { concat, hex, password, sized, TestTpm, text, u16 } from "../../testkit/harness.ts";
import { ALG, CC, CURVE, RH, rc } from "../../testkit/names.ts";
import {
  AES_128_CFB,
  commandCodePolicy,
  create,
  duplicateObject,
  ecc,
  Fields,
  fieldsOf,
  flush,
  handleAndFields,
  importObject,
  keyedHash,
  loadExternal,
  OBJECT,
  policyCommandCode,
  RSA_STORAGE,
  rewrap,
  runCreate,
  runCreatePrimary,
  runLoad,
  SIGNING,
  STORAGE,
  sensitive,
  startPolicy,
  symCipher,
  unseal,
} from "../../testkit/objects.ts";
import {
  duplicateFor,
  eccKey,
  encryptorTo,
  innerUnwrap,
  nameOf,
  outerUnwrap,
  outerWrap,
  rsaKey,
  type SoftwareKey,
  sensitiveArea,
} from "../../testkit/protection.ts";
import { digest } from "../../testkit/sessions.ts";

const NONE = new Uint8Array(0);
const DUPLICABLE_DATA = OBJECT.userWithAuth | OBJECT.noDA;
const POLICY = commandCodePolicy(CC.Duplicate);

/** A sealed data object made in software: public area and TPMT_SENSITIVE. */
function sealedInSoftware(data: string, attributes: number = DUPLICABLE_DATA) {
  const seed = digest(ALG.SHA256, text("obfuscation"));
  const unique = sized(digest(ALG.SHA256, seed, text(data)));
  const area = keyedHash(attributes, { unique, policy: POLICY });
  return { area, sensitive: sensitiveArea(ALG.KEYEDHASH, text(data), text("auth"), seed) };
}
/** A policy session that allows TPM2_Duplicate. */
function duplicationSession(tpm: TestTpm): number {
  const { handle } = handleAndFields(tpm.run(startPolicy()));
  expect(tpm.run(policyCommandCode(handle, CC.Duplicate)).rc).toBe(0);
  return handle;
}
function loadPublic(tpm: TestTpm, key: SoftwareKey): number {
  return handleAndFields(tpm.run(loadExternal(key.area, RH.OWNER))).handle;
}
/** A loaded object that can be duplicated. */
function duplicable(tpm: TestTpm, parent: number) {
  const area = keyedHash(DUPLICABLE_DATA, { policy: POLICY });
  const created = runCreate(tpm, parent, area, sensitive(text("auth"), text("data")));
  return { ...created, ...runLoad(tpm, parent, created.outPrivate, created.area) };
}

describe("TPM2_Import", () => {
  for (const [kind, template] of Object.entries({
    RSA: RSA_STORAGE,
    ECC: ecc(STORAGE),
    SYMCIPHER: symCipher(STORAGE),
  })) {
    it(`takes what software made for a parent of type ${kind}`, () => {
      const tpm = TestTpm.started();
      const parent = runCreatePrimary(tpm, template);
      const { area, sensitive: inside } = sealedInSoftware("imported");
      const innerKeys = [NONE, digest(ALG.SHA256, text("key")).slice(0, 16), digest(ALG.SHA256, text("key"))];
      for (const outer of kind === "SYMCIPHER" ? [null] : [null, encryptorTo(parent.area)]) {
        for (const inner of innerKeys) {
          const imported = fieldsOf(
            tpm.run(importObject(parent.handle, area, duplicateFor(outer, area, inside, inner))),
          );
          const { handle } = runLoad(tpm, parent.handle, imported.sized(), area);
          const data = fieldsOf(tpm.run(unseal(handle, password(text("auth"))))).sized();
          expect(hex(data)).toBe(hex(text("imported")));
          expect(tpm.run(flush(handle)).rc).toBe(0);
        }
      }
    });
  }

  it("takes keys of each type, which are then parents", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    for (const key of [
      rsaKey(),
      eccKey(),
      eccKey({ curve: CURVE.NIST_P384, nameAlg: ALG.SHA384 }),
      rsaKey({ nameAlg: ALG.SHA1 }),
    ]) {
      const duplicate = duplicateFor(encryptorTo(parent.area), key.area, key.sensitive);
      const imported = fieldsOf(tpm.run(importObject(parent.handle, key.area, duplicate))).sized();
      const { handle, name } = runLoad(tpm, parent.handle, imported, key.area);
      expect(hex(name)).toBe(hex(key.name));
      const { area, sensitive: inside } = sealedInSoftware("below");
      const below = fieldsOf(tpm.run(importObject(handle, area, duplicateFor(key, area, inside)))).sized();
      const loaded = runLoad(tpm, handle, below, area);
      const data = fieldsOf(tpm.run(unseal(loaded.handle, password(text("auth"))))).sized();
      expect(hex(data)).toBe(hex(text("below")));
      for (const used of [loaded.handle, handle]) expect(tpm.run(flush(used)).rc).toBe(0);
    }
  });

  it("answers with the code of what is wrong", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, RSA_STORAGE);
    const eccParent = runCreatePrimary(tpm, ecc(STORAGE));
    const { area, sensitive: inside } = sealedInSoftware("data");
    const inner = new Uint8Array(16).fill(7);
    const good = duplicateFor(encryptorTo(parent.area), area, inside, inner);
    const run = (changes: Partial<typeof good> & { area?: Uint8Array; parent?: number }) =>
      tpm.run(importObject(changes.parent ?? parent.handle, changes.area ?? area, { ...good, ...changes })).rc;
    const before = tpm.stateHash();
    expect(run({})).toBe(0);
    const attributes = (set: number) => sealedInSoftware("data", DUPLICABLE_DATA | set).area;
    expect(run({ area: attributes(OBJECT.fixedTPM) })).toBe(rc("TPM_RC_ATTRIBUTES", { parameter: 2 }));
    expect(run({ area: attributes(OBJECT.fixedParent) })).toBe(rc("TPM_RC_ATTRIBUTES", { parameter: 2 }));
    for (const size of [0, 15, 17, 32])
      expect(run({ encryptionKey: new Uint8Array(size) })).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
    expect(run({ symmetric: u16(ALG.NULL) })).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
    // encryptedDuplication: both wraps must be there.
    const must = sealedInSoftware("data", DUPLICABLE_DATA | OBJECT.encryptedDuplication);
    expect(run({ area: must.area, ...duplicateFor(encryptorTo(parent.area), must.area, must.sensitive) })).toBe(
      rc("TPM_RC_ATTRIBUTES", { parameter: 1 }),
    );
    expect(run({ area: must.area, ...duplicateFor(null, must.area, must.sensitive, inner) })).toBe(
      rc("TPM_RC_ATTRIBUTES", { parameter: 4 }),
    );
    expect(run({ area: must.area, ...duplicateFor(encryptorTo(parent.area), must.area, must.sensitive, inner) })).toBe(
      0,
    );
    // The seed.
    const flip = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));
    expect(run({ secret: good.secret.subarray(1) })).toBe(rc("TPM_RC_SIZE", { parameter: 4 }));
    expect(run({ secret: new Uint8Array(128).fill(0xff) })).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    expect(run({ secret: flip(good.secret, 100) })).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    const onEcc = duplicateFor(encryptorTo(eccParent.area), area, inside, inner);
    expect(run({ ...onEcc, parent: eccParent.handle })).toBe(0);
    expect(run({ ...onEcc, parent: eccParent.handle, secret: flip(onEcc.secret, -1) })).toBe(
      rc("TPM_RC_ECC_POINT", { parameter: 4 }),
    );
    expect(run({ ...onEcc, parent: eccParent.handle, secret: onEcc.secret.subarray(0, 40) })).toBe(
      rc("TPM_RC_INSUFFICIENT", { parameter: 4 }),
    );
    expect(run({ ...onEcc, parent: eccParent.handle, secret: concat(sized(new Uint8Array(81)), [0]) })).toBe(
      rc("TPM_RC_SIZE", { parameter: 4 }),
    );
    expect(run({ ...onEcc, parent: eccParent.handle, secret: concat(onEcc.secret, [1]) })).toBe(0);
    // The wraps.
    expect(run({ duplicate: NONE })).toBe(rc("TPM_RC_INSUFFICIENT", { parameter: 3 }));
    expect(run({ duplicate: flip(good.duplicate, -1) })).toBe(rc("TPM_RC_INTEGRITY", { parameter: 3 }));
    expect(run({ duplicate: flip(good.duplicate, 5) })).toBe(rc("TPM_RC_INTEGRITY", { parameter: 3 }));
    expect(run({ duplicate: concat(u16(65), good.duplicate) })).toBe(rc("TPM_RC_SIZE", { parameter: 3 }));
    expect(run({ encryptionKey: new Uint8Array(16) })).not.toBe(0);
    const plain = (duplicate: Uint8Array, more = {}) =>
      run({ encryptionKey: NONE, symmetric: u16(ALG.NULL), secret: NONE, duplicate, ...more });
    const onlyInner = duplicateFor(null, area, inside, inner);
    expect(run({ ...onlyInner, duplicate: flip(onlyInner.duplicate, -1) })).toBe(
      rc("TPM_RC_INTEGRITY", { parameter: 3 }),
    );
    expect(plain(sized(inside))).toBe(0);
    expect(plain(concat(u16(inside.length + 1), inside))).toBe(rc("TPM_RC_SIZE", { parameter: 3 }));
    expect(plain(sized(concat(inside, [0])))).toBe(rc("TPM_RC_SIZE", { parameter: 3 }));
    expect(plain(sized(inside.subarray(0, -1)))).toBe(rc("TPM_RC_INSUFFICIENT", { parameter: 3 }));
    // The sensitive area does not belong to the public area.
    expect(
      plain(sized(sensitiveArea(ALG.KEYEDHASH, text("other"), NONE, digest(ALG.SHA256, text("obfuscation"))))),
    ).toBe(rc("TPM_RC_BINDING"));
    expect(plain(sized(sensitiveArea(ALG.SYMCIPHER, new Uint8Array(16), NONE, new Uint8Array(32))))).toBe(
      rc("TPM_RC_TYPE", { parameter: 3 }),
    );
    expect(plain(sized(sensitiveArea(ALG.KEYEDHASH, text("data"), new Uint8Array(33), new Uint8Array(32))))).toBe(
      rc("TPM_RC_SIZE", { parameter: 3 }),
    );
    expect(plain(sized(sensitiveArea(ALG.KEYEDHASH, text("data"), NONE, new Uint8Array(33))))).toBe(
      rc("TPM_RC_KEY_SIZE", { parameter: 3 }),
    );
    expect(plain(sized(sensitiveArea(ALG.KEYEDHASH, text("data"), NONE, new Uint8Array(31))))).toBe(
      rc("TPM_RC_KEY_SIZE", { parameter: 3 }),
    );
    expect(tpm.stateHash()).toBe(before);
    const signing = runCreatePrimary(tpm, ecc(SIGNING));
    expect(run({ parent: signing.handle })).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
  });

  it("a symmetric parent can't recover a seed", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, symCipher(STORAGE));
    const { area, sensitive: inside } = sealedInSoftware("data");
    expect(tpm.run(importObject(parent.handle, area, duplicateFor(rsaKey(), area, inside))).rc).toBe(
      rc("TPM_RC_TYPE", { handle: 1 }),
    );
  });
});

describe("TPM2_Duplicate", () => {
  for (const [kind, key] of Object.entries({
    RSA: rsaKey(),
    ECC: eccKey(),
    "ECC P-384": eccKey({ curve: CURVE.NIST_P384, nameAlg: ALG.SHA384 }),
  })) {
    it(`makes what the owner of a new parent can open: ${kind}`, () => {
      const tpm = TestTpm.started();
      const parent = runCreatePrimary(tpm, ecc(STORAGE));
      const object = duplicable(tpm, parent.handle);
      const newParent = loadPublic(tpm, key);
      const session = duplicationSession(tpm);
      const open = (fields: Fields, inner: boolean, givenKey = NONE) => {
        const encryptionKey = fields.sized();
        const [duplicate, secret] = [fields.sized(), fields.sized()];
        expect(encryptionKey.length).toBe(inner && givenKey.length === 0 ? 16 : 0);
        let data = outerUnwrap(key.nameAlg, key.decrypt("DUPLICATE", secret), object.name, duplicate);
        if (inner) data = innerUnwrap(ALG.SHA256, givenKey.length > 0 ? givenKey : encryptionKey, object.name, data);
        const inside = new Fields(new Fields(data).sized());
        expect(inside.number(2)).toBe(ALG.KEYEDHASH);
        // The authValue is padded to the size of nameAlg's digest.
        expect(hex(inside.sized())).toBe(hex(concat(text("auth"), new Uint8Array(28))));
        expect(hex(digest(ALG.SHA256, inside.sized(), text("data")))).toBe(hex(object.area.subarray(-32)));
        expect(hex(inside.sized())).toBe(hex(text("data")));
      };
      open(fieldsOf(tpm.run(duplicateObject(object.handle, newParent, session))), false);
      tpm.run(policyCommandCode(session, CC.Duplicate));
      open(fieldsOf(tpm.run(duplicateObject(object.handle, newParent, session, NONE, AES_128_CFB))), true);
      tpm.run(policyCommandCode(session, CC.Duplicate));
      const given = new Uint8Array(16).fill(3);
      open(fieldsOf(tpm.run(duplicateObject(object.handle, newParent, session, given, AES_128_CFB))), true, given);
    });
  }

  it("without a new parent leaves the private area in clear", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    const object = duplicable(tpm, parent.handle);
    const fields = fieldsOf(tpm.run(duplicateObject(object.handle, RH.NULL, duplicationSession(tpm))));
    expect(fields.sized().length).toBe(0);
    const inside = new Fields(new Fields(fields.sized()).sized());
    expect(inside.number(2)).toBe(ALG.KEYEDHASH);
    expect(fields.sized().length).toBe(0);
  });

  it("answers with the code of what is wrong", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    const object = duplicable(tpm, parent.handle);
    const session = duplicationSession(tpm);
    const run = (newParent: number, key = NONE, symmetric = u16(ALG.NULL)) => {
      const { rc } = tpm.run(duplicateObject(object.handle, newParent, session, key, symmetric));
      if (rc === 0) tpm.run(policyCommandCode(session, CC.Duplicate));
      return rc;
    };
    expect(run(RH.NULL, new Uint8Array(16))).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
    for (const size of [15, 17, 32])
      expect(run(RH.NULL, new Uint8Array(size), AES_128_CFB)).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
    expect(run(RH.NULL, NONE, AES_128_CFB)).toBe(0);
    const signing = runCreatePrimary(tpm, ecc(SIGNING));
    expect(run(signing.handle)).toBe(rc("TPM_RC_TYPE", { handle: 2 }));
    expect(tpm.run(flush(signing.handle)).rc).toBe(0);
    // A password is not enough, and a policy has to say that duplication is meant.
    const byPassword = duplicateObject(object.handle, RH.NULL, 0x40000009);
    expect(tpm.run(byPassword).rc).toBe(rc("TPM_RC_AUTH_TYPE"));
    expect(tpm.run(flush(object.handle)).rc).toBe(0);
    expect(tpm.run(flush(parent.handle)).rc).toBe(0);
    const fixed = runCreatePrimary(tpm, ecc(STORAGE, { policy: POLICY }));
    expect(tpm.run(duplicateObject(fixed.handle, RH.NULL, session)).rc).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 1 }));
    // A policy without TPM2_PolicyCommandCode.
    const { handle } = handleAndFields(tpm.run(startPolicy()));
    expect(tpm.run(duplicateObject(fixed.handle, RH.NULL, handle)).rc).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
  });

  it("encryptedDuplication needs both wraps", () => {
    const tpm = TestTpm.started();
    const template = ecc(STORAGE & ~(OBJECT.fixedTPM | OBJECT.fixedParent), { policy: POLICY });
    const parent = runCreatePrimary(tpm, template);
    expect(
      tpm.run(create(parent.handle, keyedHash(DUPLICABLE_DATA | OBJECT.encryptedDuplication), sensitive([], [1]))).rc,
    ).toBe(rc("TPM_RC_ATTRIBUTES", { parameter: 2 }));
    expect(tpm.run(flush(parent.handle)).rc).toBe(0);
    const root = runCreatePrimary(
      tpm,
      ecc((STORAGE & ~(OBJECT.fixedTPM | OBJECT.fixedParent)) | OBJECT.encryptedDuplication),
    );
    const made = runCreate(
      tpm,
      root.handle,
      keyedHash(DUPLICABLE_DATA | OBJECT.encryptedDuplication, { policy: POLICY }),
      sensitive([], [1]),
    );
    const { handle } = runLoad(tpm, root.handle, made.outPrivate, made.area);
    const newParent = loadPublic(tpm, eccKey());
    const session = duplicationSession(tpm);
    expect(tpm.run(duplicateObject(handle, newParent, session)).rc).toBe(rc("TPM_RC_SYMMETRIC", { parameter: 2 }));
    expect(tpm.run(duplicateObject(handle, RH.NULL, session, NONE, AES_128_CFB)).rc).toBe(
      rc("TPM_RC_HIERARCHY", { handle: 2 }),
    );
    expect(tpm.run(duplicateObject(handle, newParent, session, NONE, AES_128_CFB)).rc).toBe(0);
  });
});

describe("TPM2_Rewrap", () => {
  it("passes a duplicate on from one parent to the next", () => {
    const tpm = TestTpm.started();
    const oldParent = runCreatePrimary(tpm, RSA_STORAGE);
    const key = eccKey();
    const newParent = loadPublic(tpm, key);
    const { area, sensitive: inside } = sealedInSoftware("data");
    const name = nameOf(area);
    const inner = new Uint8Array(16).fill(9);
    const good = duplicateFor(encryptorTo(oldParent.area), area, inside, inner);
    const rewrapped = fieldsOf(tpm.run(rewrap(oldParent.handle, newParent, good.duplicate, name, good.secret)));
    const duplicate = rewrapped.sized();
    const secret = rewrapped.sized();
    const unwrapped = outerUnwrap(ALG.SHA256, key.decrypt("DUPLICATE", secret), name, duplicate);
    expect(hex(innerUnwrap(ALG.SHA256, inner, name, unwrapped))).toBe(hex(sized(inside)));
    const toNone = fieldsOf(tpm.run(rewrap(oldParent.handle, RH.NULL, good.duplicate, name, good.secret)));
    expect(hex(toNone.sized())).toBe(hex(unwrapped));
    expect(toNone.sized().length).toBe(0);
    const fromNone = fieldsOf(tpm.run(rewrap(RH.NULL, newParent, unwrapped, name, NONE)));
    const again = fromNone.sized();
    expect(hex(outerUnwrap(ALG.SHA256, key.decrypt("DUPLICATE", fromNone.sized()), name, again))).toBe(hex(unwrapped));
    const both = fieldsOf(tpm.run(rewrap(RH.NULL, RH.NULL, unwrapped, name, NONE)));
    expect(hex(both.sized())).toBe(hex(unwrapped));
  });

  it("answers with the code of what is wrong", () => {
    const tpm = TestTpm.started();
    const oldParent = runCreatePrimary(tpm, RSA_STORAGE);
    const symmetric = runCreatePrimary(tpm, symCipher(STORAGE));
    const newParent = loadPublic(tpm, eccKey());
    const { area, sensitive: inside } = sealedInSoftware("data");
    const name = nameOf(area);
    const good = duplicateFor(encryptorTo(oldParent.area), area, inside);
    const run = (old: number, next: number, duplicate = good.duplicate, secret = good.secret, of = name) =>
      tpm.run(rewrap(old, next, duplicate, of, secret)).rc;
    expect(run(oldParent.handle, newParent)).toBe(0);
    expect(run(oldParent.handle, newParent, good.duplicate, NONE)).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    expect(run(RH.NULL, newParent)).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    expect(run(symmetric.handle, newParent)).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(run(oldParent.handle, symmetric.handle)).toBe(rc("TPM_RC_TYPE", { handle: 2 }));
    // The sensitive area of a parent that gives its key away must be there to be authorized.
    expect(run(newParent, oldParent.handle)).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    expect(run(oldParent.handle, newParent, good.duplicate, good.secret.subarray(1))).toBe(
      rc("TPM_RC_VALUE", { parameter: 3 }),
    );
    expect(run(oldParent.handle, newParent, good.duplicate, new Uint8Array(128))).toBe(
      rc("TPM_RC_VALUE", { parameter: 3 }),
    );
    expect(
      run(
        oldParent.handle,
        newParent,
        good.duplicate.map((b, i) => (i === 60 ? b ^ 1 : b)),
      ),
    ).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
    expect(run(oldParent.handle, newParent, good.duplicate, good.secret, name.slice(1))).toBe(
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
    );
    expect(run(oldParent.handle, newParent, good.duplicate.subarray(0, 1))).toBe(
      rc("TPM_RC_INSUFFICIENT", { parameter: 1 }),
    );
    // The outer wrap would not fit a TPM2B_PRIVATE (sizeof(_PRIVATE) = 1550).
    for (const [size, expected] of [
      [1550 - 34, 0],
      [1550 - 33, rc("TPM_RC_VALUE", { parameter: 1 })],
    ] as const) {
      expect(run(RH.NULL, newParent, new Uint8Array(size), NONE)).toBe(expected);
    }
    const full = outerWrap(ALG.SHA256, new Uint8Array(32), name, NONE);
    expect(run(oldParent.handle, newParent, full)).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
  });
});
