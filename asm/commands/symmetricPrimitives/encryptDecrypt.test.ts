import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DECRYPTING, externalCipher, patterned, SIGNING_KEY } from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, u8, u16 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";
import { fieldsOf, handleAndFields, OBJECT } from "../../testkit/objects.ts";
import { AuthSession, CONTINUE, call, DECRYPT, ENCRYPT } from "../../testkit/sessions.ts";

const MODES = { ctr: 0x40, ofb: 0x41, cbc: 0x42, cfb: 0x43, ecb: 0x44 } as const;
type Mode = keyof typeof MODES;
/** Of the full profile: TPM_ALG_ID, key bits, octets of a block, node:crypto's name. */
const CIPHERS = [
  [0x06, 128, 16, "aes-128"],
  [0x06, 192, 16, "aes-192"],
  [0x06, 256, 16, "aes-256"],
  [0x26, 128, 16, "camellia-128"],
  [0x26, 192, 16, "camellia-192"],
  [0x26, 256, 16, "camellia-256"],
  [0x13, 128, 16, "sm4"],
  [0x03, 128, 8, "des-ede"],
  [0x03, 192, 8, "des-ede3"],
] as const;

const crypt = (handle: number, decrypt: boolean, mode: number, iv: Uint8Array, data: Uint8Array) =>
  command(CC.EncryptDecrypt2, [handle], [sized(data), u8(decrypt ? 1 : 0), u16(mode), sized(iv)], [password()]);

/** node:crypto's answer to the whole message; for triple DES in CTR, which it lacks, from SP 800-38A. */
function reference(name: string, mode: Mode, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const isDes = name.startsWith("des");
  if (isDes && mode === "ctr") {
    const blocks = Math.ceil(data.length / 8);
    const start = Buffer.from(iv).readBigUInt64BE();
    const counters = concat(
      ...Array.from({ length: blocks }, (_, i) => {
        const counter = Buffer.alloc(8);
        counter.writeBigUInt64BE((start + BigInt(i)) & 0xffffffffffffffffn);
        return counter;
      }),
    );
    const stream = reference(name, "ecb", key, new Uint8Array(0), counters);
    return data.map((octet, i) => octet ^ (stream[i] ?? 0));
  }
  const algorithm = isDes && mode === "ecb" ? name : `${name}-${mode}`;
  const cipher = createCipheriv(algorithm, key, mode === "ecb" ? null : iv).setAutoPadding(false);
  return Uint8Array.from(concat(cipher.update(data), cipher.final()));
}

interface Known {
  tpm: TestTpm;
  handle: number;
  key: Uint8Array;
}
function known(algorithm: number, bits: number): Known {
  const key = patterned(bits / 8);
  const tpm = TestTpm.started();
  return { tpm, handle: handleAndFields(tpm.run(externalCipher({ algorithm, bits, key }))).handle, key };
}
function run({ tpm, handle }: Known, decrypt: boolean, mode: Mode, iv: Uint8Array, data: Uint8Array) {
  const fields = fieldsOf(tpm.run(crypt(handle, decrypt, MODES[mode], iv, data)));
  return { data: fields.sized(), iv: fields.sized() };
}

