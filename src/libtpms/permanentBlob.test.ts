/** What is written outside of the core, held against what the core writes. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { type PlacedBlobField, placeBlobFields } from "../spec/layout/permanentBlob.ts";
import { layout, placeLayout } from "../spec/layout/place.ts";
import { limitsOf } from "../spec/limits.ts";
import { type BlobValue, type BlobValues, permanentBlob } from "./permanentBlob.ts";

const { permanent, saved } = placeBlobFields(placeLayout(layout, limitsOf("full")), limitsOf("full"));
const SHA256 = TPM_ALG.TPM_ALG_SHA256;
const [NOT_ORDERLY, STATE] = [0xffff, 1];

function anyValue({ form, check, size, smallest, largest }: PlacedBlobField): fc.Arbitrary<BlobValue> {
  if (check === "hash") return fc.constantFrom(SHA256, TPM_ALG.TPM_ALG_NULL);
  switch (form) {
    case "bytes":
      return fc.uint8Array({ minLength: size, maxLength: size });
    case "TPM2B":
      return fc.uint8Array({ minLength: smallest, maxLength: largest });
    case "policy":
      return fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => ({ algorithm: SHA256, digest }));
    case "u64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      return fc.integer({ min: smallest, max: largest });
  }
}

/** Values for all fields, each by its name, and the values of a field in their order. */
const valuesOf = (fields: readonly PlacedBlobField[]) =>
  fc.tuple(...fields.map((field) => anyValue(field).map((value) => [field.name, value] as const))).map((pairs) => {
    const values: Record<string, BlobValue[]> = {};
    for (const [name, value] of pairs) values[name] = [...(values[name] ?? []), value];
    return Object.fromEntries(
      Object.entries(values).map(([name, all]): [string, BlobValue | BlobValue[]] => [
        name,
        all.length === 1 ? (all[0] as BlobValue) : all,
      ]),
    );
  });

it.each([
  ["nothing", NOT_ORDERLY, permanent],
  ["TPM2_Shutdown(STATE)", STATE, [...permanent, ...saved]],
])(
  "any values of the fields make a blob that the core loads, and saves again octet by octet: %s on record",
  async (_, orderly, fields) => {
    await fc.assert(
      fc.asyncProperty(valuesOf(fields), fc.constantFrom(0, 1, 0x1901), async (made, profile) => {
        const values: BlobValues = { ...made, PROFILE: profile, ORDERLY_STATE: orderly };
        const blob = await permanentBlob({ values, isSaved: orderly === STATE, nvMaxCounter: 7n, orderly: [], nv: [] });
        const tpm = new TestTpm();
        expect(tpm.load(blob)).toBe(0);
        expect(Buffer.from(tpm.save()).equals(Buffer.from(blob))).toBe(true);
      }),
      { numRuns: 40 },
    );
  },
);

it("a value that is missing, or does not fit its field, is the caller's mistake", async () => {
  const [made] = fc.sample(valuesOf(permanent), { numRuns: 1, seed: 1 });
  const values: BlobValues = { ...made, PROFILE: 0, ORDERLY_STATE: NOT_ORDERLY };
  const blobOf = (changed: BlobValues) =>
    permanentBlob({ values: { ...values, ...changed }, isSaved: false, nvMaxCounter: 0n, orderly: [], nv: [] });
  await expect(blobOf({ EP_SEED: new Uint8Array(63) })).rejects.toThrow("EP_SEED has 63 octets, not 64 to 64");
  await expect(blobOf({ LOCKOUT_AUTH_ENABLED: 2 })).rejects.toThrow("LOCKOUT_AUTH_ENABLED is 2, not 0 to 1");
  await expect(blobOf({ PP_COMMANDS: new Uint8Array(31) })).rejects.toThrow("PP_COMMANDS has 31 octets, not 32");
  await expect(blobOf({ PCR_ALLOCATION: [1, 2, 3] })).rejects.toThrow("PCR_ALLOCATION has no value 3");
});
