/** Part 3, chapters 12 and 13: objects and their duplication. */
import { command, concat, password, sized, text, u16 } from "../../../asm/testkit/harness.ts";
import { ALG, RH } from "../../../asm/testkit/names.ts";
import {
  activateCredential,
  commandCodePolicy,
  create,
  createLoaded,
  duplicateObject,
  ecc,
  flush,
  importObject,
  keyedHash,
  load,
  loadExternal,
  makeCredential,
  OBJECT,
  policyCommandCode,
  readPublic,
  rewrap,
  rsa,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  unseal,
} from "../../../asm/testkit/objects.ts";
import { duplicateFor, eccKey, encryptorTo, outerWrap, sensitiveArea } from "../../../asm/testkit/protection.ts";
import { hash, knownEcc, sign } from "../../../asm/testkit/signatures.ts";
import { type Chapter, onHandle, plain, row, type Setup } from "../row.ts";
import { begun, child, DIGEST, flushed, orphan, policySession, primary, RSASSA } from "./setup.ts";

const CREDENTIAL = text("a credential of thirty-two bytes");
const NAME = concat(u16(ALG.SHA256), DIGEST);
const DUPLICATE = 0x14b;
const DUPLICABLE = OBJECT.userWithAuth | OBJECT.noDA;
const DUPLICATION_POLICY = commandCodePolicy(DUPLICATE);

const below =
  (area: Uint8Array, inSensitive = sensitive()) =>
  async (setup: Setup) => [create((await primary(setup, ecc(STORAGE))).handle, area, inSensitive)];
const loading = (area: Uint8Array, data?: Uint8Array) => async (setup: Setup) => {
  const parent = await primary(setup, ecc(STORAGE));
  const { outPrivate, area: outPublic } = await child(setup, parent.handle, area, data);
  return [load(parent.handle, outPrivate, outPublic), flushed()];
};
const loadedRsa = async (setup: Setup) => {
  const parent = await primary(setup, ecc(STORAGE));
  const { outPrivate, area } = await child(setup, parent.handle, rsa(SIGNING));
  return load(parent.handle, outPrivate, area);
};
const external = knownEcc();
const publicEcc = loadExternal(external.area, RH.OWNER);
const wholeEcc = loadExternal(external.area, RH.NULL, external.sensitive);

const activating = (template: Uint8Array) => async (setup: Setup) => {
  const key = await primary(setup, template, RH.ENDORSEMENT);
  const activated = await primary(setup, ecc(SIGNING));
  const { seed, secret } = encryptorTo(key.area).encrypt("IDENTITY");
  const blob = outerWrap(ALG.SHA256, seed, activated.name, sized(CREDENTIAL));
  return [activateCredential(activated.handle, key.handle, blob, secret)];
};
const crediting = (template: Uint8Array) => async (setup: Setup) => [
  makeCredential((await primary(setup, template, RH.ENDORSEMENT)).handle, CREDENTIAL, NAME),
];

export const objectCommands: Chapter = {
  number: 12,
  rows: [
    row("Create P-256", below(ecc(SIGNING)), { goal: 200 }),
    row("Create RSA-2048", below(rsa(SIGNING)), { goal: 60_000, samples: 40 }),
    row("Create, sealed data", below(keyedHash(SEALED), sensitive([], DIGEST))),
    row("Load, sealed data, and FlushContext", loading(keyedHash(SEALED), DIGEST)),
    row("Load P-256 and FlushContext", loading(ecc(SIGNING))),
    row("Load RSA-2048 and FlushContext", async (setup) => [await loadedRsa(setup), flushed()]),
    row("Load RSA-2048, Sign RSASSA and FlushContext", async (setup) => {
      const [flushing, signing] = [flush(0), sign(0, DIGEST, RSASSA)];
      return [await loadedRsa(setup), onHandle(signing, flushing), flushing];
    }),
    plain("LoadExternal, public P-256, and FlushContext", [publicEcc, flushed()]),
    plain("LoadExternal, both parts of P-256, and FlushContext", [wholeEcc, flushed()]),
    row("ReadPublic", async (setup) => [readPublic((await orphan(setup, ecc(SIGNING))).handle)]),
    row("ActivateCredential, P-256", activating(ecc(STORAGE))),
    row("ActivateCredential, RSA-2048", activating(rsa(STORAGE))),
    row("MakeCredential, P-256", crediting(ecc(STORAGE))),
    row("MakeCredential, RSA-2048", crediting(rsa(STORAGE))),
    row("Unseal", async (setup) => [unseal((await orphan(setup, keyedHash(SEALED), DIGEST)).handle)]),
    row("ObjectChangeAuth", async (setup) => {
      const parent = await primary(setup, ecc(STORAGE));
      const object = await child(setup, parent.handle, keyedHash(SEALED), DIGEST);
      return [command(0x150, [object.handle, parent.handle], [sized(DIGEST)], [password()])];
    }),
    row("CreateLoaded P-256 and FlushContext", async (setup) => [
      createLoaded((await primary(setup, ecc(STORAGE))).handle, ecc(SIGNING)),
      flushed(),
    ]),
  ],
};

export const duplicationCommands: Chapter = {
  number: 13,
  rows: [
    row("PolicyCommandCode and Duplicate, to P-256", async (setup) => {
      const area = keyedHash(DUPLICABLE, { policy: DUPLICATION_POLICY });
      const object = await orphan(setup, area, DIGEST);
      const parent = await begun(setup, loadExternal(eccKey().area, RH.OWNER));
      const session = await policySession(setup);
      return [policyCommandCode(session, DUPLICATE), duplicateObject(object.handle, parent, session)];
    }),
    row("Rewrap, from P-256 to P-256", async (setup) => {
      const old = await primary(setup, ecc(STORAGE));
      const parent = await begun(setup, loadExternal(eccKey().area, RH.OWNER));
      const { seed, secret } = encryptorTo(old.area).encrypt("DUPLICATE");
      const wrapped = outerWrap(ALG.SHA256, seed, NAME, sized(DIGEST));
      return [rewrap(old.handle, parent, wrapped, NAME, secret)];
    }),
    row("Import, below P-256", async (setup) => {
      const parent = await primary(setup, ecc(STORAGE));
      const unique = sized(hash(ALG.SHA256, DIGEST, CREDENTIAL));
      const area = keyedHash(DUPLICABLE, { unique });
      const inside = sensitiveArea(ALG.KEYEDHASH, CREDENTIAL, new Uint8Array(0), DIGEST);
      return [importObject(parent.handle, area, duplicateFor(encryptorTo(parent.area), area, inside))];
    }),
  ],
};
