/** Objects: what is made, loaded and passed on, and what is refused. Only header and size of what is random are compared. */

import { Random } from "../differential/random.ts";
import { command, concat, password, sized, u8, u16 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import {
  activateCredential,
  create,
  createLoaded,
  createPrimary,
  ecc,
  evictControl,
  importObject,
  keyedHash,
  load,
  loadExternal,
  makeCredential,
  OBJECT,
  readPublic,
  rewrap,
  rsa,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  symCipher,
  unseal,
} from "../objects.ts";
import { RandomObjects } from "../randomObjects.ts";
import { add, flush, getCapability, NUL, none, start } from "./builders.ts";

const [FIRST, SECOND, THIRD] = [0x80000000, 0x80000001, 0x80000002];
const HEADER = { to: 10 };
const free = STORAGE & ~(OBJECT.fixedTPM | OBJECT.fixedParent);
const xor = concat(u16(ALG.XOR), u16(ALG.SHA256), u16(ALG.KDF1_SP800_108));
/** The generator of P-256: the public key of the private key 1 (FIPS 186-4, D.1.2.3). */
const GENERATOR = [
  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
].map((octets) => Uint8Array.from(Buffer.from(octets, "hex")));
const [gx = none, gy = none] = GENERATOR;
const generator = concat(sized(gx), sized(gy));
const one = concat(new Uint8Array(31), u8(1));

/** Templates and areas at random, below each kind of parent. RSA keys take too long to be made here. */
export function randomObjects(): void {
  const random = new Random(2_059);
  const objects = new RandomObjects(random, [ALG.ECC, ALG.ECC, ALG.KEYEDHASH, ALG.KEYEDHASH, ALG.SYMCIPHER]);
  const parents = [
    ["fixed", ecc(STORAGE)],
    ["free", ecc(free)],
    ["symmetric", symCipher(STORAGE)],
    ["encryptedDuplication", ecc(free | OBJECT.encryptedDuplication)],
    ["derivation", keyedHash(STORAGE, { scheme: xor })],
  ] as const;
  for (const handle of [FIRST, SECOND, THIRD]) add("flush", flush(handle));
  for (const [kind, template] of parents) {
    add(`${kind} parent`, createPrimary(template), HEADER);
    for (let i = 0; i < 24; i++) {
      add(`Create, ${kind} parent`, objects.create(FIRST), HEADER);
      add(`Import, ${kind} parent`, objects.importPlain(FIRST, []), HEADER);
      for (const [name, bytes] of [
        ["CreatePrimary", objects.createPrimary()],
        ["CreateLoaded", objects.createLoaded(FIRST, kind === "derivation")],
        ["LoadExternal", objects.loadExternal([])],
      ] as const) {
        add(`${name}, ${kind} parent`, bytes, HEADER);
        add("flush", flush(SECOND));
      }
    }
    add("flush", flush(FIRST));
  }
}

export function objectCommands(): void {
  add("storage primary", createPrimary(ecc(STORAGE)), HEADER);
  const external = ecc(free, { unique: generator });
  add("a public storage key", loadExternal(external, RH.OWNER));
  add("read it", readPublic(SECOND));
  const name = new Uint8Array(34).fill(7);
  for (const size of [0, 1, 32, 33, 64, 65]) {
    add(`MakeCredential of ${size}`, makeCredential(SECOND, new Uint8Array(size), name), HEADER);
  }
  add("MakeCredential for a long Name", makeCredential(SECOND, one, new Uint8Array(69)));
  add("MakeCredential without an object", makeCredential(THIRD, one, name));
  const blob = concat(sized(one), one);
  add("ActivateCredential, wrong integrity", activateCredential(FIRST, FIRST, blob, generator));
  add("ActivateCredential, no point", activateCredential(FIRST, FIRST, blob, concat(sized(gx), sized(gx))));
  add("ActivateCredential, half a point", activateCredential(FIRST, FIRST, blob, sized(gx)));
  add("ActivateCredential, no blob", activateCredential(FIRST, FIRST, none, generator));
  add(
    "ActivateCredential, too long an integrity",
    activateCredential(FIRST, FIRST, sized(new Uint8Array(65)), generator),
  );
  add("ActivateCredential, public only", activateCredential(FIRST, SECOND, blob, generator));
  add("ActivateCredential for one that is public only", activateCredential(SECOND, FIRST, blob, generator));
  const salted = (salt: Uint8Array, key: number = FIRST) =>
    start(key, RH.NULL, new Uint8Array(16), salt, 0, NUL, ALG.SHA256);
  add("salted session", salted(generator), { ...HEADER });
  add("flush it", flush(0x02000000));
  for (const [what, salt] of [
    ["nothing", none],
    ["no point", concat(sized(gx), sized(gx))],
    ["half a point", sized(gx)],
    ["long coordinates", concat(sized(concat(u8(0), gx)), sized(concat(u8(0), gy)))],
  ] as const) {
    add(`salt: ${what}`, salted(salt), HEADER);
    add("flush it", flush(0x02000000));
  }
  add("salt for a public key", salted(generator, SECOND));
  add("salt without a key", salted(generator, RH.NULL));
  add("bound to a public key", start(RH.NULL, SECOND, new Uint8Array(16), none, 0, NUL, ALG.SHA256));
  duplications(name, blob);
  add("persistent", evictControl(FIRST, 0x81000001));
  for (const handle of [0x81000001, 0x81800000, 0x80000000, 0x81ffffff, 0x82000000]) {
    add(`persistent again, as 0x${handle.toString(16)}`, evictControl(FIRST, handle));
    add(`persistent for the platform, as 0x${handle.toString(16)}`, evictControl(FIRST, handle, RH.PLATFORM));
  }
  add("persistent, public only", evictControl(SECOND, 0x81000002));
  add("evict under another handle", evictControl(0x81000001, 0x81000002));
  add("persistent handles", getCapability(1, 0x81000000, 10));
  add("Create below it", create(0x81000001, ecc(SIGNING)), HEADER);
  add("a third object", createPrimary(ecc(SIGNING)), HEADER);
  for (const [what, bytes] of [
    ["Create", create(FIRST, ecc(SIGNING))],
    ["Create below what is no parent", create(THIRD, ecc(SIGNING))],
    ["Load", load(FIRST, one, ecc(SIGNING))],
    ["Load of nothing", load(FIRST, none, ecc(SIGNING))],
    ["LoadExternal", loadExternal(external, RH.LOCKOUT)],
    ["CreateLoaded", createLoaded(FIRST, none)],
    ["CreatePrimary", createPrimary(ecc(SIGNING | OBJECT.restricted | OBJECT.decrypt))],
    ["a persistent object", readPublic(0x81000001)],
    ["a persistent object that is not there", readPublic(0x81000009)],
    ["ObjectChangeAuth", command(CC.ObjectChangeAuth, [THIRD, FIRST], [sized(one)], [password()])],
    [
      "ObjectChangeAuth, too long",
      command(CC.ObjectChangeAuth, [THIRD, FIRST], [sized(concat(one, one))], [password()]),
    ],
    ["Unseal", unseal(FIRST)],
  ] as const) {
    add(`${what} with all slots in use`, bytes);
  }
  add("flush", flush(THIRD));
  add("evict", evictControl(0x81000001, 0x81000001));
  add("flush", flush(SECOND));
  for (const [what, area] of [
    ["RSA, exponent 3", concat(rsa(SIGNING).subarray(0, -6), Uint8Array.of(0, 0, 0, 3), sized([]))],
    ["RSA, exponent 65539 * 3", concat(rsa(SIGNING).subarray(0, -6), Uint8Array.of(0, 3, 0, 9), sized([]))],
    ["RSA of 1023 bits", rsa(SIGNING, { bits: 1023 })],
    ["no nameAlg", ecc(SIGNING, { nameAlg: ALG.NULL })],
    ["octets behind it", concat(ecc(SIGNING), u8(0))],
    ["an octet too few", ecc(SIGNING).subarray(0, -1)],
  ] as const) {
    for (const [how, bytes] of [
      ["Create", create(FIRST, area)],
      ["CreatePrimary", createPrimary(area)],
      ["CreateLoaded", createLoaded(FIRST, area)],
    ] as const) {
      add(`${how}: ${what}`, bytes);
    }
  }
  for (const size of [1, 2, 33, 34, 64, 65])
    add(`Load of ${size}`, load(FIRST, new Uint8Array(size).fill(size), ecc(SIGNING)));
  add("Load, long integrity", load(FIRST, concat(u16(65), new Uint8Array(80)), ecc(SIGNING)));
  for (const size of [0, 1, 128, 129]) {
    add(`sealed data of ${size}`, create(FIRST, keyedHash(SEALED), sensitive([], new Uint8Array(size))), HEADER);
  }
  add("flush", flush(FIRST));
}

function duplications(name: Uint8Array, blob: Uint8Array): void {
  const symmetric = concat(u16(ALG.AES), u16(128), u16(ALG.CFB));
  const area = ecc(OBJECT.userWithAuth | OBJECT.sign, { unique: generator });
  const inside = concat(u16(ALG.ECC), sized([]), sized([]), sized(one));
  const plain = { encryptionKey: none, symmetric: NUL, duplicate: sized(inside), secret: none };
  add("Import in clear", importObject(FIRST, area, plain), HEADER);
  for (const [what, changes] of Object.entries({
    "a key without an algorithm": { encryptionKey: one },
    "an algorithm without a key": { symmetric },
    "a key that is too short": { symmetric, encryptionKey: one.subarray(1, 16) },
    "a wrong key": { symmetric, encryptionKey: one.subarray(0, 16) },
    "a wrong outer wrap": { secret: generator, duplicate: blob },
    "no point": { secret: concat(sized(gx), sized(gx)) },
    "half a point": { secret: sized(gx) },
    nothing: { duplicate: none },
    "an octet too many": { duplicate: sized(concat(inside, u8(0))) },
    "an octet too few": { duplicate: sized(inside.subarray(0, -1)) },
    "a wrong size": { duplicate: concat(u16(7), inside) },
    "the private key 2": { duplicate: sized(concat(inside.subarray(0, -1), u8(2))) },
    "the private key 0": { duplicate: sized(concat(inside.subarray(0, -1), u8(0))) },
  })) {
    add(`Import: ${what}`, importObject(FIRST, area, { ...plain, ...changes }), HEADER);
  }
  add("Import below a public key", importObject(SECOND, area, plain));
  for (const attributes of [OBJECT.fixedTPM, OBJECT.fixedParent, OBJECT.encryptedDuplication]) {
    const other = ecc(OBJECT.userWithAuth | OBJECT.sign | attributes, { unique: generator });
    add(`Import with attributes 0x${attributes.toString(16)}`, importObject(FIRST, other, plain));
    const inner = { ...plain, symmetric, encryptionKey: one.subarray(0, 16) };
    add(`Import with attributes 0x${attributes.toString(16)}, inner wrap`, importObject(FIRST, other, inner));
  }
  add("Rewrap from nothing to nothing", rewrap(RH.NULL, RH.NULL, blob, name, none));
  add("Rewrap from nothing to a key", rewrap(RH.NULL, SECOND, blob, name, none), HEADER);
  add("Rewrap with a seed of nobody", rewrap(RH.NULL, SECOND, blob, name, generator));
  add("Rewrap without a seed", rewrap(FIRST, SECOND, blob, name, none));
  add("Rewrap from a public key", rewrap(SECOND, FIRST, blob, name, generator));
  add("Rewrap, wrong integrity", rewrap(FIRST, SECOND, blob, name, generator));
  add("Rewrap, no point", rewrap(FIRST, SECOND, blob, name, sized(gx)));
  add("Duplicate by password", command(CC.Duplicate, [FIRST, SECOND], [sized([]), NUL], [password()]));
  add("Duplicate without authorization", command(CC.Duplicate, [FIRST, SECOND], [sized([]), NUL]));
}
