/** Sessions and objects together, told by a client: salts, objects that are authorized, bound to, and under protection. */

import { expect } from "vitest";
import { command, concat, hex, password, sized, text, u8, u16, u32 } from "./harness.ts";
import { ALG, CC, RH, rc, SE } from "./names.ts";
import {
  create,
  createPrimary,
  ecc,
  evictControl,
  Fields,
  fieldsOf,
  flush,
  handleAndFields,
  keyedHash,
  load,
  loadExternal,
  OBJECT,
  RSA_STORAGE,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  symCipher,
  unseal,
} from "./objects.ts";
import { eccKey, encryptorTo, nameOf, rsaKey } from "./protection.ts";
import { ok, type Run, rcOf } from "./run.ts";
import { AuthSession, CONTINUE, call, DECRYPT, ENCRYPT, type Symmetric } from "./sessions.ts";

const AUTH = text("the authValue");
const DATA = text("sealed data");
const empty = new Uint8Array(0);
const CIPHERS: Symmetric[] = [
  { algorithm: "xor", hash: ALG.SHA256 },
  { algorithm: "aes", bits: 128 },
  { algorithm: "aes", bits: 256 },
];

async function primary(run: Run, ...args: Parameters<typeof createPrimary>) {
  const { handle, fields } = handleAndFields(await ok(run, createPrimary(...args)));
  return { handle, area: fields.sized().slice() };
}
async function sealed(run: Run, parent: number, attributes: number = SEALED, auth = AUTH) {
  const made = fieldsOf(await ok(run, create(parent, keyedHash(attributes), sensitive(auth, DATA))));
  const [inside, area] = [made.sized().slice(), made.sized().slice()];
  const { handle, fields } = handleAndFields(await ok(run, load(parent, inside, area)));
  return { handle, area, inside, name: fields.sized().slice() };
}
const unsealWith = (object: { handle: number; name: Uint8Array }) => ({
  code: CC.Unseal,
  handles: [object.handle],
  names: [object.name],
});
function start(key: number, bind: number, salt: Uint8Array): Uint8Array {
  return command(
    CC.StartAuthSession,
    [key, bind],
    [sized(new Uint8Array(16)), sized(salt), u8(0), u16(ALG.NULL), u16(ALG.SHA256)],
  );
}

