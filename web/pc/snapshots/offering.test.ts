/** What came and went on nowhere, before the PC boots with its TPM. */
import { readFileSync } from "node:fs";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { initialState, type PageState } from "../../state/model.ts";
import { Store } from "../../state/store.ts";
import { type Arrival, openArrivals } from "../migration/arrivals.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { Offering, type PcParts } from "./host.ts";

useIndexedDb();
const TPM = "moved";
const moves = openArrivals();
const DAMAGED = new URL("../../../src/machine/testdata/2026-11-30/damaged/", import.meta.url);
const octets = (name: string) => new Uint8Array(readFileSync(new URL(name, DAMAGED))).buffer;

let page: Store<PageState>;
let notes: Map<string, string>;
let offering: Offering;

beforeEach(async () => {
  notes = new Map([[`tabtpm-start-${TPM}`, ""]]);
  vi.stubGlobal("localStorage", {
    setItem: (name: string, value: string) => notes.set(name, value),
    removeItem: (name: string) => notes.delete(name),
  });
  await moves.forget(TPM);
  page = new Store(initialState, 0);
  offering = new Offering(TPM, { store: page } as PcParts, moves);
});

const keep = (machine: unknown) => moves.keep(TPM, { migration: "a", machine } as Arrival);
const isNoted = () => notes.has(`tabtpm-start-${TPM}`);

/** @returns what was said, and whether the PC boots once the dialog is closed. */
async function offered() {
  const asked = new Promise<void>((resolve) => {
    onTestFinished(
      page.subscribe(() => {
        if (page.value.asking === "snapshots") resolve();
      }),
    );
  });
  const answer = offering.offer();
  await asked;
  const { problem } = offering.snapshots.store.value;
  const isKept = (await moves.read(TPM)) !== null;
  offering.closed();
  return { problem, isKept, boots: !(await answer) };
}

test.each([
  ["cut", () => octets("plain.tabtpm.cut")],
  ["changed in an octet", () => octets("plain.tabtpm.flipped")],
  ["no machine", () => undefined],
  ["something else", () => new Uint8Array(100).buffer],
])("one that is %s is said to be lost, then forgotten, and the PC boots", async (_name, machine) => {
  await keep(machine());
  const { problem, isKept, boots } = await offered();
  expect([problem?.kind, problem?.reason === "", isKept, boots]).toEqual(["arrival", false, true, true]);
  expect([await moves.read(TPM), isNoted()]).toEqual([null, false]);
});

test("one of a newer format is kept for the page that reads it, and the PC boots", async () => {
  await keep(octets("plain.tabtpm.newer"));
  expect(await offered()).toMatchObject({ problem: { kind: "arrival" }, isKept: true, boots: true });
  expect([await moves.read(TPM), isNoted()]).toEqual([{ migration: "a", machine: octets("plain.tabtpm.newer") }, true]);
});

test("a browser that does not give it does not keep the PC from booting", async () => {
  const read = vi.fn(async () => Promise.reject(new Error("no database")));
  offering = new Offering(TPM, { store: page } as PcParts, { ...moves, read });
  await keep(octets("plain.tabtpm.cut"));
  const said = await offered();
  expect([said.problem, said.boots]).toEqual([{ kind: "arrival", reason: "no database" }, true]);
});

test("nothing that came: nothing is asked", async () => {
  expect(await offering.offer()).toBe(false);
  expect([page.value.asking, isNoted()]).toEqual([null, false]);
});
