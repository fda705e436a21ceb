import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import {
  activateCredential,
  create,
  createLoaded,
  createPrimary,
  ecc,
  evictControl,
  fieldsOf,
  flush,
  handleAndFields,
  keyedHash,
  load,
  loadExternal,
  makeCredential,
  OBJECT,
  readPublic,
  runCreate,
  runCreatePrimary,
  runLoad,
  SIGNING,
  STORAGE,
  sensitive,
  unseal,
} from "../../testkit/objects.ts";

describe("transient memory", () => {
  /** Three objects are loaded: no slot is free. */
  function full() {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    const made = runCreate(tpm, parent.handle, ecc(SIGNING));
    const context = tpm.run(command(CC.ContextSave, [parent.handle])).body.slice();
    expect(tpm.run(evictControl(parent.handle, 0x81000001)).rc).toBe(0);
    for (let i = 0; i < 2; i++) runLoad(tpm, parent.handle, made.outPrivate, made.area);
    return { tpm, parent, made, context };
  }

  it("TPM_RC_OBJECT_MEMORY for every command that needs a slot, and nothing else happens", () => {
    const { tpm, parent, made, context } = full();
    const before = tpm.stateHash();
    const commands = {
      Create: create(parent.handle, ecc(SIGNING)),
      CreatePrimary: createPrimary(ecc(STORAGE)),
      CreateLoaded: createLoaded(parent.handle, ecc(SIGNING)),
      Load: load(parent.handle, made.outPrivate, made.area),
      LoadExternal: loadExternal(made.area, RH.OWNER),
      ContextLoad: command(CC.ContextLoad, [], [context]),
      HashSequenceStart: command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]),
      "a persistent handle": readPublic(0x81000001),
    };
    for (const [name, bytes] of Object.entries(commands))
      expect([name, tpm.run(bytes).rc]).toEqual([name, rc("TPM_RC_OBJECT_MEMORY")]);
    // Before that come the type of the parent (Create, CreateLoaded), and what can't be unmarshalled; after it the rest.
    expect(tpm.run(create(0x80000001, ecc(SIGNING))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(load(0x80000001, made.outPrivate, made.area)).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    expect(tpm.run(create(parent.handle, ecc(SIGNING, { curve: 0 }))).rc).toBe(rc("TPM_RC_CURVE", { parameter: 2 }));
    expect(tpm.run(create(parent.handle, ecc(SIGNING | OBJECT.decrypt | OBJECT.restricted))).rc).toBe(
      rc("TPM_RC_OBJECT_MEMORY"),
    );
    expect(tpm.stateHash()).toBe(before);
  });

  it("a persistent object takes a slot only while its command runs", () => {
    const { tpm } = full();
    expect(tpm.run(flush(0x80000002)).rc).toBe(0);
    expect(tpm.run(readPublic(0x81000001)).rc).toBe(0);
    // The copy takes the last slot, and the new object has none.
    expect(tpm.run(create(0x81000001, ecc(SIGNING))).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    expect(tpm.run(flush(0x80000001)).rc).toBe(0);
    expect(tpm.run(create(0x81000001, ecc(SIGNING))).rc).toBe(0);
    // Two of them, and one new object.
    expect(tpm.run(evictControl(0x80000000, 0x81000002)).rc).toBe(0);
    expect(tpm.run(makeCredential(0x81000002, text("secret"), text("name"))).rc).toBe(0);
    expect(tpm.run(command(CC.GetCapability, [], [u32(6), u32(0x207), u32(1)])).rc).toBe(0);
  });

  it("a warning about a persistent handle comes before its check, and after that of the transient ones before it", () => {
    const { tpm } = full();
    expect(tpm.run(readPublic(0x81000005)).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    expect(tpm.run(flush(0x80000002)).rc).toBe(0);
    expect(tpm.run(readPublic(0x81000005)).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    expect(tpm.run(readPublic(0x80000002)).rc).toBe(rc("TPM_RC_REFERENCE_H0"));
  });
});

describe("hierarchies and objects", () => {
  const context = (tpm: TestTpm, handle: number) => tpm.run(command(CC.ContextSave, [handle])).body.slice();
  const contextLoad = (bytes: Uint8Array) => command(CC.ContextLoad, [], [bytes]);
  const control = (hierarchy: number, state: number) =>
    command(CC.HierarchyControl, [RH.PLATFORM], [u32(hierarchy), [state]], [password()]);

  it("the objects of a disabled hierarchy go, their contexts and persistent ones are out of reach", () => {
    for (const [hierarchy, persistent, auth] of [
      [RH.OWNER, 0x81000001, RH.OWNER],
      [RH.ENDORSEMENT, 0x81000001, RH.OWNER],
    ] as const) {
      const tpm = TestTpm.started();
      const object = runCreatePrimary(tpm, ecc(STORAGE), hierarchy);
      const other = runCreatePrimary(tpm, ecc(STORAGE), RH.PLATFORM);
      const saved = context(tpm, object.handle);
      expect(tpm.run(evictControl(object.handle, persistent, auth)).rc).toBe(0);
      expect(tpm.run(control(hierarchy, 0)).rc).toBe(0);
      expect(tpm.run(readPublic(object.handle)).rc).toBe(rc("TPM_RC_REFERENCE_H0"));
      expect(tpm.run(readPublic(other.handle)).rc).toBe(0);
      expect(tpm.run(contextLoad(saved)).rc).toBe(rc("TPM_RC_HIERARCHY", { parameter: 1 }));
      expect(tpm.run(readPublic(persistent)).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
      expect(tpm.run(loadExternal(object.area, hierarchy)).rc).toBe(rc("TPM_RC_HIERARCHY", { parameter: 3 }));
      expect(tpm.run(createPrimary(ecc(STORAGE), hierarchy)).rc).toBe(rc("TPM_RC_HIERARCHY", { handle: 1 }));
      expect(tpm.run(control(hierarchy, 1)).rc).toBe(0);
      expect(tpm.run(contextLoad(saved)).rc).toBe(0);
      expect(tpm.run(readPublic(persistent)).rc).toBe(0);
    }
  });

  it("a new seed or proof makes the contexts of its hierarchy useless, and no others", () => {
    const changes: [string, Uint8Array, number[], number[]][] = [
      ["Clear", command(CC.Clear, [RH.PLATFORM], [], [password()]), [RH.OWNER, RH.ENDORSEMENT], [RH.PLATFORM, RH.NULL]],
      [
        "ChangePPS",
        command(CC.ChangePPS, [RH.PLATFORM], [], [password()]),
        [RH.PLATFORM],
        [RH.OWNER, RH.ENDORSEMENT, RH.NULL],
      ],
      [
        "ChangeEPS",
        command(CC.ChangeEPS, [RH.PLATFORM], [], [password()]),
        [RH.ENDORSEMENT],
        [RH.OWNER, RH.PLATFORM, RH.NULL],
      ],
    ];
    for (const [name, change, gone, kept] of changes) {
      const tpm = TestTpm.started();
      const contexts = new Map<number, Uint8Array>();
      for (const hierarchy of [...gone, ...kept]) {
        const { handle } = runCreatePrimary(tpm, ecc(STORAGE), hierarchy);
        contexts.set(hierarchy, context(tpm, handle));
        if (hierarchy !== gone[0] && hierarchy !== kept[0]) expect(tpm.run(flush(handle)).rc).toBe(0);
      }
      expect(tpm.run(change).rc).toBe(0);
      expect([name, tpm.run(readPublic(0x80000000)).rc]).toEqual([name, rc("TPM_RC_REFERENCE_H0")]);
      for (const hierarchy of gone) {
        expect([name, tpm.run(contextLoad(contexts.get(hierarchy) ?? new Uint8Array())).rc]).toEqual([
          name,
          rc("TPM_RC_INTEGRITY", { parameter: 1 }),
        ]);
      }
      for (const hierarchy of kept) {
        const { handle } = handleAndFields(tpm.run(contextLoad(contexts.get(hierarchy) ?? new Uint8Array())));
        expect(tpm.run(flush(handle)).rc).toBe(0);
      }
    }
  });

  it("an object with stClear, or below one, can't be loaded again after TPM Restart, and can after Resume", () => {
    const tpm = TestTpm.started();
    const parent = runCreatePrimary(tpm, ecc(STORAGE | OBJECT.stClear));
    const made = runCreate(tpm, parent.handle, ecc(SIGNING));
    const child = runLoad(tpm, parent.handle, made.outPrivate, made.area);
    const plain = runCreatePrimary(tpm, ecc(STORAGE));
    expect(tpm.run(evictControl(child.handle, 0x81000001)).rc).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 2 }));
    const contexts = [parent.handle, child.handle, plain.handle].map((handle) => context(tpm, handle));
    expect(contexts.map((bytes) => hex(bytes.subarray(8, 12)))).toEqual(["80000002", "80000002", "80000000"]);
    const load = (on: TestTpm) => contexts.map((bytes) => on.run(contextLoad(bytes)).rc);
    expect(tpm.shutdown(1).rc).toBe(0);
    const resumed = tpm.powerCycle();
    expect(resumed.startup(1).rc).toBe(0);
    expect(load(resumed)).toEqual([0, 0, 0]);
    expect(resumed.shutdown(1).rc).toBe(0);
    const restarted = resumed.powerCycle();
    expect(restarted.startup(0).rc).toBe(0);
    expect(load(restarted)).toEqual([
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
      0,
    ]);
    const reset = restarted.powerCycle();
    expect(reset.startup(0).rc).toBe(0);
    expect(load(reset)).toEqual([
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
      rc("TPM_RC_INTEGRITY", { parameter: 1 }),
    ]);
  });
});

describe("sequence objects as handles of object commands", () => {
  it("have no public area, no key and no data", () => {
    const tpm = TestTpm.started();
    const { handle } = handleAndFields(tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)])));
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    const before = tpm.stateHash();
    expect(tpm.run(readPublic(handle)).rc).toBe(rc("TPM_RC_SEQUENCE"));
    expect(tpm.run(create(handle, ecc(SIGNING))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(createLoaded(handle, ecc(SIGNING))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(load(handle, new Uint8Array(80), ecc(SIGNING))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(unseal(handle)).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    expect(tpm.run(evictControl(handle, 0x81000001)).rc).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 2 }));
    expect(tpm.run(command(CC.ObjectChangeAuth, [handle, parent.handle], [sized([1])], [password()])).rc).toBe(
      rc("TPM_RC_TYPE", { handle: 1 }),
    );
    expect(tpm.run(command(CC.ObjectChangeAuth, [parent.handle, handle], [sized([1])], [password()])).rc).toBe(
      rc("TPM_RC_TYPE", { handle: 2 }),
    );
    expect(tpm.run(activateCredential(parent.handle, handle, new Uint8Array(40), new Uint8Array(40))).rc).toBe(
      rc("TPM_RC_TYPE", { handle: 2 }),
    );
    expect(tpm.stateHash()).toBe(before);
  });
});

