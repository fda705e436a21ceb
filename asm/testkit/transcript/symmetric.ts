/** Symmetric primitives and sequences of MACs, with keys that are the same on every TPM. */

import { createCipheriv } from "node:crypto";
import {
  externalCipher,
  externalEcc,
  externalKeyedHash,
  externalRsa,
  patterned,
  SIGNING_KEY,
} from "../externalKeys.ts";
import { command, concat, hex, password, sized, u8, u16, u32 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import { loadExternal, OBJECT } from "../objects.ts";
import { KEY, withKey } from "./asymmetric.ts";
import { add, flush, none } from "./builders.ts";

const AES = 0x06;
const TDES = 0x03;
const CAMELLIA = 0x26;
const CMAC = 0x3f;
const MODES = { CTR: 0x40, OFB: 0x41, CBC: 0x42, CFB: 0x43, ECB: 0x44 };
const CIPHERS = [
  ["AES-128", AES, 128, 16],
  ["AES-256", AES, 256, 16],
  ["Camellia-128", CAMELLIA, 128, 16],
  ["Camellia-256", CAMELLIA, 256, 16],
  ["TDES-128", TDES, 128, 8],
  ["TDES-192", TDES, 192, 8],
] as const;
const DECRYPT_ONLY = OBJECT.userWithAuth | OBJECT.noDA | OBJECT.decrypt;

const crypt2 = (data: Uint8Array, decrypt: number, mode: number, iv: Uint8Array, handle = KEY) =>
  command(CC.EncryptDecrypt2, [handle], [sized(data), u8(decrypt), u16(mode), sized(iv)], [password()]);
const crypt = (data: Uint8Array, decrypt: number, mode: number, iv: Uint8Array, handle = KEY) =>
  command(CC.EncryptDecrypt, [handle], [u8(decrypt), u16(mode), sized(iv), sized(data)], [password()]);
const mac = (data: Uint8Array, scheme: number, handle = KEY) =>
  command(CC.MAC, [handle], [sized(data), u16(scheme)], [password()]);
const macStart = (auth: Uint8Array, scheme: number, handle = KEY) =>
  command(CC.MAC_Start, [handle], [sized(auth), u16(scheme)], [password()]);
const update = (handle: number, data: Uint8Array, auth: number[] = []) =>
  command(CC.SequenceUpdate, [handle], [sized(data)], [password(auth)]);
const complete = (handle: number, data: Uint8Array, hierarchy: number = RH.NULL, auth: number[] = []) =>
  command(CC.SequenceComplete, [handle], [sized(data), u32(hierarchy)], [password(auth)]);

export function ciphers(): void {
  for (const [name, algorithm, bits, block] of CIPHERS)
    withKey(name, externalCipher({ algorithm, bits }), () => {
      for (const [modeName, mode] of Object.entries(MODES)) {
        const iv = mode === MODES.ECB ? none : patterned(block).fill(0xff, 1);
        const sizes = [
          0,
          block,
          3 * block,
          1024,
          ...([MODES.ECB, MODES.CBC].includes(mode) ? [] : [1, block + 3, 1023]),
        ];
        for (const size of sizes)
          for (const decrypt of [0, 1]) {
            const what = `${name}-${modeName}, ${decrypt ? "decryption" : "encryption"} of ${size}`;
            add(what, crypt2(patterned(size), decrypt, mode, iv));
          }
        add(`${name}-${modeName}, first form`, crypt(patterned(2 * block), 0, mode, iv));
        add(`${name}-${modeName}, an octet too many`, crypt2(patterned(block + 1), 1, mode, iv));
        for (const size of [0, block - 1, block + 1, 16, 17]) {
          const wrongIv = crypt2(patterned(block), 0, mode, patterned(size));
          add(`${name}-${modeName}, IV of ${size}`, wrongIv);
        }
      }
    });
  const iv = patterned(16);
  withKey("AES without mode", externalCipher(), () => {
    for (const form of [crypt, crypt2]) {
      for (const mode of [ALG.NULL, CMAC, ALG.SHA256, 0, 0x45])
        add(`mode 0x${mode.toString(16)}`, form(iv, 0, mode, iv));
      add("decrypt neither YES nor NO", form(iv, 2, MODES.CFB, iv));
      add("data too long", form(new Uint8Array(1025), 0, MODES.CFB, iv));
      add("first form or second: IV too short", form(iv, 0, MODES.CBC, iv.slice(1)));
      add("first form or second: no whole blocks", form(iv.slice(1), 0, MODES.CBC, iv));
    }
    add(
      "EncryptDecrypt2 with a wrong auth",
      command(CC.EncryptDecrypt2, [KEY], [sized(iv), u8(0), u16(0x43), sized(iv)], [password([1])]),
    );
    add(
      "EncryptDecrypt2, an octet too many",
      command(CC.EncryptDecrypt2, [KEY], [sized(iv), u8(0), u16(0x43), sized(iv), [0]], [password()]),
    );
    add("EncryptDecrypt2, cut off", command(CC.EncryptDecrypt2, [KEY], [sized(iv), u8(0), u16(0x43)], [password()]));
  });
  for (const [modeName, mode] of Object.entries(MODES))
    withKey(`AES with ${modeName}`, externalCipher({ mode }), () => {
      const own = mode === MODES.ECB ? none : iv;
      for (const given of [ALG.NULL, ...Object.values(MODES)])
        add(`mode 0x${given.toString(16)} with a key of ${modeName}`, crypt2(iv, 1, given, own));
    });
  const keys: [string, Uint8Array][] = [
    ["a cipher that only signs", externalCipher({ attributes: SIGNING_KEY })],
    ["a cipher that only decrypts", externalCipher({ attributes: DECRYPT_ONLY })],
    ["a cipher with CMAC", externalCipher({ attributes: SIGNING_KEY, mode: CMAC })],
    ["a cipher's public area", externalCipher({ publicOnly: true })],
    ["a keyed hash for EncryptDecrypt", externalKeyedHash()],
    ["an RSA key for EncryptDecrypt", externalRsa()],
    ["a sequence for EncryptDecrypt", command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA1)])],
  ];
  for (const [name, key] of keys)
    withKey(name, key, () => {
      for (const decrypt of [0, 1])
        for (const mode of [MODES.CFB, ALG.NULL]) add(`${name}: ${decrypt}, ${mode}`, crypt2(iv, decrypt, mode, iv));
    });
  for (const handle of [RH.NULL, RH.OWNER, 0x80000001, 0x81000000])
    add(`EncryptDecrypt2 with 0x${handle.toString(16)}`, crypt2(iv, 0, MODES.CFB, iv, handle));
}

