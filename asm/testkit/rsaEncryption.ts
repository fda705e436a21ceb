/** TPM2_RSA_Encrypt and TPM2_RSA_Decrypt beside OpenSSL, with a key of any size: small ones are tried at each turn, large ones seldom. */
import { constants, createHash, privateDecrypt, publicEncrypt } from "node:crypto";
import { expect } from "vitest";
import { testKey } from "./crypto/rsa/keys.ts";
import { nodeKey as makeNodeKey } from "./crypto/rsa/rsa.ts";
import { bytesOf, externalRsa, patterned } from "./externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, text, u16 } from "./harness.ts";
import { CC, rc } from "./names.ts";
import { fieldsOf, handleAndFields, NULL_ALGORITHM } from "./objects.ts";

export const RSAES = u16(0x15);
export const OAEP = (hash: number) => concat(u16(0x17), u16(hash));
/** Of the full profile. */
const HASHES = [
  [0x04, "sha1"],
  [0x0b, "sha256"],
  [0x0c, "sha384"],
  [0x0d, "sha512"],
  [0x27, "sha3-256"],
  [0x28, "sha3-384"],
] as const;
export const LABEL = concat(text("tabtpm"), [0]);
export const none: Uint8Array = new Uint8Array(0);

export const encrypt = (handle: number, message: Uint8Array, scheme = NULL_ALGORITHM, label = none) =>
  command(CC.RSA_Encrypt, [handle], [sized(message), scheme, sized(label)]);
export const decrypt = (handle: number, cipherText: Uint8Array, scheme = NULL_ALGORITHM, label = none) =>
  command(CC.RSA_Decrypt, [handle], [sized(cipherText), scheme, sized(label)], [password()]);
export function withKey(options: Parameters<typeof externalRsa>[0] = {}): { tpm: TestTpm; handle: number } {
  const tpm = TestTpm.started();
  return { tpm, handle: handleAndFields(tpm.run(externalRsa(options))).handle };
}
const nodeKey = (bits: number) => makeNodeKey(testKey(bits).n, 65537, testKey(bits).p);
export const resultOf = (tpm: TestTpm, bytes: Uint8Array) => fieldsOf(tpm.run(bytes)).sized();

export function encryptsForOpenSsl(bits: number): void {
  const { tpm, handle } = withKey({ bits, publicOnly: true });
  const key = nodeKey(bits).private;
  for (const [hash, name] of HASHES) {
    const most = bits / 8 - 2 * createHash(name).digest().length - 2;
    if (most < 0) continue;
    for (const size of [0, 1, most]) {
      const cipherText = resultOf(tpm, encrypt(handle, patterned(size), OAEP(hash), LABEL));
      const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: name, oaepLabel: LABEL };
      expect(hex(privateDecrypt(options, cipherText))).toBe(hex(patterned(size)));
    }
    expect(tpm.run(encrypt(handle, patterned(most + 1), OAEP(hash))).rc).toBe(rc("TPM_RC_VALUE"));
  }
  for (const size of [0, 1, bits / 8 - 11]) {
    const cipherText = resultOf(tpm, encrypt(handle, patterned(size), RSAES));
    const padded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, cipherText);
    const end = padded.length - size;
    expect([padded[0], padded[1], padded[end - 1]]).toEqual([0, 2, 0]);
    expect(padded.subarray(2, end - 1).includes(0)).toBe(false);
    expect(hex(padded.subarray(end))).toBe(hex(patterned(size)));
  }
}

export function decryptsWhatOpenSslMade(bits: number): void {
  const { tpm, handle } = withKey({ bits });
  const key = nodeKey(bits).public;
  for (const [hash, name] of HASHES) {
    const most = bits / 8 - 2 * createHash(name).digest().length - 2;
    for (const size of most < 0 ? [] : [0, 1, most]) {
      const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: name, oaepLabel: LABEL };
      const cipherText = publicEncrypt(options, patterned(size));
      expect(hex(resultOf(tpm, decrypt(handle, cipherText, OAEP(hash), LABEL)))).toBe(hex(patterned(size)));
      const wrongLabel = Uint8Array.of(0);
      expect(tpm.run(decrypt(handle, cipherText, OAEP(hash), wrongLabel)).rc).toBe(rc("TPM_RC_VALUE"));
    }
  }
  for (const size of [0, 1, bits / 8 - 11]) {
    const cipherText = publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, patterned(size));
    expect(hex(resultOf(tpm, decrypt(handle, cipherText, RSAES)))).toBe(hex(patterned(size)));
  }
  const cipherText = publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, bytesOf(5n, bits / 8));
  expect(hex(resultOf(tpm, decrypt(handle, cipherText)))).toBe(hex(bytesOf(5n, bits / 8)));
}
