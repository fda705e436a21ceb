import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testKey } from "../../testkit/crypto/rsa/keys.ts";
import { bytesOf, DECRYPTING, externalRsa, numberOf, powerModulo, SIGNING_KEY } from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, rc } from "../../testkit/names.ts";
import {
  fieldsOf,
  flush,
  handleAndFields,
  loadExternal,
  NULL_ALGORITHM,
  OBJECT,
  publicArea,
} from "../../testkit/objects.ts";
import { scheme, sign } from "../../testkit/signatures.ts";

const E = 65537n;
const MESSAGE = new Uint8Array(20).fill(0x35);
/** Odd and as long as it should be, which is all that the public operation asks for. */
function newModulus(): Uint8Array {
  return Uint8Array.from(randomBytes(128).map((octet, i) => octet | (i === 0 ? 0x80 : i === 127 ? 1 : 0)));
}
function loaded(tpm: TestTpm, modulus: Uint8Array): number {
  const parameters = concat(NULL_ALGORITHM, NULL_ALGORITHM, u16(1024), u32(0));
  const attributes = OBJECT.userWithAuth | OBJECT.decrypt;
  const area = publicArea({ type: ALG.RSA, attributes, parameters, unique: sized(modulus) });
  return handleAndFields(tpm.run(loadExternal(area))).handle;
}
/** TPM2_RSA_Encrypt without padding. */
function encrypted(tpm: TestTpm, key: number): string {
  return hex(fieldsOf(tpm.run(command(CC.RSA_Encrypt, [key], [sized(MESSAGE), NULL_ALGORITHM, sized([])]))).sized());
}
const expected = (modulus: Uint8Array) => hex(bytesOf(powerModulo(numberOf(MESSAGE), E, numberOf(modulus)), 128));

describe("the RSA keys of the slots", () => {
  it("go with their objects: another one in the same slot has a key of its own", () => {
    const tpm = TestTpm.started();
    const moduli = [newModulus(), newModulus(), newModulus(), newModulus()];
    const handles = moduli.slice(0, 3).map((modulus) => loaded(tpm, modulus));
    for (const [i, handle] of handles.entries()) {
      expect(encrypted(tpm, handle)).toBe(expected(moduli[i] as Uint8Array));
    }
    for (const handle of handles) {
      expect(tpm.run(flush(handle)).rc).toBe(0);
      expect(loaded(tpm, moduli[3] as Uint8Array)).toBe(handle);
      expect(encrypted(tpm, handle)).toBe(expected(moduli[3] as Uint8Array));
    }
  });
});

describe("_TPM_Init", () => {
  it("takes the keys of the slots with it, so that none of them is used for what is resumed in its place", () => {
    const [one, other] = [newModulus(), newModulus()];
    const tpm = TestTpm.started();
    const saved = loaded(tpm, one);
    const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
    expect(tpm.run(flush(saved)).rc).toBe(0);
    expect(loaded(tpm, other)).toBe(saved);
    expect(encrypted(tpm, saved)).toBe(expected(other));
    expect(tpm.load(permanent)).toBe(0);
    tpm.core.powerOn();
    expect(tpm.loadVolatile(volatile)).toBe(0);
    expect(encrypted(tpm, saved)).toBe(expected(one));
  });
});

describe("TPM2_Load of an RSA key", () => {
  const { n, p } = testKey(1024);
  const [modulus, prime] = [numberOf(n), numberOf(p)];
  const load = (key: Parameters<typeof externalRsa>[0]) => TestTpm.started().run(externalRsa({ bits: 1024, ...key }));

  it("takes either of its primes", () => {
    expect(load({}).rc).toBe(0);
    expect(load({ p: bytesOf(modulus / prime, 64) }).rc).toBe(0);
  });

  it("is TPM_RC_BINDING at once with a prime of another modulus, or an exponent without an inverse", () => {
    const BINDING = rc("TPM_RC_BINDING");
    expect(load({ p: bytesOf(prime + 2n, 64) }).rc).toBe(BINDING);
    expect(load({ n: bytesOf(modulus + 2n, 128) }).rc).toBe(BINDING);
    expect(load({ n: bytesOf(prime * prime, 128) }).rc).toBe(BINDING);
    let factor = 3;
    while ((prime - 1n) % BigInt(factor) !== 0n) factor += 2;
    expect(load({ exponent: 1001 * factor }).rc).toBe(BINDING);
  });

  it("does not look for a common factor of numbers that are no primes: their first use is TPM_RC_BINDING or TPM_RC_KEY", () => {
    const common = 0xfffffffbn;
    const factor = (start: bigint): bigint => {
      let other = start | 1n;
      while (other % 65537n === 1n || (other * common) % 65537n === 1n) other += 2n;
      return other * common;
    };
    const [P, Q] = [factor(3n << 478n), factor(7n << 477n)];
    const parts = { bits: 1024, n: bytesOf(P * Q, 128), p: bytesOf(P, 64) };
    const tpm = TestTpm.started();
    const { handle: signing } = handleAndFields(tpm.run(externalRsa({ ...parts, attributes: SIGNING_KEY })));
    expect(tpm.run(sign(signing, new Uint8Array(32), scheme(ALG.RSASSA))).rc).toBe(rc("TPM_RC_BINDING"));
    const { handle } = handleAndFields(tpm.run(externalRsa({ ...parts, attributes: DECRYPTING })));
    const cipherText = sized(bytesOf(2n, 128));
    const decrypt = command(CC.RSA_Decrypt, [handle], [cipherText, NULL_ALGORITHM, sized([])], [password()]);
    expect(tpm.run(decrypt).rc).toBe(rc("TPM_RC_KEY", { handle: 1 }));
    expect(tpm.core.failureMode()).toBe(0);
  });
});