export const objectSessionScenarios: readonly [name: string, scenario: (run: Run) => Promise<void>][] = [
  [
    "salted sessions, with an RSA and an ECC key, authorize and encrypt",
    async (run) => {
      for (const template of [RSA_STORAGE, ecc(STORAGE)]) {
        const parent = await primary(run, template);
        const object = await sealed(run, parent.handle);
        const key = { handle: parent.handle, ...encryptorTo(parent.area) };
        for (const symmetric of CIPHERS) {
          const session = await AuthSession.start(run, { key, symmetric });
          const entity = { auth: AUTH };
          const uses = [{ session, entity, attributes: ENCRYPT }];
          const { parameters } = await call(run, { ...unsealWith(object), uses });
          expect(hex(new Fields(parameters).sized())).toBe(hex(DATA));
        }
        for (const used of [object.handle, parent.handle]) await ok(run, flush(used));
      }
    },
  ],
  [
    "a session both salted and bound to an object",
    async (run) => {
      const parent = await primary(run, ecc(STORAGE));
      const object = await sealed(run, parent.handle);
      const key = { handle: parent.handle, ...encryptorTo(parent.area) };
      for (const hash of [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512]) {
        const bind = { handle: object.handle, auth: AUTH };
        const session = await AuthSession.start(run, { key, bind, hash, symmetric: { algorithm: "aes", bits: 128 } });
        const uses = [{ session, entity: { auth: AUTH, bound: true }, attributes: ENCRYPT }];
        const { parameters } = await call(run, { ...unsealWith(object), uses });
        expect(hex(new Fields(parameters).sized())).toBe(hex(DATA));
      }
    },
  ],
  [
    "a bound session goes by Name and authValue: another object of the same ones is the same entity",
    async (run) => {
      const parent = await primary(run, ecc(STORAGE));
      const object = await sealed(run, parent.handle);
      const twin = handleAndFields(await ok(run, load(parent.handle, object.inside, object.area))).handle;
      const session = await AuthSession.start(run, { bind: { handle: object.handle, auth: AUTH } });
      const uses = [{ session, entity: { auth: AUTH, bound: true } }];
      expect((await call(run, { ...unsealWith({ ...object, handle: twin }), uses })).response.rc).toBe(0);
      // With another authValue it is another entity, whose authValue belongs into the key.
      const changed = fieldsOf(
        await ok(
          run,
          command(CC.ObjectChangeAuth, [object.handle, parent.handle], [sized(text("new"))], [password(AUTH)]),
        ),
      );
      await ok(run, flush(twin));
      const other = handleAndFields(await ok(run, load(parent.handle, changed.sized(), object.area))).handle;
      const asBound = [{ session, entity: { auth: text("new"), bound: true } }];
      const target = { ...object, handle: other };
      expect((await call(run, { ...unsealWith(target), uses: asBound })).response.rc).toBe(
        rc("TPM_RC_BAD_AUTH", { session: 1 }),
      );
      const asOther = [{ session, entity: { auth: text("new") } }];
      expect((await call(run, { ...unsealWith(target), uses: asOther })).response.rc).toBe(0);
    },
  ],
  [
    "the first parameter of TPM2_Create can be encrypted, and of its response",
    async (run) => {
      const parent = await primary(run, RSA_STORAGE, RH.OWNER, sensitive(AUTH));
      for (const symmetric of CIPHERS) {
        const bind = { handle: parent.handle, auth: AUTH };
        const session = await AuthSession.start(run, { bind, symmetric });
        const parameters = [sensitive(text("own"), DATA), sized(keyedHash(SEALED)), sized([]), u32(0)];
        const { response, parameters: made } = await call(run, {
          code: CC.Create,
          handles: [parent.handle],
          names: [nameOf(parent.area)],
          parameters,
          uses: [{ session, entity: { auth: AUTH, bound: true }, attributes: DECRYPT | ENCRYPT }],
        });
        expect(response.rc).toBe(0);
        const fields = new Fields(made);
        const { handle } = handleAndFields(
          await ok(run, load(parent.handle, fields.sized(), fields.sized(), password(AUTH))),
        );
        expect(hex(fieldsOf(await ok(run, unseal(handle, password(text("own"))))).sized())).toBe(hex(DATA));
        await ok(run, flush(handle));
      }
    },
  ],
  [
    "two sessions: one authorizes, the salted one encrypts",
    async (run) => {
      const parent = await primary(run, ecc(STORAGE));
      const object = await sealed(run, parent.handle);
      const key = { handle: parent.handle, ...encryptorTo(parent.area) };
      const encrypting = await AuthSession.start(run, { key, symmetric: { algorithm: "aes", bits: 256 } });
      const authorizing = await AuthSession.start(run);
      const uses = [
        { session: authorizing, entity: { auth: AUTH } },
        { session: encrypting, attributes: CONTINUE | ENCRYPT },
      ];
      for (let i = 0; i < 2; i++) {
        const { parameters } = await call(run, { ...unsealWith(object), uses });
        expect(hex(new Fields(parameters).sized())).toBe(hex(DATA));
      }
    },
  ],
  [
    "a session bound to an object under dictionary attack protection counts its failures, whatever it authorizes",
    async (run) => {
      const parent = await primary(run, ecc(STORAGE));
      const object = await sealed(run, parent.handle, SEALED & ~OBJECT.noDA);
      // The first use of such an authValue makes TPM_RC_RETRY on libtpms, and in its profile.
      expect([0, rc("TPM_RC_RETRY")]).toContain(await rcOf(run, unseal(object.handle, password(AUTH))));
      const session = await AuthSession.start(run, { bind: { handle: object.handle, auth: AUTH } });
      const extend = {
        code: CC.PCR_Extend,
        handles: [16],
        parameters: [u32(1), u16(ALG.SHA256), new Uint8Array(32).fill(5)],
        uses: [{ session, entity: { auth: empty } }],
      };
      expect((await call(run, extend)).response.rc).toBe(0);
      const wrong = (bytes: Uint8Array) => {
        bytes[60] = (bytes[60] ?? 0) ^ 1;
      };
      expect((await call(run, { ...extend, tamper: wrong })).response.rc).toBe(rc("TPM_RC_AUTH_FAIL", { session: 1 }));
      const counter = await ok(run, command(CC.GetCapability, [], [u32(6), u32(0x20e), u32(1)]));
      expect(counter.view.getUint32(counter.size - 4)).toBe(1);
      expect((await call(run, extend)).response.rc).toBe(0);
    },
  ],
  [
    "a persistent object is bound to and authorized like a transient one",
    async (run) => {
      const parent = await primary(run, ecc(STORAGE), RH.OWNER, sensitive(AUTH));
      await ok(run, evictControl(parent.handle, 0x81000002));
      await ok(run, flush(parent.handle));
      const key = { handle: 0x81000002, ...encryptorTo(parent.area) };
      const bind = { handle: 0x81000002, auth: AUTH };
      const session = await AuthSession.start(run, { key, bind, symmetric: { algorithm: "aes", bits: 128 } });
      const { response } = await call(run, {
        code: CC.Create,
        handles: [0x81000002],
        names: [nameOf(parent.area)],
        parameters: [sensitive(empty, DATA), sized(keyedHash(SEALED)), sized([]), u32(0)],
        uses: [{ session, entity: { auth: AUTH, bound: true }, attributes: CONTINUE | DECRYPT | ENCRYPT }],
      });
      expect(response.rc).toBe(0);
    },
  ],
  [
    "policy sessions are salted and bound, too, for their keys",
    async (run) => {
      const parent = await primary(run, ecc(STORAGE));
      const key = { handle: parent.handle, ...encryptorTo(parent.area) };
      const policy = { policy: new Uint8Array(32), attributes: SEALED & ~OBJECT.userWithAuth };
      const template = keyedHash(policy.attributes, { policy: policy.policy });
      const made = fieldsOf(await ok(run, create(parent.handle, template, sensitive(AUTH, DATA))));
      const [inside, area] = [made.sized().slice(), made.sized().slice()];
      const { handle, fields } = handleAndFields(await ok(run, load(parent.handle, inside, area)));
      const object = { handle, name: fields.sized().slice() };
      const bind = { handle: parent.handle, auth: empty };
      const session = await AuthSession.start(run, {
        key,
        bind,
        type: SE.POLICY,
        symmetric: { algorithm: "aes", bits: 128 },
      });
      // The authValue of the object is part of the encryption key, though not of the HMAC's.
      const uses = [{ session, entity: { auth: AUTH }, attributes: CONTINUE | ENCRYPT }];
      // The policy of this object is the digest that a new session has.
      const { response, parameters } = await call(run, { ...unsealWith(object), uses });
      expect(response.rc).toBe(0);
      expect(hex(new Fields(parameters).sized())).toBe(hex(DATA));
      // A password is not enough.
      expect(await rcOf(run, unseal(handle, password(AUTH)))).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    },
  ],
  [
    "TPM2_StartAuthSession refuses keys and salts that are none",
    async (run) => {
      const storage = await primary(run, RSA_STORAGE);
      const { secret } = encryptorTo(storage.area).encrypt("SECRET");
      expect(await rcOf(run, start(storage.handle, RH.NULL, secret))).toBe(0);
      expect(await rcOf(run, start(storage.handle, RH.NULL, empty))).toBe(rc("TPM_RC_VALUE", { parameter: 2 }));
      expect(await rcOf(run, start(RH.NULL, RH.NULL, secret))).toBe(rc("TPM_RC_VALUE", { parameter: 2 }));
      expect(await rcOf(run, start(storage.handle, RH.NULL, secret.subarray(1)))).toBe(
        rc("TPM_RC_VALUE", { parameter: 2 }),
      );
      expect(await rcOf(run, start(storage.handle, RH.NULL, new Uint8Array(128).fill(0xff)))).toBe(
        rc("TPM_RC_VALUE", { parameter: 2 }),
      );
      expect(await rcOf(run, start(storage.handle, RH.NULL, new Uint8Array(128)))).toBe(
        rc("TPM_RC_VALUE", { parameter: 2 }),
      );
      const wrongLabel = encryptorTo(storage.area).encrypt("IDENTITY").secret;
      expect(await rcOf(run, start(storage.handle, RH.NULL, wrongLabel))).toBe(rc("TPM_RC_VALUE", { parameter: 2 }));
      await ok(run, flush(storage.handle));
      const onCurve = await primary(run, ecc(STORAGE));
      const point = encryptorTo(onCurve.area).encrypt("SECRET").secret;
      expect(await rcOf(run, start(onCurve.handle, RH.NULL, point))).toBe(0);
      const off = point.map((byte, i) => (i === point.length - 1 ? byte ^ 1 : byte));
      expect(await rcOf(run, start(onCurve.handle, RH.NULL, off))).toBe(rc("TPM_RC_VALUE", { parameter: 2 }));
      expect(await rcOf(run, start(onCurve.handle, RH.NULL, point.subarray(0, 40)))).toBe(
        rc("TPM_RC_VALUE", { parameter: 2 }),
      );
      await ok(run, flush(onCurve.handle));
      const signing = await primary(run, ecc(SIGNING));
      expect(await rcOf(run, start(signing.handle, RH.NULL, point))).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 1 }));
      await ok(run, flush(signing.handle));
      const symmetric = await primary(run, symCipher(STORAGE));
      expect(await rcOf(run, start(symmetric.handle, RH.NULL, point))).toBe(rc("TPM_RC_KEY", { handle: 1 }));
      await ok(run, flush(symmetric.handle));
      const external = handleAndFields(await ok(run, loadExternal(eccKey().area, RH.OWNER))).handle;
      expect(await rcOf(run, start(external, RH.NULL, point))).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
      expect(await rcOf(run, start(RH.NULL, external, empty))).toBe(rc("TPM_RC_HANDLE", { handle: 2 }));
      await ok(run, flush(external));
      const sequence = handleAndFields(
        await ok(run, command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)])),
      ).handle;
      expect(await rcOf(run, start(sequence, RH.NULL, point))).toBe(rc("TPM_RC_KEY", { handle: 1 }));
      expect(await rcOf(run, start(0x80000002, RH.NULL, point))).toBe(rc("TPM_RC_REFERENCE_H0"));
      expect(await rcOf(run, start(RH.NULL, 0x80000002, empty))).toBe(rc("TPM_RC_REFERENCE_H1"));
    },
  ],
  [
    "an external key that decrypts with OAEP takes salts with its own hash",
    async (run) => {
      const scheme = concat(u16(0x17), u16(ALG.SHA1));
      const key = rsaKey({ attributes: OBJECT.userWithAuth | OBJECT.noDA | OBJECT.decrypt, seed: empty, scheme });
      const { handle } = handleAndFields(await ok(run, loadExternal(key.area, RH.NULL, sized(key.sensitive))));
      const encrypt = (label: string) => key.encrypt(label, ALG.SHA1);
      const session = await AuthSession.start(run, { key: { handle, encrypt } });
      expect(
        (await call(run, { code: CC.GetRandom, parameters: [u16(8)], uses: [{ session, attributes: 0x81 }] })).response
          .rc,
      ).toBe(0);
      const sha256 = key.encrypt("SECRET").secret;
      expect(await rcOf(run, start(handle, RH.NULL, sha256))).toBe(rc("TPM_RC_VALUE", { parameter: 2 }));
      await ok(run, flush(handle));
      for (const other of [concat(u16(0x15))]) {
        const es = rsaKey({
          attributes: OBJECT.userWithAuth | OBJECT.noDA | OBJECT.decrypt,
          seed: empty,
          scheme: other,
        });
        const loaded = handleAndFields(await ok(run, loadExternal(es.area, RH.NULL, sized(es.sensitive)))).handle;
        expect(await rcOf(run, start(loaded, RH.NULL, es.encrypt("SECRET").secret))).toBe(
          rc("TPM_RC_VALUE", { parameter: 2 }),
        );
        await ok(run, flush(loaded));
      }
    },
  ],
];
