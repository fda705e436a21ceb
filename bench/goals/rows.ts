/** Rows that bench/tpm does not have: what a commit costs when there are many NV Indices. And all rows by their names. */

import { RH } from "../../asm/testkit/names.ts";
import { defineSpace, nvWrite, OPEN, undefineSpace } from "../../asm/testkit/nv.ts";
import type { Row, Setup } from "../tpm/row.ts";
import { chaptersOfRows } from "../tpm/rows/index.ts";

const FIRST = 0x01500000;
const SIZE = 8;
const DATA = new Uint8Array(SIZE);
const OTHER = DATA.map(() => 0xff);

/** NV_Write of other data and back, with `count` indices of 8 octets that are all written. */
const among = (count: number): Row => ({
  name: `NV_Write, 8 octets, twice, among ${count} indices`,
  on: "tabtpm",
  async prepare(setup: Setup) {
    for (let handle = FIRST; handle < FIRST + count; handle++) {
      await setup.send(defineSpace({ handle, attributes: OPEN, size: SIZE }));
      setup.undo(undefineSpace(RH.OWNER, handle));
      await setup.send(nvWrite(RH.OWNER, handle, DATA));
    }
    return [nvWrite(RH.OWNER, FIRST, OTHER), nvWrite(RH.OWNER, FIRST, DATA)];
  },
});

export const FEW = among(10);
export const MANY = among(1000);

/** @throws where there is no such row: its name was changed in one place only */
export function rowNamed(name: string): Row {
  const rows = [FEW, MANY, ...chaptersOfRows.flatMap(({ rows }) => rows)];
  const found = rows.find((row) => row.name === name);
  if (!found) throw new Error(`the benchmark of commands has no row "${name}"`);
  return found;
}
