import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { bytesOf, numberOf, powerModulo } from "../../testkit/externalKeys.ts";
import { command, concat, hex, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC } from "../../testkit/names.ts";
import {
  fieldsOf,
  flush,
  handleAndFields,
  loadExternal,
  NULL_ALGORITHM,
  OBJECT,
  publicArea,
} from "../../testkit/objects.ts";

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
