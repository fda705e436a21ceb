/** Objects of two makers: a storage key that both TPMs have by TPM2_Import, so that each opens what the other made. */

import { describe, expect, it } from "vitest";
import { Random } from "../../testkit/differential/random.ts";
import { command, concat, hex, password, Response, TestTpm, text, u16 } from "../../testkit/harness.ts";
import { ALG, CC, RH } from "../../testkit/names.ts";
import {
  activateCredential,
  commandCodePolicy,
  create,
  createPrimary,
  duplicateObject,
  ecc,
  Fields,
  fieldsOf,
  flush,
  handleAndFields,
  importObject,
  keyedHash,
  load,
  loadExternal,
  makeCredential,
  OBJECT,
  policyCommandCode,
  rewrap,
  rsa,
  SEALED,
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
  nameOf,
  openPrivate,
  rsaKey,
  type SoftwareKey,
} from "../../testkit/protection.ts";
import { RandomObjects } from "../../testkit/randomObjects.ts";
import { digest, hmac } from "../../testkit/sessions.ts";
import { Swtpm, swtpmIsInstalled } from "../../testkit/swtpm.ts";

type Run = (bytes: Uint8Array) => Promise<Response>;
const free = STORAGE & ~(OBJECT.fixedTPM | OBJECT.fixedParent);

async function withBoth(test: (ours: Run, theirs: Run) => Promise<void>): Promise<void> {
  const swtpm = await Swtpm.start();
  const tpm = new TestTpm({ profile: 1 });
  try {
    const ours: Run = async (bytes) => tpm.run(bytes);
    const theirs: Run = async (bytes) => new Response(await swtpm.run(bytes));
    for (const run of [ours, theirs]) expect((await run(command(CC.Startup, [], [u16(0)]))).rc).toBe(0);
    await test(ours, theirs);
  } finally {
    await swtpm.stop();
  }
}

async function primary(run: Run, template: Uint8Array, hierarchy: number = RH.OWNER) {
  const { handle, fields } = handleAndFields(await run(createPrimary(template, hierarchy)));
  return { handle, area: fields.sized().slice() };
}
async function loadObject(run: Run, parent: number, inside: Uint8Array, area: Uint8Array): Promise<number> {
  return handleAndFields(await run(load(parent, inside, area))).handle;
}
/** The key as a loaded object below a primary object, which is flushed. */
async function adopt(run: Run, key: SoftwareKey): Promise<number> {
  const root = await primary(run, ecc(free));
  const duplicate = duplicateFor(encryptorTo(root.area), key.area, key.sensitive);
  const inside = fieldsOf(await run(importObject(root.handle, key.area, duplicate)))
    .sized()
    .slice();
  const handle = await loadObject(run, root.handle, inside, key.area);
  expect((await run(flush(root.handle))).rc).toBe(0);
  return handle;
}
async function dropAll(run: Run): Promise<void> {
  for (let slot = 0; slot < 3; slot++) await run(flush(0x80000000 + slot));
}

const PARENTS: readonly (readonly [string, () => SoftwareKey])[] = [
  ["RSA", () => rsaKey()],
  ["ECC", () => eccKey()],
  ["ECC P-384 with SHA-384", () => eccKey({ curve: 4, nameAlg: ALG.SHA384 })],
  ["RSA with SHA-1", () => rsaKey({ nameAlg: ALG.SHA1 })],
];

