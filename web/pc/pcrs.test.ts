import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InlineTpm, marshalCommand, TpmClient } from "../../src/node/index.ts";
import { toHex } from "./hex.ts";
import { changedPcr, fromPcrSelect, type PcrValue, readBanks, readPcrs, toPcrSelect } from "./pcrs.ts";
import { getRandom, hashAlgorithm, pcrExtend, startedTpm } from "./testkit/tpm.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const all24 = Array.from({ length: 24 }, (_, pcr) => pcr);
const sha1 = hashAlgorithm("sha1");
const sha256 = hashAlgorithm("sha256");
const fourBanks = ["sha1", "sha256", "sha384", "sha512"].map(hashAlgorithm);

/** A client whose TPM gives one answer, and what it was asked. */
function recorded(response: Uint8Array): { client: TpmClient; asked: string[] } {
  const asked: string[] = [];
  const client = new TpmClient({
    execute: (command) => {
      asked.push(toHex(command));
      return Promise.resolve(response);
    },
  });
  return { client, asked };
}

// Given by swtpm 0.7.1 with libtpms 0.9.2, after TPM2_Startup(CLEAR), to the commands that are expected here.
const swtpmBanks = bytes("80010000002b00000000000000000500000004000403ffffff000b03ffffff000c03ffffff000d03ffffff");
const swtpmValues = bytes(
  `8001000000de000000000000001400000004000403ff0000000b03000000000c03000000000d0300000000000008${`0014${"00".repeat(20)}`.repeat(8)}`,
);

describe("as swtpm answers", () => {
  test("its banks are read", async () => {
    const { client, asked } = recorded(swtpmBanks);
    expect(await readBanks(client)).toEqual(fourBanks.map((algorithm) => ({ algorithm, pcrs: all24 })));
    expect(asked).toEqual(["8001000000160000017a000000050000000000000001"]);
  });

  test("its PCRs are read, the first eight of those that were asked for", async () => {
    const { client, asked } = recorded(swtpmValues);
    const wanted = [
      { algorithm: sha1, pcrs: [...all24] },
      ...fourBanks.slice(1).map((algorithm) => ({ algorithm, pcrs: [0, 9, 23] })),
    ];
    expect(await readPcrs(client, wanted)).toEqual(
      all24.slice(0, 8).map((pcr) => ({ algorithm: sha1, pcr, hex: "00".repeat(20) })),
    );
    expect(asked).toEqual(["8001000000260000017e00000004000403ffffff000b03010280000c03010280000d03010280"]);
  });

  test("a response that is cut short is refused", async () => {
    await expect(readBanks(recorded(swtpmBanks.subarray(0, 30)).client)).rejects.toThrow("responseSize");
  });
});

