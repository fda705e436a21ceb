import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { algorithms, curves, TPM_ECC } from "../../../src/spec/algorithms.ts";
import { TPM_PT } from "../../../src/spec/properties.ts";
import { command, concat, type Response, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";

const getCapability = (capability: number, property: number, count: number) =>
  command(CC.GetCapability, [], [u32(capability), u32(property), u32(count)]);

/** moreData and the entries of `size` octets each. */
function listOf(response: Response, size: number): { more: boolean; entries: DataView[] } {
  expect(response.rc).toBe(0);
  const count = response.view.getUint32(15);
  expect(response.size).toBe(19 + count * size);
  const entries = Array.from({ length: count }, (_, i) => new DataView(response.bytes.buffer, 19 + i * size, size));
  return { more: response.bytes[10] === 1, entries };
}

/** TPMA_ALGORITHM from the letters of the registry. */
function attributesOf(type: string): number {
  const bits: Record<string, number> = { A: 0x001, S: 0x002, H: 0x004, O: 0x008, X: 0x100, E: 0x200, M: 0x400 };
  return [...type].reduce((attributes, letter) => attributes | (bits[letter] ?? 0), 0);
}
const ONLY_FULL = ["SM3_256", "SM4", "SHA3_256", "SHA3_384", "SHA3_512"].map((name) => `TPM_ALG_${name}`);

describe("TPM_CAP_ALGS", () => {
  it.each([0, 1])("has all that the registry has and the profile (%i), in ascending order", (profile) => {
    const { more, entries } = listOf(TestTpm.started({ profile }).run(getCapability(0, 0, 100)), 6);
    const expected = Object.entries(algorithms).filter(
      ([name, { type }]) => type !== "" && (profile === 0 || !ONLY_FULL.includes(name)),
    );
    expect(more).toBe(false);
    expect(entries.map((entry) => entry.getUint16(0))).toEqual(expected.map(([, { id }]) => id).sort((a, b) => a - b));
    for (const entry of entries) expect(entry.getUint32(2) & ~0x70f, "reserved bits").toBe(0);
    // What a block cipher, a hash or a key is, libtpms and the registry tell alike (libtpms is on record for the rest).
    for (const [name, { id, type }] of expected) {
      if (!["S", "H", "AO"].includes(type)) continue;
      expect(entries.find((entry) => entry.getUint16(0) === id)?.getUint32(2), name).toBe(attributesOf(type));
    }
  });

  it("continues where the caller left off", () => {
    const tpm = TestTpm.started();
    const all = listOf(tpm.run(getCapability(0, 0, 100)), 6).entries.map((entry) => entry.getUint16(0));
    fc.assert(
      fc.property(fc.nat(0x50), fc.nat(50), (first, count) => {
        const { more, entries } = listOf(tpm.run(getCapability(0, first, count)), 6);
        const rest = all.filter((id) => id >= first);
        expect(entries.map((entry) => entry.getUint16(0))).toEqual(rest.slice(0, count));
        expect(more).toBe(rest.length > count);
      }),
    );
  });
});

describe("TPM_CAP_ECC_CURVES", () => {
  it.each([0, 1])("has the curves of the registry, in profile %i", (profile) => {
    const tpm = TestTpm.started({ profile });
    const { entries } = listOf(tpm.run(getCapability(8, 0, 100)), 2);
    const ids = Object.keys(curves).map((name) => TPM_ECC[name as keyof typeof TPM_ECC]);
    expect(entries.map((entry) => entry.getUint16(0))).toEqual(ids.sort((a, b) => a - b));
    const loaded = listOf(tpm.run(getCapability(6, TPM_PT.TPM_PT_LOADED_CURVES, 1)), 8).entries[0];
    expect(loaded?.getUint32(4)).toBe(ids.length);
  });
});

describe("TPM_CAP_TPM_PROPERTIES", () => {
  const fixed = (tpm: TestTpm) => {
    const { entries } = listOf(tpm.run(getCapability(6, 0x100, 100)), 8);
    return new Map(entries.map((entry) => [entry.getUint32(0), entry.getUint32(4)]));
  };

  it.each([0, 1])("say what a PC Client TPM of revision 1.59 is, in profile %i", (profile) => {
    const properties = fixed(TestTpm.started({ profile }));
    const dayOfYear = (date: string) => (Date.parse(date) - Date.parse(`${date.slice(0, 4)}-01-01`)) / 86_400_000 + 1;
    const expected = {
      TPM_PT_FAMILY_INDICATOR: 0x322e3000,
      TPM_PT_LEVEL: 0,
      TPM_PT_REVISION: 159,
      TPM_PT_DAY_OF_YEAR: dayOfYear("2019-11-08"),
      TPM_PT_YEAR: 2019,
      TPM_PT_PS_FAMILY_INDICATOR: 1,
      TPM_PT_PS_LEVEL: 0,
      TPM_PT_PS_REVISION: 0x105,
      TPM_PT_PS_DAY_OF_YEAR: dayOfYear("2020-09-04"),
      TPM_PT_PS_YEAR: 2020,
      TPM_PT_MAX_DIGEST: 64,
      TPM_PT_CONTEXT_HASH: ALG.SHA512,
      TPM_PT_CONTEXT_SYM: ALG.AES,
      TPM_PT_CONTEXT_SYM_SIZE: 256,
      TPM_PT_SPLIT_MAX: 128,
    };
    for (const [name, value] of Object.entries(expected))
      expect(properties.get(TPM_PT[name as keyof typeof TPM_PT]), name).toBe(value);
  });

  it("hold: the largest contexts and buffers are as large as they say", () => {
    const tpm = TestTpm.started();
    const properties = fixed(tpm);
    const of = (name: keyof typeof TPM_PT) => properties.get(TPM_PT[name]) ?? 0;
    const contextOf = (handle: number) => tpm.run(command(CC.ContextSave, [handle])).size - 10;
    // The largest object context is that of an event sequence.
    const sequence = tpm.run(command(CC.HashSequenceStart, [], [u16(0), u16(ALG.NULL)])).view.getUint32(10);
    expect(contextOf(sequence)).toBe(of("TPM_PT_MAX_OBJECT_CONTEXT"));
    const nonce = concat(u16(16), new Uint8Array(16));
    const start = command(
      CC.StartAuthSession,
      [RH.NULL, RH.NULL],
      [nonce, u16(0), [0], u16(ALG.NULL), u16(ALG.SHA3_512)],
    );
    expect(contextOf(tpm.run(start).view.getUint32(10))).toBe(of("TPM_PT_MAX_SESSION_CONTEXT"));
    const hash = (size: number) =>
      tpm.run(command(CC.Hash, [], [u16(size), new Uint8Array(size), u16(ALG.SHA256), u32(RH.NULL)])).rc;
    expect(hash(of("TPM_PT_INPUT_BUFFER"))).toBe(0);
    expect(hash(of("TPM_PT_INPUT_BUFFER") + 1)).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
    const commands = listOf(tpm.run(getCapability(2, 0, 1000)), 4);
    expect(commands.entries.length).toBe(of("TPM_PT_TOTAL_COMMANDS"));
  });
});

describe("TPM2_TestParms", () => {
  const test = (tpm: TestTpm, ...values: number[]) => tpm.run(command(CC.TestParms, [], values.map(u16))).rc;
  const RSA = [0x0001, ALG.NULL, ALG.NULL];

  it("knows what only the profile full has", () => {
    const full = TestTpm.started();
    const libtpms = TestTpm.started({ profile: 1 });
    const cases: [number[], number][] = [
      [[...RSA, 4096, 0, 0], rc("TPM_RC_VALUE", { parameter: 1 })],
      [[0x0025, ALG.AES, 192, ALG.CFB], rc("TPM_RC_VALUE", { parameter: 1 })],
      [[0x0025, ALG.CAMELLIA, 192, ALG.CFB], rc("TPM_RC_VALUE", { parameter: 1 })],
      [[0x0025, ALG.SM4, 128, ALG.CFB], rc("TPM_RC_SYMMETRIC", { parameter: 1 })],
      [[0x0008, ALG.HMAC, ALG.SM3_256], rc("TPM_RC_HASH", { parameter: 1 })],
      [[0x0008, ALG.HMAC, ALG.SHA3_512], rc("TPM_RC_HASH", { parameter: 1 })],
    ];
    for (const [values, refused] of cases) {
      expect(test(full, ...values)).toBe(0);
      expect(test(libtpms, ...values)).toBe(refused);
    }
    for (const bits of [512, 1536, 8192, 16384])
      expect(test(full, ...RSA, bits, 0, 0)).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(test(full, 0x0025, ALG.SM4, 256, ALG.CFB)).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });
});