const HMAC = (hash: number) => concat(u16(ALG.HMAC), u16(hash));
const SCHEMES = [ALG.NULL, ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512, CMAC, 0x12, 0x27, ALG.HMAC, 0x40, 0x43, 0];
/** CMAC with blocks of eight octets: SP 800-38B has another constant for them than libtpms. */
const TDES_CMAC = "ISO/IEC 9797-1, algorithm 5 (SP 800-38B, 5.3): R64 = 1B; libtpms uses 87 for every block size";

export function macs(): void {
  const keys: [string, Uint8Array][] = [
    ["a keyed hash", externalKeyedHash()],
    ["HMAC-SHA-256", externalKeyedHash({ scheme: HMAC(ALG.SHA256) })],
    ["HMAC-SHA-1", externalKeyedHash({ scheme: HMAC(ALG.SHA1) })],
    ["an empty key", externalKeyedHash({ key: none })],
    ["a key of a block", externalKeyedHash({ scheme: HMAC(ALG.SHA512), key: patterned(128) })],
    ["a key that signs, without scheme", externalKeyedHash({ attributes: SIGNING_KEY })],
    [
      "an XOR key",
      externalKeyedHash({ attributes: DECRYPT_ONLY, scheme: concat(u16(ALG.XOR), u16(ALG.SHA256), u16(0x22)) }),
    ],
    ["sealed data", externalKeyedHash({ attributes: OBJECT.userWithAuth | OBJECT.noDA })],
    ["a keyed hash's public area", externalKeyedHash({ publicOnly: true })],
    ["a restricted keyed hash", restrictedHmac],
    ["an AES key for MAC", externalCipher()],
    ["an AES key with CMAC", externalCipher({ attributes: SIGNING_KEY, mode: CMAC })],
    ["an AES key with CFB for MAC", externalCipher({ mode: MODES.CFB })],
    ["an AES key that only decrypts", externalCipher({ attributes: DECRYPT_ONLY })],
    ["an RSA key for MAC", externalRsa({ attributes: SIGNING_KEY })],
    ["an ECC key for MAC", externalEcc({ attributes: SIGNING_KEY })],
    ["a sequence for MAC", command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA1)])],
  ];
  for (const [name, key] of keys)
    withKey(name, key, () => {
      for (const scheme of SCHEMES) {
        add(`MAC with ${name}, 0x${scheme.toString(16)}`, mac(patterned(100), scheme));
        add(`MAC_Start with ${name}, 0x${scheme.toString(16)}`, macStart(none, scheme));
        add("flush what was started", flush(0x80000001));
      }
    });
  for (const [name, algorithm, bits] of CIPHERS)
    withKey(`${name} for CMAC`, externalCipher({ algorithm, bits }), () => {
      for (const size of [0, 1, 7, 8, 15, 16, 17, 32, 1024]) {
        const standard = algorithm === TDES ? tdesCmac(bits, patterned(size), 0x1b) : "";
        const differs = algorithm === TDES && standard !== tdesCmac(bits, patterned(size), 0x87);
        const response = `80020000001d000000000000000a0008${standard}0000010000`;
        add(
          `CMAC with ${name} of ${size}`,
          mac(patterned(size), CMAC),
          differs ? { differs: { response, clause: TDES_CMAC } } : {},
        );
      }
    });
  withKey("a keyed hash for odds and ends", externalKeyedHash(), () => {
    add("MAC of nothing", mac(none, ALG.SHA256));
    add("MAC of 1024", mac(patterned(1024), ALG.SHA256));
    add("MAC of 1025", mac(new Uint8Array(1025), ALG.SHA256));
    add("MAC with a wrong auth", command(CC.MAC, [KEY], [sized([1]), u16(ALG.SHA256)], [password([1])]));
    add("MAC without sessions", command(CC.MAC, [KEY], [sized([1]), u16(ALG.SHA256)]));
    add("MAC, cut off", command(CC.MAC, [KEY], [sized([1])], [password()]));
    add("SequenceUpdate of a key", update(KEY, patterned(3)), {
      differs: { response: "80010000000a00000189", clause: "Part 2, 6.6.3.1: handle 1" },
    });
    add("SequenceComplete of a key", complete(KEY, patterned(3)));
    add("MAC_Start, auth too long", macStart(new Uint8Array(65), ALG.SHA256));
  });
  for (const handle of [RH.NULL, RH.OWNER, 0x80000001])
    add(`MAC with 0x${handle.toString(16)}`, mac(none, ALG.SHA256, handle));
}