describe("of a TPM", () => {
  let tpm: InlineTpm;
  let client: TpmClient;
  let values: PcrValue[];
  const key = ({ algorithm, pcr }: { algorithm: number; pcr: number }) => `${algorithm}:${pcr}`;

  beforeAll(async () => {
    tpm = await startedTpm();
    client = new TpmClient(tpm);
    for (const pcr of [0, 7, 9, 16, 23]) {
      await client.call("PCR_Event", { handles: { pcrHandle: pcr }, parameters: { eventData: Uint8Array.of(pcr) } });
    }
    const single = (await readBanks(client)).flatMap(({ algorithm, pcrs }) =>
      pcrs.map((pcr) => [{ algorithm, pcrs: [pcr] }]),
    );
    values = [];
    for (const one of single) values.push(...(await readPcrs(client, one)));
  });
  afterAll(() => tpm.close());

  test("all PCRs of all banks can be read, and those that were extended differ", () => {
    expect(values.length).toBeGreaterThanOrEqual(2 * 24);
    const digests = values.filter(({ algorithm }) => algorithm === sha256);
    expect(digests.map(({ pcr }) => pcr)).toEqual(all24);
    // Nothing was measured into the others: zeroes, or ones where a dynamic launch would start (17 to 22).
    expect(digests.filter(({ hex }) => !/^(00)+$|^(ff)+$/.test(hex)).map(({ pcr }) => pcr)).toEqual([0, 7, 9, 16, 23]);
  });

  test("any selection gives the first eight of it, each with its value", async () => {
    const known = new Map(values.map((value) => [key(value), value]));
    const selections = fc.uniqueArray(
      fc.record({
        algorithm: fc.constantFrom(...new Set(values.map(({ algorithm }) => algorithm))),
        pcrs: fc.uniqueArray(fc.nat(23), { minLength: 1 }).map((pcrs) => pcrs.sort((a, b) => a - b)),
      }),
      { minLength: 1, selector: ({ algorithm }) => algorithm },
    );
    await fc.assert(
      fc.asyncProperty(selections, async (wanted) => {
        const all = wanted.flatMap(({ algorithm, pcrs }) => pcrs.map((pcr) => known.get(key({ algorithm, pcr }))!));
        expect(await readPcrs(client, wanted)).toEqual(all.slice(0, 8));
      }),
    );
  });

  test("banks without a PCR, which are not allocated, are left out", async () => {
    const other = await startedTpm();
    const owner = new TpmClient(other);
    const before = (await readBanks(owner)).map(({ algorithm }) => algorithm);
    expect(before).toContain(sha1);
    await owner.call("PCR_Allocate", {
      handles: { authHandle: "TPM_RH_PLATFORM" },
      parameters: { pcrAllocation: [{ hash: sha1, pcrSelect: toPcrSelect([]) }] },
    });
    await other.powerOn();
    await owner.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    expect((await readBanks(owner)).map(({ algorithm }) => algorithm)).toEqual(before.filter((bank) => bank !== sha1));
    await other.close();
  });
});

describe("the bit map of a selection", () => {
  test("has the lowest PCR in the lowest bit of the first octet", () => {
    expect(toHex(toPcrSelect([0, 9, 23]))).toBe("010280");
    expect(fromPcrSelect(bytes("80010040"))).toEqual([7, 8, 30]);
    expect(fromPcrSelect(new Uint8Array(0))).toEqual([]);
  });

  test("every set of PCRs survives the way there and back", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(23)), (pcrs) => {
        expect(fromPcrSelect(toPcrSelect(pcrs))).toEqual(pcrs.sort((a, b) => a - b));
      }),
    );
  });
});

describe("which PCR a command changes", () => {
  const octets = new Uint8Array(0);
  const complete = (pcrHandle: number | string) =>
    marshalCommand("EventSequenceComplete", {
      handles: { pcrHandle, sequenceHandle: "TRANSIENT_FIRST" },
      parameters: { buffer: octets },
    });
  test.each([
    ["TPM2_PCR_Extend", pcrExtend(16), 16],
    [
      "TPM2_PCR_Event",
      marshalCommand("PCR_Event", { handles: { pcrHandle: 4 }, parameters: { eventData: octets } }),
      4,
    ],
    ["TPM2_PCR_Reset", marshalCommand("PCR_Reset", { handles: { pcrHandle: 23 } }), 23],
    ["TPM2_EventSequenceComplete", complete(10), 10],
  ])("%s: the one in its first handle", (_name, command, pcr) => {
    expect(changedPcr(command)).toBe(pcr);
  });

  test("none with TPM_RH_NULL in place of a PCR", () => {
    expect(changedPcr(complete("TPM_RH_NULL"))).toBeNull();
  });

  test("none for other commands and for what is too short to have a handle", () => {
    expect(changedPcr(getRandom)).toBeNull();
    expect(changedPcr(pcrExtend(16).subarray(0, 13))).toBeNull();
    expect(changedPcr(octets)).toBeNull();
  });

  test("no octets whatever make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(20), (tail, cut) => {
        const command = new Uint8Array([...pcrExtend(16).subarray(0, cut), ...tail]);
        const pcr = changedPcr(command);
        expect(pcr === null || (pcr >= 0 && pcr < 32)).toBe(true);
      }),
    );
  });
});
