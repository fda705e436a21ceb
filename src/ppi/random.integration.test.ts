import { expect, test } from "vitest";
import { randomFrom } from "../testkit/random.ts";
import {
  PPI_PAGE_SIZE,
  PPI_SIZE,
  VARIABLE_DISABLED_HIERARCHIES,
  VARIABLE_PP_FLAGS,
  VARIABLES_COMMIT,
  VARIABLES_LOCK,
  VARIABLES_SIGNATURE,
  VARIABLES_STATUS,
} from "./registers.ts";
import { setUp } from "./testkit/bench.ts";

const ACCESSES = 1_000_000;
const WINDOW = [VARIABLE_PP_FLAGS, VARIABLE_DISABLED_HIERARCHIES, VARIABLES_COMMIT, VARIABLES_STATUS];

test("a million random accesses never throw, never block, and only an unlocked commit stores what was written", async () => {
  const below = randomFrom(0x991);
  const { device, pending, store, variables } = setUp();
  const page = new Uint8Array(PPI_PAGE_SIZE);
  const errors: string[] = [];
  let [commits, stored, locks] = [0, 0, 0];

  for (let i = 0; i < ACCESSES; i++) {
    const size = [1, 1, 2, 4][below(4)]!;
    const kind = below(8);
    let offset = below(PPI_SIZE + 8);
    if (kind < 4) offset = WINDOW[below(WINDOW.length)]! + (below(8) === 0 ? below(4) : 0);
    else if (kind === 4 && below(50) === 0) offset = VARIABLES_LOCK;
    if (below(3) === 0) {
      const value = size === 1 ? device.read8(offset) : size === 2 ? device.read16(offset) : device.read32(offset);
      let expected = 0;
      for (let byte = 0; byte < size; byte++) expected += (page[offset + byte] ?? 0) * 2 ** (8 * byte);
      if (offset + size <= PPI_PAGE_SIZE && value !== expected) errors.push(`Read ${value} at ${offset}`);
      if (!(value >= 0 && value < 2 ** (8 * size))) errors.push(`Read ${value} at ${offset}`);
    } else {
      const value = below(4) === 0 ? below(0x1_0000_0000) : [0, 1, 1, 0x0100, 0x0101, 3][below(6)]!;
      for (let byte = 0; byte < size; byte++) {
        if (offset + byte < PPI_PAGE_SIZE) page[offset + byte] = value >>> (8 * byte);
      }
      const before = { locked: device.read8(VARIABLES_LOCK) === 1, variables: `${Object.values(variables())}` };
      if (size === 1) device.write8(offset, value);
      else if (size === 2) device.write16(offset, value);
      else device.write32(offset, value);
      if (before.locked) {
        locks++;
        if (`${Object.values(variables())}` !== before.variables) errors.push(`Locked variables changed at ${offset}`);
      }
      const begun = pending.length - commits + stored;
      if (begun > 0) {
        commits += begun;
        if (before.locked) errors.push("A locked window stored something.");
        if (`${Object.values(variables())}` !== `${Object.values(pending.at(-1)!.variables)}`) {
          errors.push("Something else was stored than what can be read.");
        }
      }
    }
    if (below(20) === 0) {
      const commit = pending.shift();
      if (commit !== undefined) {
        stored++;
        await (below(4) === 0 ? commit.fail() : commit.succeed());
      }
    }
    if (below(2000) === 0) {
      device.reset();
      await pending
        .shift()
        ?.succeed()
        .then(() => stored++);
      device.load(store.variables);
      if (`${Object.values(variables())}` !== `${Object.values(store.variables)}`)
        errors.push("A reset did not forget.");
    }
    if (below(50_000) === 0) {
      device.losePower();
      page.fill(0);
    }
    if (device.read32(VARIABLES_SIGNATURE) !== 0x564d_5054) errors.push("The signature changed.");
  }
  expect(errors.slice(0, 10)).toEqual([]);
  expect(commits).toBeGreaterThan(1000);
  expect(stored).toBeGreaterThan(1000);
  expect(locks).toBeGreaterThan(1000);
});
