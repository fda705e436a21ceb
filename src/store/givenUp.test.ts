import { IDBFactory as FakeFactory } from "fake-indexeddb";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { IndexedDbStore } from "./indexedDb.ts";
import { MemoryMedium, MemoryStore } from "./memory.ts";
import { NotGivenUpError, StoreError, StoreGivenUpError, type TpmStore } from "./store.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { FakeLockOrigin } from "./testkit/fakeLocks.ts";

const MOVE = "00112233445566778899aabbccddeeff";
const OTHER = "ffeeddccbbaa99887766554433221100";
const blob = Uint8Array.of(1, 2, 3);

describe.each([
  [
    "IndexedDB",
    () => {
      const indexedDB = new FakeFactory() as unknown as IDBFactory;
      const origin = new FakeLockOrigin();
      let tabs = 0;
      return () => new IndexedDbStore({ name: "a", indexedDB, locks: origin.client(`tab-${++tabs}`), lockWaitMs: 5 });
    },
  ],
  [
    "memory",
    () => {
      const medium = new MemoryMedium();
      return () => new MemoryStore(medium);
    },
  ],
] as const)("a TPM that is given up to a migration, in %s", (_name, start) => {
  let another: () => TpmStore & Required<Pick<TpmStore, "giveUp">>;
  beforeEach(() => {
    another = start();
  });

  async function givenUp() {
    const source = another();
    await source.open();
    await source.commit(blob);
    await source.giveUp(MOVE);
    return source;
  }

  it("opens for nobody, by whatever force, and nothing is stored by the one that had it", async () => {
    const source = await givenUp();
    for (const options of [{}, { takeOver: true }]) {
      const error = await errorOf<StoreGivenUpError>(another().open(options));
      expect(error).toBeInstanceOf(StoreGivenUpError);
      expect(error.migration).toBe(MOVE);
    }
    expect(await errorOf(source.open())).toBeInstanceOf(StoreGivenUpError);
    expect(await errorOf(source.commit(Uint8Array.of(9)))).toBeInstanceOf(StoreError);
    expect(await another().exportBlob()).toEqual(blob);
  });

  it("opens for that migration, once, with what was committed", async () => {
    await givenUp();
    expect(await errorOf(another().open({ migration: OTHER }))).toBeInstanceOf(NotGivenUpError);
    const target = another();
    expect(await target.open({ migration: MOVE })).toEqual(blob);
    await target.commit(Uint8Array.of(4));
    expect(await errorOf(another().open({ migration: MOVE }))).toBeInstanceOf(StoreError);
    expect(await errorOf(another().open({ migration: MOVE, takeOver: true }))).toBeInstanceOf(StoreError);
    // Whoever was refused has taken nothing away.
    await target.commit(Uint8Array.of(5));
    await target.close();
    expect(await errorOf(another().open({ migration: MOVE }))).toBeInstanceOf(NotGivenUpError);
    expect(await another().open()).toEqual(Uint8Array.of(5));
  });

  it("is one side's where both ask at once, whichever is first", async () => {
    await givenUp();
    const sides = [another(), another(), another()];
    const opened = await Promise.allSettled(sides.map((side) => side.open({ migration: MOVE })));
    expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("stays where it is when giving it up fails", async () => {
    const inner = another();
    await inner.open();
    await inner.commit(blob);
    const thief = another();
    await thief.open({ takeOver: true });
    expect(await errorOf(inner.giveUp(MOVE))).toBeInstanceOf(StoreError);
    await thief.commit(Uint8Array.of(7));
    await thief.close();
    expect(await another().open()).toEqual(Uint8Array.of(7));
  });

  it("has one owner at most, whatever several owners do in turn", async () => {
    const step = fc.tuple(fc.nat(2), fc.constantFrom("open", "takeOver", "migrate", "giveUp", "close", "commit"));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        another = start();
        const sides = [another(), another(), another()];
        let isGivenUp = false;
        let stored = 0;
        for (const [index, what] of steps) {
          const side = sides[index]!;
          const done = await {
            open: () => side.open(),
            takeOver: () => side.open({ takeOver: true }),
            migrate: () => side.open({ migration: MOVE }),
            giveUp: () => side.giveUp(MOVE),
            close: () => side.close(),
            commit: () => side.commit(Uint8Array.of(stored + 1)),
          }
            [what]()
            .then(
              () => true,
              (error: unknown) => {
                if (!(error instanceof StoreError)) throw error;
                return false;
              },
            );
          if (what === "commit" && done) {
            expect(isGivenUp).toBe(false);
            stored++;
          }
          if ((what === "open" || what === "takeOver") && done) expect(isGivenUp).toBe(false);
          if (what === "migrate" && done) {
            expect(isGivenUp).toBe(true);
            isGivenUp = false;
          }
          if (what === "giveUp" && done) isGivenUp = true;
          expect((await another().exportBlob())?.[0] ?? 0).toBe(stored);
        }
        for (const side of sides) await side.close();
      }),
      { numRuns: 40 },
    );
  });
});
