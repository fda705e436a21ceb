/** Hash, MAC, KDF, cipher and random numbers, over 64 KiB and, where set-up matters, over 64 bytes. */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { cbc, cfb, cmac, ctr, rngAesCtrDrbg256 } from "@noble/ciphers/aes.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import { loadKernels } from "../../asm/testkit/crypto/kernels.ts";
import { type Row, same, succeed } from "./row.ts";

const LARGE = 65536;
const SMALL = 64;

const HASHES = [
  { name: "SHA-1", id: 0x0004, node: "sha1", noble: sha1 },
  { name: "SHA-256", id: 0x000b, node: "sha256", noble: sha256, goal: 450 },
  { name: "SHA-384", id: 0x000c, node: "sha384", noble: sha384 },
  { name: "SHA-512", id: 0x000d, node: "sha512", noble: sha512, goal: 500 },
  { name: "SM3-256", id: 0x0012, node: "sm3" },
  { name: "SHA3-256", id: 0x0027, node: "sha3-256", noble: sha3_256 },
  { name: "SHA3-384", id: 0x0028, node: "sha3-384", noble: sha3_384 },
  { name: "SHA3-512", id: 0x0029, node: "sha3-512", noble: sha3_512 },
];

const CIPHERS = [
  { name: "AES-128", id: 0x0006, bits: 128, node: "aes-128", iv: 16, noble: true, goal: 150 },
  { name: "AES-192", id: 0x0006, bits: 192, node: "aes-192", iv: 16, noble: true },
  { name: "AES-256", id: 0x0006, bits: 256, node: "aes-256", iv: 16, noble: true },
  { name: "Camellia-128", id: 0x0026, bits: 128, node: "camellia-128", iv: 16 },
  { name: "SM4", id: 0x0013, bits: 128, node: "sm4", iv: 16 },
  { name: "TDES (3 keys)", id: 0x0003, bits: 192, node: "des-ede3", iv: 8 },
];

export async function symmetricRows(): Promise<Row[]> {
  const kernels = await loadKernels();
  const { call, constants } = kernels;
  const data = randomBytes(LARGE);
  const [input, output] = [kernels.put(data), kernels.take(LARGE)];
  const small = data.subarray(0, SMALL);
  const [key, iv, context] = [randomBytes(32), randomBytes(16), kernels.take(1024)];
  const keyAt = kernels.put(key);
  const ivAt = kernels.take(16);
  const rows: Row[] = [];

  for (const { name, id, node, noble, goal } of HASHES) {
    for (const message of goal ? [data, small] : [data]) {
      const size = message.length;
      const row: Row = {
        group: "Hash",
        name: `${name}, ${size} bytes`,
        bytes: size,
        tabtpm: () => call.hash(id, input, size, output),
        node: () => createHash(node).update(message).digest(),
        ...(noble && { noble: () => noble(message) }),
        ...(goal && size === LARGE && { goal: { value: goal, text: `${name} >= ${goal} MB/s` } }),
      };
      const digestSize = call.hash(id, input, size, output);
      same(row.name, kernels.get(output, digestSize), createHash(node).update(message).digest());
      rows.push(row);
    }
  }

  for (const message of [data, small]) {
    rows.push({
      group: "MAC and KDF",
      name: `HMAC-SHA256, ${message.length} bytes`,
      bytes: message.length,
      tabtpm: () => {
        call.hmacInit(context, 0x000b, keyAt, 32);
        call.hmacUpdate(context, input, message.length);
        call.hmacFinal(context, output);
      },
      node: () => createHmac("sha256", key).update(message).digest(),
      noble: () => hmac(sha256, key, message),
    });
  }
  rows.push({
    group: "MAC and KDF",
    name: `CMAC-AES-128, ${LARGE} bytes`,
    bytes: LARGE,
    tabtpm: () => {
      call.cmacInit(context, 0x0006, keyAt, 128);
      call.cmacUpdate(context, input, LARGE);
      call.cmacFinal(context, output);
    },
    noble: () => cmac(data, key.subarray(0, 16)),
  });
  const label = kernels.put(Buffer.from("STORAGE\0"));
  const kdfMessage = Buffer.concat([Buffer.from("\0\0\0\x01STORAGE\0"), iv, iv, Buffer.from([0, 0, 0, 128])]);
  rows.push({
    group: "MAC and KDF",
    name: "KDFa with SHA-256, 128 bits",
    tabtpm: () => call.kdfa(0x000b, keyAt, 32, label, 7, ivAt, 16, ivAt, 16, 128, output, 0, 0),
    node: () => createHmac("sha256", key).update(kdfMessage).digest(),
    noble: () => hmac(sha256, key, kdfMessage),
  });

  const modes = { cfb: call.cfbEncrypt, cbc: call.cbcEncrypt, ctr: call.ctrCrypt };
  for (const { name, id, bits, node, iv: ivSize, noble, goal } of CIPHERS) {
    const ownKey = key.subarray(0, bits / 8);
    const ownIv = iv.subarray(0, ivSize);
    succeed(name, call.cipherInit(context, id, keyAt, bits), 1);
    const cipherContext = kernels.put(kernels.get(context, constants.CIPHER_CONTEXT_SIZE));
    for (const [mode, encrypt] of Object.entries(modes)) {
      if (mode !== "cfb" && bits !== 128 && id === 0x0006) continue;
      if (mode === "ctr" && id === 0x0003) continue;
      const crypt = () => createCipheriv(`${node}-${mode}`, ownKey, ownIv).update(data);
      const row: Row = {
        group: "Cipher",
        name: `${name} ${mode.toUpperCase()} encryption`,
        bytes: LARGE,
        tabtpm: () => encrypt(cipherContext, ivAt, input, output, LARGE),
        node: crypt,
        ...(goal && mode === "cfb" && { goal: { value: goal, text: `AES-128-CFB >= ${goal} MB/s` } }),
      };
      if (noble && mode === "cfb") row.noble = () => cfb(ownKey, ownIv).encrypt(data);
      if (noble && mode === "ctr") row.noble = () => ctr(ownKey, ownIv).encrypt(data);
      if (noble && mode === "cbc") row.noble = () => cbc(ownKey, ownIv, { disablePadding: true }).encrypt(data);
      kernels.set(ivAt, ownIv);
      row.tabtpm();
      same(row.name, kernels.get(output, LARGE), crypt());
      rows.push(row);
    }
    if (id !== 0x0006 || bits === 128) {
      const text = createCipheriv(`${node}-cfb`, ownKey, ownIv).update(data);
      rows.push({
        group: "Cipher",
        name: `${name} CFB decryption`,
        bytes: LARGE,
        tabtpm: () => call.cfbDecrypt(cipherContext, ivAt, input, output, LARGE),
        node: () => createDecipheriv(`${node}-cfb`, ownKey, ownIv).update(text),
        ...(noble && { noble: () => cfb(ownKey, ownIv).decrypt(text) }),
      });
    }
  }

  const drbg = kernels.take(constants.DRBG_CONTEXT_SIZE);
  succeed("drbgInstantiate", call.drbgInstantiate(drbg, kernels.put(randomBytes(48)), 48), 1);
  const nobleDrbg = rngAesCtrDrbg256(randomBytes(48));
  for (const size of [32, 1024]) {
    rows.push({
      group: "Random numbers",
      name: `CTR_DRBG AES-256, ${size} bytes`,
      bytes: size,
      tabtpm: () => call.drbgGenerate(drbg, output, size),
      node: () => randomBytes(size),
      noble: () => nobleDrbg.randomBytes(size),
    });
  }
  return rows;
}