describe.runIf(swtpmIsInstalled())("what libtpms makes under a parent that both have", () => {
  for (const [kind, makeKey] of PARENTS) {
    it(`loads here, and the other way round: ${kind}`, { timeout: 60_000 }, async () => {
      await withBoth(async (ours, theirs) => {
        const key = makeKey();
        const [here, there] = [await adopt(ours, key), await adopt(theirs, key)];
        const templates = [
          keyedHash(SEALED & ~(OBJECT.fixedTPM | OBJECT.fixedParent)),
          ecc(SIGNING & ~(OBJECT.fixedTPM | OBJECT.fixedParent)),
          ecc(free, { curve: 4 }),
          rsa(SIGNING & ~(OBJECT.fixedTPM | OBJECT.fixedParent)),
          symCipher((free & ~OBJECT.restricted) | OBJECT.sign),
          symCipher(free),
        ];
        for (const [from, maker, to, loader] of [
          [ours, here, theirs, there],
          [theirs, there, ours, here],
        ] as const) {
          for (const [i, template] of templates.entries()) {
            const isSealed = i === 0;
            const inSensitive = isSealed ? sensitive(text("auth"), text("data")) : sensitive(text("auth"));
            const made = fieldsOf(await from(create(maker, template, inSensitive)));
            const [inside, area] = [made.sized().slice(), made.sized().slice()];
            const handle = await loadObject(to, loader, inside, area);
            if (isSealed) {
              const data = fieldsOf(await to(unseal(handle, password(text("auth"))))).sized();
              expect(hex(data)).toBe(hex(text("data")));
            }
            expect((await to(flush(handle))).rc).toBe(0);
            // Software that knows the parent opens it, too.
            const opened = new Fields(openPrivate(key, nameOf(area), inside));
            expect(opened.number(2)).toBe((area[0] ?? 0) * 256 + (area[1] ?? 0));
            expect(hex(opened.sized())).toBe(hex(concat(text("auth"), new Uint8Array(28))));
          }
        }
      });
    });
  }

  it("duplicates and rewrapped ones import, credentials activate, on either side", { timeout: 60_000 }, async () => {
    await withBoth(async (ours, theirs) => {
      for (const [kind, makeKey] of PARENTS) {
        const key = makeKey();
        for (const [from, to] of [
          [ours, theirs],
          [theirs, ours],
        ] as const) {
          const newParent = await adopt(to, key);
          const root = await primary(from, ecc(STORAGE));
          const template = keyedHash(OBJECT.userWithAuth | OBJECT.noDA, { policy: commandCodePolicy(CC.Duplicate) });
          const made = fieldsOf(await from(create(root.handle, template, sensitive(text("auth"), text("data")))));
          const [inside, area] = [made.sized().slice(), made.sized().slice()];
          const object = await loadObject(from, root.handle, inside, area);
          expect((await from(flush(root.handle))).rc).toBe(0);
          const publicOnly = handleAndFields(await from(loadExternal(key.area, RH.OWNER))).handle;
          const session = handleAndFields(await from(startPolicy())).handle;
          expect((await from(policyCommandCode(session, CC.Duplicate))).rc).toBe(0);
          const symmetric = concat(u16(ALG.AES), u16(128), u16(ALG.CFB));
          const fields = fieldsOf(
            await from(duplicateObject(object, publicOnly, session, new Uint8Array(0), symmetric)),
          );
          const [encryptionKey, duplicate, secret] = [
            fields.sized().slice(),
            fields.sized().slice(),
            fields.sized().slice(),
          ];
          // On to the same parent by way of TPM2_Rewrap on the other TPM.
          const again = fieldsOf(await to(rewrap(newParent, newParent, duplicate, nameOf(area), secret)));
          const rewrapped = {
            encryptionKey,
            symmetric,
            duplicate: again.sized().slice(),
            secret: again.sized().slice(),
          };
          for (const d of [{ encryptionKey, symmetric, duplicate, secret }, rewrapped]) {
            const imported = fieldsOf(await to(importObject(newParent, area, d)))
              .sized()
              .slice();
            const loaded = await loadObject(to, newParent, imported, area);
            const data = fieldsOf(await to(unseal(loaded, password(text("auth"))))).sized();
            expect([kind, hex(data)]).toEqual([kind, hex(text("data"))]);
            expect((await to(flush(loaded))).rc).toBe(0);
          }
          const activated = await primary(to, ecc(SIGNING));
          const credential = fieldsOf(
            await from(makeCredential(publicOnly, text("credential"), nameOf(activated.area))),
          );
          const response = await to(
            activateCredential(activated.handle, newParent, credential.sized(), credential.sized()),
          );
          expect([kind, hex(fieldsOf(response).sized())]).toEqual([kind, hex(text("credential"))]);
          expect((await from(flush(session))).rc).toBe(0);
          await dropAll(from);
          await dropAll(to);
        }
      }
    });
  });

  it("derives the same keys from the same derivation parent", async () => {
    await withBoth(async (ours, theirs) => {
      const scheme = concat(u16(ALG.XOR), u16(ALG.SHA256), u16(ALG.KDF1_SP800_108));
      const seed = digest(ALG.SHA256, text("seed"));
      const key = new Uint8Array(32).fill(9);
      const unique = concat(u16(32), hmac(ALG.SHA256, seed, key));
      const area = keyedHash(free & ~OBJECT.sensitiveDataOrigin, { scheme, unique });
      const inside = concat(u16(ALG.KEYEDHASH), u16(0), u16(32), seed, u16(32), key);
      const names: string[][] = [];
      for (const run of [ours, theirs]) {
        const parent = await adopt(run, {
          nameAlg: ALG.SHA256,
          area,
          name: nameOf(area),
          sensitive: inside,
        } as SoftwareKey);
        const made: string[] = [];
        const attributes = OBJECT.userWithAuth | OBJECT.fixedParent | OBJECT.noDA;
        for (const label of ["a", "b"]) {
          const derive = { unique: concat(u16(1), text(label), u16(4), text("with")) };
          const templates = [
            ecc(attributes | OBJECT.sign, derive),
            ecc(attributes | OBJECT.decrypt, { ...derive, curve: 4 }),
            symCipher(attributes | OBJECT.decrypt, derive),
            keyedHash(attributes | OBJECT.sign, { ...derive, scheme: concat(u16(ALG.HMAC), u16(ALG.SHA256)) }),
            keyedHash(attributes, derive),
          ];
          for (const template of templates) {
            const bytes = command(
              CC.CreateLoaded,
              [parent],
              [sensitive(), concat(u16(template.length), template)],
              [password()],
            );
            const response = await run(bytes);
            made.push(response.rc === 0 ? hex(handleAndFields(response).fields.rest()) : response.rc.toString(16));
            if (response.rc === 0) await run(flush(handleAndFields(response).handle));
          }
        }
        names.push(made);
      }
      expect(names[0]).toEqual(names[1]);
      expect(new Set(names[0]).size).toBe(names[0]?.length);
    });
  });
});