describe("objects without a nameAlg", () => {
  it("have no Name, and are no parents", () => {
    const tpm = TestTpm.started();
    const area = keyedHash(OBJECT.userWithAuth | OBJECT.sign | OBJECT.noDA, {
      nameAlg: ALG.NULL,
      scheme: concat(u16(ALG.HMAC), u16(ALG.SHA256)),
    });
    const inside = sized(concat(u16(ALG.KEYEDHASH), sized([1]), sized([]), sized(new Uint8Array(32))));
    const { handle, fields } = handleAndFields(tpm.run(loadExternal(area, RH.NULL, inside)));
    expect(fields.sized().length).toBe(0);
    const read = fieldsOf(tpm.run(readPublic(handle)));
    expect(hex(read.sized())).toBe(hex(area));
    expect([read.sized().length, read.sized().length]).toEqual([0, 0]);
    expect(tpm.run(create(handle, ecc(SIGNING))).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    expect(tpm.run(create(handle, ecc(SIGNING), sensitive(), password([1]))).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
    const saved = tpm.run(command(CC.ContextSave, [handle])).body.slice();
    expect(tpm.run(flush(handle)).rc).toBe(0);
    const back = handleAndFields(tpm.run(command(CC.ContextLoad, [], [saved]))).handle;
    expect(hex(fieldsOf(tpm.run(readPublic(back))).sized())).toBe(hex(area));
    const auth = password([1]);
    for (const refused of [
      create(back, area, sensitive(), auth),
      createPrimary(area),
      load(back, new Uint8Array(80), area, auth),
    ]) {
      expect(tpm.run(refused).rc).toBe(rc("TPM_RC_HASH", { parameter: 2 }));
    }
  });
});
