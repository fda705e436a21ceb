import { describe, expect, test } from "vitest";
import type { EventLog, PcrBank } from "./model.ts";
import { differences } from "./verdict.ts";

describe("the verdict on the event log", () => {
  const values = Array.from({ length: 24 }, (_, pcr) => pcr.toString(16).padStart(2, "0"));
  const banks: PcrBank[] = [{ algorithm: 1, name: "SHA-256", values }];
  const entry = { pcr: 0, type: "EV_SEPARATOR", description: "", kind: "separator", digests: [] } as const;
  const log = (replay: (string | undefined)[]): EventLog => ({
    entries: [entry],
    events: [],
    replay: { "SHA-256": replay },
  });

  test("none without a log, without registers, without entries", () => {
    expect(differences(null, banks)).toBeNull();
    expect(differences(log(values), [])).toBeNull();
    expect(differences({ entries: [], events: [], replay: {} }, banks)).toBeNull();
  });

  test("none on a log that measured nothing, whose replay equals untouched registers", () => {
    const header = { ...entry, type: "EV_NO_ACTION" };
    const zeroes = values.map(() => "00");
    expect(
      differences({ entries: [header], events: [], replay: { "SHA-256": zeroes } }, [{ ...banks[0]!, values: zeroes }]),
    ).toBeNull();
  });

  test("equal in PCRs 0 to 9, whatever the others are", () => {
    expect(differences(log(values.slice(0, 10)), banks)).toEqual([]);
  });

  test("names the PCRs that differ, also in one bank only", () => {
    const other: PcrBank = { algorithm: 2, name: "SHA-1", values };
    const wrong = values.map((hex, pcr) => (pcr === 4 ? "ff" : hex));
    const both = { entries: [entry], events: [], replay: { "SHA-256": wrong, "SHA-1": values } };
    expect(differences(both, [...banks, other])).toEqual([4]);
    expect(differences(log(values), [...banks, other])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