/** RANDOM_OBJECTS_SEED=n starts from another stream, RANDOM_OBJECTS=n tries more for each parent. */
const { RANDOM_OBJECTS_SEED, RANDOM_OBJECTS } = process.env;
const seed = Number(RANDOM_OBJECTS_SEED ?? 1);
const count = Number(RANDOM_OBJECTS ?? 120);

describe.runIf(swtpmIsInstalled())("random templates and areas", () => {
  it("get the response codes and sizes that libtpms gives", { timeout: 600_000 }, async () => {
    await withBoth(async (ours, theirs) => {
      const random = new Random(seed);
      const objects = new RandomObjects(random);
      const plain = OBJECT.userWithAuth | OBJECT.noDA | OBJECT.decrypt;
      const none = new Uint8Array(0);
      const keys = [
        eccKey(),
        rsaKey(),
        eccKey({ attributes: plain, seed: none }),
        rsaKey({ attributes: plain, seed: none }),
      ];
      const xor = concat(u16(ALG.XOR), u16(ALG.SHA256), u16(ALG.KDF1_SP800_108));
      const derivation = [keyedHash(STORAGE, { scheme: xor }), keyedHash(free, { scheme: xor })];
      const storage = [ecc(STORAGE), ecc(free), symCipher(STORAGE), ecc(free | OBJECT.encryptedDuplication)];
      for (const template of [...storage, ...derivation, ecc(SIGNING)]) {
        const handles = [await primary(ours, template), await primary(theirs, template)].map(({ handle }) => handle);
        expect(handles).toEqual([0x80000000, 0x80000000]);
        const parent = 0x80000000;
        for (let i = 0; i < count; i++) {
          const bytes = random.of([
            () => objects.create(parent),
            () => objects.createPrimary(),
            () => objects.createLoaded(parent, derivation.includes(template)),
            () => objects.loadExternal(keys),
            () => objects.importPlain(parent, keys),
          ])();
          const [our, their] = [await ours(bytes), await theirs(bytes)];
          const answer = (response: Response) => `${response.rc.toString(16)}, ${response.size} octets: ${hex(bytes)}`;
          expect(answer(our)).toBe(answer(their));
          for (const run of [ours, theirs]) await run(flush(0x80000001));
        }
        for (const run of [ours, theirs]) expect((await run(flush(parent))).rc).toBe(0);
      }
    });
  });
});
