/** Every octet of an encrypted row that a fleet of an earlier version wrote: see src/testdata/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_VARIABLES, unpackVariables } from "../../ppi/variables.ts";
import { Seal } from "../../store/seal.ts";
import { StoreError } from "../../store/store.ts";
import { openedRow, type RowPlace } from "./sealedRow.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url);
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));

describe.each(folders)("an encrypted row of a fleet: %s", (folder) => {
  const text = (name: string) => readFileSync(new URL(`${folder}/${name}`, TESTDATA), "utf8");
  const { key, states } = JSON.parse(text("facts.json")) as { key: string; states: string };
  const stored = (name: string) =>
    new Uint8Array(readFileSync(new URL(`../../engine/testdata/${states}/${name}`, import.meta.url)));
  const seal = { seal: new Seal(Uint8Array.from(Buffer.from(key, "hex")), "file"), adopts: false };
  const row = text("fleet.sql")
    .split("\n")
    .find((line) => line.startsWith("INSERT INTO tabtpm.tpm VALUES ('sealed'")) as string;
  const columns = [...row.matchAll(/'\\x([0-9a-f]*)'/g)].map(([, hex]) => Uint8Array.from(Buffer.from(hex!, "hex")));
  const [state, variables, volatile] = columns as [Uint8Array, Uint8Array, Uint8Array];
  const place = (kind: RowPlace["kind"], number = 0): RowPlace => ({ kind, name: "sealed", number });
  const number = Number(/NULL, NULL, NULL, (\d+),/.exec(row)?.[1]);

  it("opens in its place", () => {
    expect(columns).toHaveLength(3);
    expect(openedRow(state, place("state", number), seal)).toEqual(stored("full.state"));
    expect(openedRow(volatile, place("volatile"), seal)).toEqual(stored("full.volatile"));
    expect(unpackVariables(openedRow(variables, place("variables"), seal))).toEqual({
      ...DEFAULT_VARIABLES,
      disabledHierarchies: 1,
    });
  });

  it("is refused with any octet changed, and cut anywhere", () => {
    for (const [bytes, at] of [
      [state, place("state", number)],
      [variables, place("variables")],
    ] as const) {
      for (let i = 0; i < bytes.length; i++) {
        const changed = bytes.slice();
        changed[i] = (changed[i] as number) ^ (1 << (i & 7));
        expect(() => openedRow(changed, at, seal)).toThrow(StoreError);
        expect(() => openedRow(bytes.subarray(0, i), at, seal)).toThrow(StoreError);
      }
    }
    fc.assert(
      fc.property(fc.nat(volatile.length - 1), fc.integer({ min: 1, max: 255 }), (i, flip) => {
        const changed = volatile.slice();
        changed[i] = (changed[i] as number) ^ flip;
        expect(() => openedRow(changed, place("volatile"), seal)).toThrow(StoreError);
        expect(() => openedRow(volatile.subarray(0, i), place("volatile"), seal)).toThrow(StoreError);
      }),
      { numRuns: 200 },
    );
  });
});
