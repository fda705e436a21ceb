import { describe, expect, test } from "vitest";
import type { EventLog, PcrBank } from "../state/model.ts";
import { bankName, differences, mergeValues } from "./panels.ts";

const active = [
  { algorithm: 4, pcrs: [0, 1, 2] },
  { algorithm: 11, pcrs: [0, 2] },
];

describe("values that were read anew", () => {
  const first = mergeValues([], active, [
    { algorithm: 4, pcr: 0, hex: "00" },
    { algorithm: 4, pcr: 1, hex: "01" },
    { algorithm: 11, pcr: 2, hex: "02" },
  ]);

  test("a first reading lights nothing up", () => {
    expect(first.changed).toEqual([]);
    expect(first.banks).toEqual([
      { algorithm: 4, name: "SHA-1", values: ["00", "01", undefined] },
      { algorithm: 11, name: "SHA-256", values: [undefined, undefined, "02"] },
    ]);
  });

  test("only what differs is changed; the rest stays", () => {
    const next = mergeValues(first.banks, active, [
      { algorithm: 4, pcr: 0, hex: "aa" },
      { algorithm: 4, pcr: 1, hex: "01" },
    ]);
    expect(next.changed).toEqual(["SHA-1:0"]);
    expect(next.banks[0]!.values).toEqual(["aa", "01", undefined]);
    expect(next.banks[1]!.values).toEqual([undefined, undefined, "02"]);
  });

  test("a bank that is no longer active goes", () => {
    expect(mergeValues(first.banks, active.slice(1), []).banks.map(({ name }) => name)).toEqual(["SHA-256"]);
  });
});

describe("the verdict on the event log", () => {
  const values = Array.from({ length: 24 }, (_, pcr) => pcr.toString(16).padStart(2, "0"));
  const banks: PcrBank[] = [{ algorithm: 11, name: "SHA-256", values }];
  const entry = { pcr: 0, type: "EV_SEPARATOR", description: "", digests: [] };
  const log = (replay: (string | undefined)[]): EventLog => ({ entries: [entry], replay: { "SHA-256": replay } });

  test("none without a log, without registers, without entries", () => {
    expect(differences(null, banks)).toBeNull();
    expect(differences(log(values), [])).toBeNull();
    expect(differences({ entries: [], replay: {} }, banks)).toBeNull();
  });

  test("equal in PCRs 0 to 9, whatever the others are", () => {
    expect(differences(log(values.slice(0, 10)), banks)).toEqual([]);
  });

  test("names the PCRs that differ, also in one bank only", () => {
    const other: PcrBank = { algorithm: 4, name: "SHA-1", values };
    const wrong = values.map((hex, pcr) => (pcr === 4 ? "ff" : hex));
    const both = { entries: [entry], replay: { "SHA-256": wrong, "SHA-1": values } };
    expect(differences(both, [...banks, other])).toEqual([4]);
    expect(differences(log(values), [...banks, other])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

test("an algorithm without a name is shown by its number", () => {
  expect(bankName(0x4321)).toBe("0x4321");
});
