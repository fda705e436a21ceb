import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HASH_ALGORITHMS, parseEventLog, type TcgEvent } from "./eventLog.ts";
import { replayEventLog, startupLocality } from "./eventLogReplay.ts";
import { EV_ACTION, EV_EFI_HCRTM_EVENT, EV_NO_ACTION } from "./eventTypes.ts";
import { anyEventLog, BANKS } from "./testkit/eventLogs.ts";

const testdata = (file: string) => readFileSync(new URL(`testdata/${file}`, import.meta.url));
const sha256 = (...parts: Uint8Array[]) => new Uint8Array(createHash("sha256").update(Buffer.concat(parts)).digest());

function event(pcrIndex: number, type: number, digest: Uint8Array, data: Uint8Array = new Uint8Array(0)): TcgEvent {
  return { pcrIndex, type, digests: [{ algorithm: 0x000b, digest }], data };
}

function locality(value: number): TcgEvent {
  const data = Uint8Array.of(...new TextEncoder().encode("StartupLocality\0"), value);
  return event(0, EV_NO_ACTION, new Uint8Array(32), data);
}

/** A PCR's first value: all zeros but for the last byte. */
function initial(last: number): Uint8Array {
  const value = new Uint8Array(32);
  value[31] = last;
  return value;
}

describe("replaying a log", () => {
  test("that SeaBIOS wrote gives the PCRs of the TPM that SeaBIOS extended, in every bank", async () => {
    const banks = await replayEventLog(parseEventLog(new Uint8Array(testdata("seabios-event-log.bin"))).events);
    const pcrs = JSON.parse(testdata("seabios-pcrs.json").toString()) as Record<string, string[]>;
    expect([...banks.keys()].sort((a, b) => a - b)).toEqual(BANKS);
    for (const [algorithm, bank] of banks) {
      const { name, size } = HASH_ALGORITHMS.get(algorithm)!;
      const values = pcrs[name]!.map((_, index) =>
        Buffer.from(bank.get(index) ?? new Uint8Array(size)).toString("hex"),
      );
      expect(values).toEqual(pcrs[name]);
      expect([...bank.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  test("extends each PCR of each bank with the digests in their order", async () => {
    await fc.assert(
      fc.asyncProperty(anyEventLog(), async (events) => {
        const measured = events.filter(
          ({ type, data, pcrIndex }) =>
            type !== EV_NO_ACTION && !(pcrIndex === 0 && type === EV_EFI_HCRTM_EVENT) && data,
        );
        const banks = await replayEventLog(measured);
        const expected = new Map<string, Buffer>();
        for (const { pcrIndex, digests } of measured) {
          for (const { algorithm, digest } of digests) {
            const { name, size } = HASH_ALGORITHMS.get(algorithm)!;
            const key = `${algorithm} ${pcrIndex}`;
            const hash = createHash(name).update(expected.get(key) ?? Buffer.alloc(size));
            expected.set(key, hash.update(digest).digest());
          }
        }
        const actual = new Map<string, Buffer>();
        for (const [algorithm, bank] of banks) {
          for (const [pcrIndex, value] of bank) actual.set(`${algorithm} ${pcrIndex}`, Buffer.from(value));
        }
        expect(new Map([...actual].sort())).toEqual(new Map([...expected].sort()));
      }),
      { numRuns: 50 },
    );
  });

  test("does not extend EV_NO_ACTION", async () => {
    expect(await replayEventLog([event(3, EV_NO_ACTION, initial(9))])).toEqual(new Map());
  });

  test("of nothing gives nothing", async () => {
    expect(await replayEventLog([])).toEqual(new Map());
  });
});

describe("StartupLocality", () => {
  const measured = event(0, EV_ACTION, initial(1));

  test.each([0, 3, 4])("%d is the first value of PCR 0", async (value) => {
    const banks = await replayEventLog([locality(value), measured]);
    expect(banks.get(0x000b)!.get(0)).toEqual(sha256(initial(value), initial(1)));
  });

  test("leaves the other PCRs alone", async () => {
    const banks = await replayEventLog([locality(3), event(1, EV_ACTION, initial(1))]);
    expect(banks.get(0x000b)).toEqual(new Map([[1, sha256(initial(0), initial(1))]]));
  });

  test("comes too late after the first extension of PCR 0", async () => {
    const banks = await replayEventLog([measured, locality(3)]);
    expect(banks.get(0x000b)!.get(0)).toEqual(sha256(initial(0), initial(1)));
  });

  test.each([20, 32])("may be padded to %d octets", async (size) => {
    const padded = new Uint8Array(size);
    padded.set(locality(3).data);
    expect(startupLocality({ ...locality(3), data: padded })).toBe(3);
    const banks = await replayEventLog([{ ...locality(3), data: padded }, measured]);
    expect(banks.get(0x000b)!.get(0)).toEqual(sha256(initial(3), initial(1)));
  });

  test("is read from its own event only", () => {
    expect(startupLocality(locality(3))).toBe(3);
    expect(startupLocality({ ...locality(3), type: EV_ACTION })).toBeNull();
    expect(
      startupLocality(event(0, EV_NO_ACTION, initial(0), new TextEncoder().encode("StartupLocality\0"))),
    ).toBeNull();
    expect(startupLocality(event(0, EV_NO_ACTION, initial(0), new Uint8Array(17)))).toBeNull();
  });
});

describe("the H-CRTM", () => {
  test("extends PCR 0 from locality 4", async () => {
    const banks = await replayEventLog([event(0, EV_EFI_HCRTM_EVENT, initial(5)), event(0, EV_ACTION, initial(6))]);
    expect(banks.get(0x000b)!.get(0)).toEqual(sha256(sha256(initial(4), initial(5)), initial(6)));
  });
});

describe("the hash function", () => {
  const digests = [
    { algorithm: 0x0012, digest: new Uint8Array(32).fill(1) },
    { algorithm: 0x000b, digest: new Uint8Array(32).fill(2) },
  ];
  const events = [{ pcrIndex: 5, type: EV_ACTION, digests, data: new Uint8Array(0) }];

  test("decides which banks there are: WebCrypto has no SM3", async () => {
    expect([...(await replayEventLog(events)).keys()]).toEqual([0x000b]);
  });

  test("can be another one", async () => {
    const banks = await replayEventLog(events, (algorithm, data) =>
      algorithm === 0x0012 ? Promise.resolve(new Uint8Array(createHash("sm3").update(data).digest())) : null,
    );
    const expected = createHash("sm3").update(new Uint8Array(32)).update(new Uint8Array(32).fill(1)).digest();
    expect(banks).toEqual(new Map([[0x0012, new Map([[5, new Uint8Array(expected)]])]]));
  });
});