/** CMAC from SP 800-38B, 6.2, on node:crypto's triple DES, with the constant of subkeys that is asked for. */
function tdesCmac(bits: number, message: Uint8Array, constant: number): string {
  const key = patterned(bits / 8);
  const encrypt = (block: Uint8Array) => {
    const whole = bits === 128 ? concat(key, key.slice(0, 8)) : key;
    const cipher = createCipheriv("des-ede3", whole, null);
    return Uint8Array.from(cipher.setAutoPadding(false).update(block));
  };
  const double = (block: Uint8Array) =>
    block.map((octet, i) => {
      const carry = (block[i + 1] ?? 0) >> 7;
      const reduction = i === 7 && (block[0] ?? 0) >> 7 ? constant : 0;
      return (octet << 1) ^ carry ^ reduction;
    });
  const xor = (a: Uint8Array, b: Uint8Array) => a.map((octet, i) => octet ^ (b[i] ?? 0));
  const subkey = double(encrypt(new Uint8Array(8)));
  const blocks = Math.max(1, Math.ceil(message.length / 8));
  const last = message.slice(8 * (blocks - 1));
  const padded =
    last.length === 8 ? xor(last, subkey) : xor(concat(last, [0x80], new Uint8Array(7 - last.length)), double(subkey));
  let chain: Uint8Array = new Uint8Array(8);
  for (let i = 0; i < blocks - 1; i++) chain = encrypt(xor(chain, message.slice(8 * i, 8 * i + 8)));
  return hex(encrypt(xor(chain, padded)));
}

const restrictedHmac = (() => {
  const attributes = SIGNING_KEY | OBJECT.restricted;
  const area = concat(u16(8), u16(ALG.SHA256), u32(attributes), sized([]), HMAC(ALG.SHA256));
  return loadExternal(concat(area, sized(new Uint8Array(32).fill(1))));
})();

export function macSequences(): void {
  const data = patterned(300);
  const sequence = 0x80000001;
  const other = 0x80000002;
  withKey("a keyed hash for sequences", externalKeyedHash(), () => {
    for (const hash of [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512]) {
      add(`HMAC sequence, 0x${hash.toString(16)}`, macStart(Uint8Array.of(1, 0), hash));
      add("update", update(sequence, data, [1]));
      add("update with a wrong auth", update(sequence, data, [2]));
      add("update of nothing", update(sequence, none, [1]));
      add("complete, with a hierarchy", complete(sequence, data, RH.OWNER, [1]));
      add("update after the end", update(sequence, data, [1]));
    }
    add("HMAC sequence, completed at once", macStart(none, ALG.SHA256));
    add("complete it", complete(sequence, none));
    add("HMAC sequence for an event", macStart(none, ALG.SHA256));
    add(
      "EventSequenceComplete of it",
      command(CC.EventSequenceComplete, [16, sequence], [sized(data)], [password(), password()]),
    );
    add("MAC with a sequence of a MAC", mac(data, ALG.SHA256, sequence));
    add("a second sequence", macStart(none, ALG.SHA1));
    add("no slot for a third", macStart(none, ALG.SHA1));
    add("no slot, and a wrong scheme", macStart(none, CMAC));
    add("complete with no known hierarchy", complete(other, data, 0x40000002));
    add("complete the second", complete(other, data));
    add("complete the first", complete(sequence, data, RH.PLATFORM));
  });
  withKey("a cipher for sequences", externalCipher({ attributes: SIGNING_KEY, mode: CMAC }), () => {
    add("CMAC sequence", macStart(none, ALG.NULL));
    for (const size of [0, 1, 15, 16, 17, 256, 300])
      add(`CMAC update of ${size}`, update(sequence, data.slice(0, size)));
    add("complete the CMAC", complete(sequence, data, RH.OWNER));
    add("CMAC sequence, completed at once", macStart(none, CMAC));
    add("complete it, empty", complete(sequence, none));
    add("CMAC sequence, whose key goes", macStart(none, CMAC));
    add("the key goes", flush(KEY));
    add("update without the key", update(sequence, data));
    add("complete without the key", complete(sequence, none));
  });
}
