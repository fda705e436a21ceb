import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTpm, type InlineTpm } from "../node/index.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { TpmClient } from "./client.ts";
import { filterPcrs, fromPcrSelect, type PcrDigest, readPcrBanks, readPcrs, toPcrSelect } from "./pcrs.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const all24 = Array.from({ length: 24 }, (_, pcr) => pcr);
const { TPM_ALG_SHA1: sha1, TPM_ALG_SHA256: sha256 } = TPM_ALG;
const fourBanks: number[] = [sha1, sha256, TPM_ALG.TPM_ALG_SHA384, TPM_ALG.TPM_ALG_SHA512];

async function startedTpm(): Promise<InlineTpm> {
  const tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
  await new TpmClient(tpm).call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
  return tpm;
}

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
    expect(await readPcrBanks(client)).toEqual(fourBanks.map((algorithm) => ({ algorithm, pcrs: all24 })));
    expect(asked).toEqual(["8001000000160000017a000000050000000000000001"]);
  });

  test("its PCRs are read, the first eight of those that were asked for", async () => {
    const { client, asked } = recorded(swtpmValues);
    const wanted = [
      { algorithm: sha1, pcrs: [...all24] },
      ...fourBanks.slice(1).map((algorithm) => ({ algorithm, pcrs: [0, 9, 23] })),
    ];
    expect(await readPcrs(client, wanted)).toEqual(
      all24.slice(0, 8).map((pcr) => ({ algorithm: sha1, pcr, digest: new Uint8Array(20) })),
    );
    expect(asked).toEqual(["8001000000260000017e00000004000403ffffff000b03010280000c03010280000d03010280"]);
  });

  test("a response that is cut short is refused", async () => {
    await expect(readPcrBanks(recorded(swtpmBanks.subarray(0, 30)).client)).rejects.toThrow("responseSize");
  });
});

describe("of a TPM", () => {
  let tpm: InlineTpm;
  let client: TpmClient;
  let values: PcrDigest[];
  const key = ({ algorithm, pcr }: { algorithm: number; pcr: number }) => `${algorithm}:${pcr}`;

  beforeAll(async () => {
    tpm = await startedTpm();
    client = new TpmClient(tpm);
    for (const pcr of [0, 7, 9, 16, 23]) {
      await client.call("PCR_Event", { handles: { pcrHandle: pcr }, parameters: { eventData: Uint8Array.of(pcr) } });
    }
    const single = (await readPcrBanks(client)).flatMap(({ algorithm, pcrs }) =>
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
    expect(digests.filter(({ digest }) => !/^(00)+$|^(ff)+$/.test(toHex(digest))).map(({ pcr }) => pcr)).toEqual([
      0, 7, 9, 16, 23,
    ]);
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
    const before = (await readPcrBanks(owner)).map(({ algorithm }) => algorithm);
    expect(before).toContain(sha1);
    await owner.call("PCR_Allocate", {
      handles: { authHandle: "TPM_RH_PLATFORM" },
      parameters: { pcrAllocation: [{ hash: sha1, pcrSelect: toPcrSelect([]) }] },
    });
    await other.powerOn();
    await owner.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    expect((await readPcrBanks(owner)).map(({ algorithm }) => algorithm)).toEqual(
      before.filter((bank) => bank !== sha1),
    );
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

test("a selection is filtered PCR by PCR, and banks without any go", () => {
  const selections = [
    { algorithm: sha1, pcrs: [0, 9, 10] },
    { algorithm: sha256, pcrs: [16] },
  ];
  expect(filterPcrs(selections, (_, pcr) => pcr < 10)).toEqual([{ algorithm: sha1, pcrs: [0, 9] }]);
});
