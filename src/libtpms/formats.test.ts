/** The permanent state of version 3 and damaged copies of it, as they are stored: see testdata/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import type { TpmStateError } from "../engine/errors.ts";
import { createTpm } from "../node/index.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";

const TESTDATA = new URL("testdata/", import.meta.url);
const stored = (name: string) => new Uint8Array(readFileSync(new URL(name, TESTDATA)));
const state = stored("furnished.state");
const facts = JSON.parse(readFileSync(new URL("damaged/facts.json", TESTDATA), "utf8")) as {
  file: string;
  how: string;
  problem: string;
}[];
/** What the core says of a state. */
const [LOADED, DAMAGED] = [0, 1];

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const tpm of open.splice(0)) await tpm.close();
});
function startFrom(blob: Uint8Array) {
  const medium = new MemoryMedium();
  medium.blob = blob;
  const tpm = createTpm({ store: new MemoryStore(medium) });
  open.push(tpm);
  return { tpm, medium };
}

describe("the permanent state of version 3", () => {
  it("is used as it is", async () => {
    const { tpm, medium } = startFrom(state);
    await tpm.ready;
    expect(tpm.state()).toMatchObject({ profile: "libtpms-0.9", error: null });
    expect(medium.blob).toEqual(state);
  });

  it("all that is damaged is said to be", () => {
    const names = facts.map(({ file }) => file);
    expect(names.length).toBeGreaterThan(3);
    expect(readdirSync(new URL("damaged/", TESTDATA)).sort()).toEqual([...names, "facts.json"].sort());
  });

  it.each(facts)("$file: $how", async ({ file, problem }) => {
    const bytes = stored(`damaged/${file}`);
    const { tpm, medium } = startFrom(bytes.slice());
    const error = (await errorOf(tpm.ready)) as TpmStateError;
    expect([error.name, error.reason]).toEqual(["TpmStateError", problem]);
    expect(error.message).toMatch(problem === "newer" ? /newer/ : /damaged/);
    expect(medium.blob).toEqual(bytes);
  });

  it("is refused with any octet changed, and cut anywhere; the same core takes it whole after that", () => {
    const tpm = new TestTpm();
    const taken: string[] = [];
    const expectDamaged = (what: string, bytes: Uint8Array) => {
      if (tpm.load(bytes) !== DAMAGED) taken.push(what);
    };
    for (let at = 0; at < state.length; at++) {
      const changed = state.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at & 7));
      expectDamaged(`octet ${at}`, changed);
      expectDamaged(`its first ${at} octets`, state.slice(0, at));
    }
    expect(taken).toEqual([]);
    expect(tpm.load(state)).toBe(LOADED);
  });
});