describe("TPM2_EncryptDecrypt2", () => {
  for (const [algorithm, bits, block, name] of CIPHERS)
    it(`with ${name} of ${bits} bits: in pieces as node:crypto does it whole, and back`, () => {
      const tpm = known(algorithm, bits);
      fc.assert(
        fc.property(
          fc.constantFrom<Mode>("ctr", "ofb", "cbc", "cfb", "ecb"),
          fc.oneof(
            fc.uint8Array({ minLength: block, maxLength: block }),
            fc.constant(new Uint8Array(block).fill(0xff)),
          ),
          fc.array(fc.nat(8), { maxLength: 4 }),
          fc.nat(block - 1),
          (mode, start, blocks, rest) => {
            const iv = mode === "ecb" ? new Uint8Array(0) : start;
            const tail = mode === "ecb" || mode === "cbc" ? 0 : rest;
            const sizes = [...blocks.map((n) => n * block), tail];
            const message = patterned(sizes.reduce((sum, size) => sum + size, 0));
            const expected = hex(reference(name, mode, tpm.key, iv, message));
            for (const decrypt of [false, true]) {
              let chained: Uint8Array = iv;
              let at = 0;
              const input = decrypt ? Uint8Array.from(Buffer.from(expected, "hex")) : message;
              const pieces = sizes.map((size) => {
                const piece = run(tpm, decrypt, mode, chained, input.subarray(at, at + size));
                expect(piece.iv.length).toBe(iv.length);
                at += size;
                chained = piece.iv;
                return piece.data;
              });
              expect(hex(concat(...pieces))).toBe(decrypt ? hex(message) : expected);
            }
          },
        ),
        { numRuns: 60 },
      );
    });

  it("returns the counter, the last ciphertext or the last keystream as ivOut", () => {
    const tpm = known(0x06, 128);
    const zero = new Uint8Array(16);
    const four = concat(new Uint8Array(15), [4]);
    expect(hex(run(tpm, false, "ctr", zero, patterned(64)).iv)).toBe(hex(four));
    expect(hex(run(tpm, true, "ctr", zero, patterned(49)).iv)).toBe(hex(four));
    const wrapped = run(tpm, false, "ctr", new Uint8Array(16).fill(0xff), patterned(16)).iv;
    expect(hex(wrapped)).toBe(hex(zero));
    for (const mode of ["cbc", "cfb"] as const) {
      const { iv, data } = run(tpm, false, mode, zero, patterned(48));
      expect(hex(iv)).toBe(hex(data.subarray(32)));
    }
    const ofb = run(tpm, false, "ofb", zero, patterned(48));
    const last = ofb.data.subarray(32).map((octet, i) => octet ^ (patterned(48)[32 + i] ?? 0));
    expect(hex(ofb.iv)).toBe(hex(last));
    for (const mode of ["ctr", "ofb", "cbc", "cfb"] as const) {
      expect(run(tpm, false, mode, patterned(16), new Uint8Array(0))).toEqual({
        data: new Uint8Array(0),
        iv: patterned(16),
      });
    }
  });

  it("TPM2_EncryptDecrypt is the same with its parameters in another order", () => {
    const { tpm, handle } = known(0x26, 256);
    for (const decrypt of [0, 1]) {
      const parameters = [u8(decrypt), u16(MODES.cfb), sized(patterned(16)), sized(patterned(100))];
      const first = tpm.run(command(CC.EncryptDecrypt, [handle], parameters, [password()]));
      const second = tpm.run(crypt(handle, decrypt === 1, MODES.cfb, patterned(16), patterned(100)));
      expect(hex(first.bytes)).toBe(hex(second.bytes));
      expect(first.rc).toBe(0);
    }
  });

  it("takes data that a session encrypted, and encrypts what it gives back", async () => {
    const tpm = TestTpm.started();
    const key = patterned(16);
    const { handle, fields } = handleAndFields(tpm.run(externalCipher({ key, auth: [4, 5] })));
    const runOn = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const session = await AuthSession.start(runOn, { symmetric: { algorithm: "aes", bits: 128 } });
    const done = await call(runOn, {
      code: CC.EncryptDecrypt2,
      handles: [handle],
      names: [fields.sized()],
      parameters: [sized(patterned(40)), u8(0), u16(MODES.ctr), sized(patterned(16))],
      uses: [{ session, entity: { auth: Uint8Array.of(4, 5) }, attributes: CONTINUE | DECRYPT | ENCRYPT }],
    });
    expect(done.response.rc).toBe(0);
    const expected = reference("aes-128", "ctr", key, patterned(16), patterned(40));
    expect(hex(done.parameters.subarray(2, 42))).toBe(hex(expected));
  });

  it("needs the attribute of what it does: sign to encrypt, decrypt to decrypt", () => {
    const iv = patterned(16);
    for (const [attributes, encryption, decryption] of [
      [SIGNING_KEY, 0, rc("TPM_RC_ATTRIBUTES", { handle: 1 })],
      [DECRYPTING, rc("TPM_RC_ATTRIBUTES", { handle: 1 }), 0],
      [SIGNING_KEY | OBJECT.decrypt, 0, 0],
    ] as const) {
      const tpm = TestTpm.started();
      const { handle } = handleAndFields(tpm.run(externalCipher({ attributes })));
      expect(tpm.run(crypt(handle, false, MODES.cfb, iv, iv)).rc).toBe(encryption);
      expect(tpm.run(crypt(handle, true, MODES.cfb, iv, iv)).rc).toBe(decryption);
    }
  });
});
