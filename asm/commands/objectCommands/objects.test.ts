import { createHash, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import {
  createLoaded,
  createPrimary,
  ecc,
  evictControl,
  Fields,
  flush,
  handleAndFields,
  keyedHash,
  load,
  loadExternal,
  OBJECT,
  RSA_STORAGE,
  readPublic,
  rsa,
  runCreate,
  runCreatePrimary,
  runLoad,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  symCipher,
  unseal,
} from "../../testkit/objects.ts";

const sha256 = (...parts: Uint8Array[]) =>
  new Uint8Array(
    createHash("sha256")
      .update(concat(...parts))
      .digest(),
  );
const nameOf = (area: Uint8Array) => concat(u16(ALG.SHA256), sha256(area));

describe("TPM2_CreatePrimary", () => {
  it("gives the same key for the same template and seed, another one for another template", () => {
    const tpm = TestTpm.started();
    const first = runCreatePrimary(tpm, ecc(STORAGE));
    const again = runCreatePrimary(tpm, ecc(STORAGE));
    expect(again.handle).not.toBe(first.handle);
    expect(hex(again.area)).toBe(hex(first.area));
    expect(tpm.run(flush(again.handle)).rc).toBe(0);
    const other = runCreatePrimary(tpm, ecc(STORAGE & ~OBJECT.noDA));
    expect(hex(other.area.subarray(-64))).not.toBe(hex(first.area.subarray(-64)));
    expect(tpm.run(createPrimary(ecc(STORAGE))).rc).toBe(0);
    expect(tpm.run(createPrimary(ecc(STORAGE))).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
  });

  it("survives a power cycle with the same key", () => {
    const tpm = TestTpm.started();
    const before = runCreatePrimary(tpm, ecc(STORAGE));
    const again = tpm.powerCycle();
    again.startup();
    expect(hex(runCreatePrimary(again, ecc(STORAGE)).name)).toBe(hex(before.name));
    // The null seed is new at each TPM Reset.
    const nullBefore = runCreatePrimary(tpm, ecc(STORAGE), RH.NULL);
    expect(hex(runCreatePrimary(again, ecc(STORAGE), RH.NULL).name)).not.toBe(hex(nullBefore.name));
  });

  it("computes Name, creation hash and Qualified Name as Part 1 says", () => {
    const tpm = TestTpm.started();
    const primary = runCreatePrimary(tpm, ecc(STORAGE));
    expect(hex(primary.name)).toBe(hex(nameOf(primary.area)));
    expect(hex(primary.creationHash)).toBe(hex(sha256(primary.creationData)));
    const fields = new Fields(tpm.run(readPublic(primary.handle)).parameters);
    expect(hex(fields.sized())).toBe(hex(primary.area));
    expect(hex(fields.sized())).toBe(hex(primary.name));
    expect(hex(fields.sized())).toBe(hex(concat(u16(ALG.SHA256), sha256(u32(RH.OWNER), primary.name))));
    const data = new Fields(primary.creationData);
    expect(data.number(4)).toBe(0);
    expect(hex(data.sized())).toBe(hex(sha256()));
    expect(hex(data.rest())).toBe(
      hex(concat([1], u16(ALG.NULL), sized(u32(RH.OWNER)), sized(u32(RH.OWNER)), sized([]))),
    );
  });

  it("makes RSA keys that are keys for OpenSSL", () => {
    const tpm = TestTpm.started();
    const { area } = runCreatePrimary(tpm, rsa(STORAGE));
    const n = area.subarray(-256);
    const key = createPublicKey({
      format: "jwk",
      key: { kty: "RSA", n: Buffer.from(n).toString("base64url"), e: "AQAB" },
    });
    expect(key.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65537n });
  });
});

describe("TPM2_Create, TPM2_Load and TPM2_Unseal", () => {
  it("seal and unseal under each kind of parent", () => {
    const tpm = TestTpm.started();
    for (const template of [RSA_STORAGE, ecc(STORAGE), symCipher(STORAGE)]) {
      const parent = runCreatePrimary(tpm, template);
      const sealed = runCreate(tpm, parent.handle, keyedHash(SEALED), sensitive([9], text("a secret")));
      const { handle, name } = runLoad(tpm, parent.handle, sealed.outPrivate, sealed.area);
      expect(hex(name)).toBe(hex(nameOf(sealed.area)));
      expect(hex(new Fields(tpm.run(unseal(handle, password([9]))).parameters).sized())).toBe(hex(text("a secret")));
      expect(tpm.run(unseal(handle, password([8]))).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
      const altered = sealed.outPrivate.slice();
      altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
      expect(tpm.run(load(parent.handle, altered, sealed.area)).rc).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
      for (const used of [handle, parent.handle]) expect(tpm.run(flush(used)).rc).toBe(0);
    }
  });

  it("failed tries of an object without noDA count", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    const sealed = runCreate(tpm, parent.handle, keyedHash(SEALED & ~OBJECT.noDA), sensitive([9], [1]));
    const { handle } = runLoad(tpm, parent.handle, sealed.outPrivate, sealed.area);
    expect(tpm.run(unseal(handle, password([8]))).rc).toBe(rc("TPM_RC_AUTH_FAIL", { session: 1 }));
    expect(tpm.run(unseal(handle, password([9]))).rc).toBe(0);
    // TPM_PT_LOCKOUT_COUNTER
    const lockoutCounter = tpm.run(command(CC.GetCapability, [], [u32(6), u32(0x20e), u32(1)]));
    expect(lockoutCounter.view.getUint32(lockoutCounter.size - 4)).toBe(1);
  });

  it("a chain of parents of each algorithm", () => {
    const tpm = TestTpm.started();
    const root = runCreatePrimary(tpm, RSA_STORAGE);
    const child = runCreate(tpm, root.handle, ecc(STORAGE));
    const middle = runLoad(tpm, root.handle, child.outPrivate, child.area);
    const leaf = runCreate(tpm, middle.handle, symCipher(STORAGE));
    const last = runLoad(tpm, middle.handle, leaf.outPrivate, leaf.area);
    const qualified = new Fields(tpm.run(readPublic(last.handle)).parameters);
    qualified.sized();
    qualified.sized();
    const rootName = concat(u16(ALG.SHA256), sha256(u32(RH.OWNER), root.name));
    const middleName = concat(u16(ALG.SHA256), sha256(rootName, middle.name));
    expect(hex(qualified.sized())).toBe(hex(concat(u16(ALG.SHA256), sha256(middleName, last.name))));
    expect(tpm.run(createPrimary(ecc(STORAGE))).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
  });

  it("only a parent has children", () => {
    const tpm = TestTpm.started();
    const signing = runCreatePrimary(tpm, ecc(SIGNING));
    const inSensitive = sensitive([], [1]);
    const response = tpm.run(
      command(CC.Create, [signing.handle], [inSensitive, sized(keyedHash(SEALED)), sized([]), u32(0)], [password()]),
    );
    expect(response.rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
  });
});

describe("TPM2_ObjectChangeAuth", () => {
  it("gives a private area with the new authValue, and leaves the loaded object as it is", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    const sealed = runCreate(tpm, parent.handle, keyedHash(SEALED), sensitive([1], text("data")));
    const { handle } = runLoad(tpm, parent.handle, sealed.outPrivate, sealed.area);
    const change = (auth: number[], under: number) =>
      tpm.run(command(CC.ObjectChangeAuth, [handle, under], [sized(auth)], [password([1])]));
    expect(change(Array(33).fill(7), parent.handle).rc).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
    expect(change([2], handle).rc).toBe(rc("TPM_RC_TYPE", { handle: 2 }));
    const outPrivate = new Fields(change([2, 0], parent.handle).parameters).sized();
    expect(tpm.run(unseal(handle, password([1]))).rc).toBe(0);
    const changed = runLoad(tpm, parent.handle, outPrivate, sealed.area);
    expect(tpm.run(unseal(changed.handle, password([1]))).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    expect(hex(new Fields(tpm.run(unseal(changed.handle, password([2]))).parameters).sized())).toBe(hex(text("data")));
  });
});

describe("TPM2_LoadExternal", () => {
  it("takes a public key, and refuses one that is no point of the curve", () => {
    const tpm = TestTpm.started();
    const { area, handle } = runCreatePrimary(tpm, ecc(SIGNING));
    const external = handleAndFields(tpm.run(loadExternal(area, RH.OWNER)));
    expect(hex(external.fields.sized())).toBe(hex(nameOf(area)));
    const bad = area.slice();
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    expect(tpm.run(loadExternal(bad, RH.OWNER)).rc).toBe(rc("TPM_RC_ECC_POINT", { parameter: 2 }));
    expect(tpm.run(flush(handle)).rc).toBe(0);
  });
});

describe("TPM2_CreateLoaded", () => {
  it("derives the same key for the same label and context", () => {
    const tpm = TestTpm.started();
    const xor = concat(u16(ALG.XOR), u16(ALG.SHA256), u16(ALG.KDF1_SP800_108));
    const parent = runCreatePrimary(tpm, keyedHash(STORAGE, { scheme: xor }));
    const derived = OBJECT.fixedTPM | OBJECT.fixedParent | OBJECT.userWithAuth | OBJECT.sign;
    const template = (label: string) => ecc(derived, { unique: concat(sized(text(label)), sized(text("context"))) });
    const names = ["a", "a", "b"].map((label) => {
      const { handle, fields } = handleAndFields(tpm.run(createLoaded(parent.handle, template(label))));
      expect(fields.sized().length).toBe(0);
      fields.sized();
      expect(tpm.run(flush(handle)).rc).toBe(0);
      return hex(fields.sized());
    });
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
  });
});

describe("TPM2_EvictControl", () => {
  it("makes an object persistent over power cycles, and evicts it", () => {
    const tpm = TestTpm.started();
    const primary = runCreatePrimary(tpm, RSA_STORAGE);
    expect(tpm.run(evictControl(primary.handle, 0x81000001)).rc).toBe(0);
    expect(tpm.run(evictControl(primary.handle, 0x81000001)).rc).toBe(rc("TPM_RC_NV_DEFINED"));
    expect(tpm.run(evictControl(primary.handle, 0x81800001)).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
    const again = tpm.powerCycle();
    again.startup();
    const before = again.stateHash();
    const fields = new Fields(again.run(readPublic(0x81000001)).parameters);
    expect(hex(fields.sized())).toBe(hex(primary.area));
    const sealed = runCreate(again, 0x81000001, keyedHash(SEALED), sensitive([], text("kept")));
    expect(again.stateHash()).toBe(before);
    const { handle } = runLoad(again, 0x81000001, sealed.outPrivate, sealed.area);
    expect(hex(new Fields(again.run(unseal(handle)).parameters).sized())).toBe(hex(text("kept")));
    expect(again.run(evictControl(0x81000001, 0x81000001)).rc).toBe(0);
    expect(again.run(readPublic(0x81000001)).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
  });

  it("what the store refuses does not become persistent", () => {
    const tpm = TestTpm.started();
    const primary = runCreatePrimary(tpm, ecc(STORAGE));
    tpm.storeFails = true;
    expect(tpm.run(evictControl(primary.handle, 0x81000001)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    tpm.storeFails = false;
    expect(tpm.run(readPublic(0x81000001)).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    expect(tpm.run(readPublic(primary.handle)).rc).toBe(0);
    expect(tpm.run(evictControl(primary.handle, 0x81000001)).rc).toBe(0);
  });
});

describe("contexts of objects", () => {
  it("keep everything", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, RSA_STORAGE);
    const sealed = runCreate(tpm, parent.handle, keyedHash(SEALED), sensitive([1], text("data")));
    const context = tpm.run(command(CC.ContextSave, [parent.handle])).body.slice();
    expect(hex(context.subarray(8, 16))).toBe(`80000000${RH.OWNER.toString(16)}`);
    expect(tpm.run(flush(parent.handle)).rc).toBe(0);
    const { handle } = handleAndFields(tpm.run(command(CC.ContextLoad, [], [context])));
    const loaded = runLoad(tpm, handle, sealed.outPrivate, sealed.area);
    expect(hex(new Fields(tpm.run(unseal(loaded.handle, password([1]))).parameters).sized())).toBe(hex(text("data")));
  });
});
