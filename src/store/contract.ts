/**
 * What every {@link TpmStore} must do, as cases that any test runner can run: each takes a medium of its own. The library's own
 * stores pass them, and an embedder's store should.
 */
import { StoreError, StoreFencedError, StoreLockedError, type TpmStore } from "./store.ts";

/** One TPM's place on some medium, empty at first, and what a test may do to it. */
export interface StoreMedium {
  /** A store that is not open yet, as another process, tab or machine would have one. */
  connect(): TpmStore;
  /** Whether {@link TpmStore.open} with `takeOver` takes the TPM from a live owner. */
  readonly takesFromTheLiving: boolean;
  /** {@link TpmStore.exportBlob} gives the blob as it lies there, encrypted. */
  readonly exportsSealed?: boolean;
  /**
   * The owner dies as by kill -9, with whatever it was doing, and another one can open at once: its lock or lease is over. Left out
   * where nothing outlives the owner.
   */
  crash?(owner: TpmStore): Promise<void>;
  /** Changes an octet of what is stored, where the store itself must notice that. */
  damage?(): Promise<void>;
  /** Everything that lies on the medium, where `erases` of a commit is promised to leave nothing of the blob before. */
  contents?(): Promise<Uint8Array>;
  /** The test is over. */
  end?(): Promise<void>;
}

/** One rule. `run` rejects with what was broken. */
export interface StoreContractCase {
  readonly name: string;
  /** @returns false where the medium has nothing to try it with. */
  run(medium: StoreMedium): Promise<boolean>;
}

/** A store broke its contract. */
export class StoreContractError extends Error {
  override name = "StoreContractError";
}

function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new StoreContractError(rule);
}

const isSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : a.length === b.length && a.every((octet, at) => octet === b[at]);

/** A blob that shows which it is and whether it is whole. */
function blobOf(number: number, size = 600): Uint8Array {
  const blob = new Uint8Array(size);
  for (let at = 0, value = number * 2654435761 + size; at < size; at++) {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    blob[at] = value >>> 24;
  }
  return blob;
}

async function refusalOf(work: Promise<unknown>, rule: string): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new StoreContractError(rule);
}

async function mustBeFenced(work: Promise<unknown>, what: string): Promise<void> {
  const error = await refusalOf(work, `${what} of an owner that lost the TPM was acknowledged`);
  must(error instanceof StoreFencedError, `${what} of an owner that lost the TPM is a StoreFencedError, not ${error}`);
}

async function opened(medium: StoreMedium): Promise<TpmStore> {
  const store = medium.connect();
  await store.open();
  return store;
}

async function mustExport(medium: StoreMedium, store: TpmStore, blob: Uint8Array | null, rule: string): Promise<void> {
  const found = await store.exportBlob();
  must(medium.exportsSealed && blob !== null ? found !== null : isSame(found, blob), rule);
}

async function mustHave(medium: StoreMedium, blob: Uint8Array | null, when: string): Promise<void> {
  const store = medium.connect();
  must(isSame(await store.open(), blob), `open() ${when} gives the last commit`);
  await store.close();
}

/** Sizes from an octet to more than a TPM's state comes to. */
const SIZES = [1, 511, 512, 4096, 70_000, 300_000];

type Rule = (medium: StoreMedium) => Promise<boolean>;

const RULES: Readonly<Record<string, Rule>> = {
  "has nothing before the first commit": async (medium) => {
    const store = medium.connect();
    must(isSame(await store.open(), null), "open() of an empty medium gives null");
    await mustExport(medium, store, null, "exportBlob() of an empty medium gives null");
    must((await store.archive()) === null, "archive() of an empty medium gives null");
    must((store.damage ?? null) === null, "an empty medium is not damaged");
    await store.close();
    await mustHave(medium, null, "of a medium that nothing was committed to");
    return true;
  },

  "gives back the last commit, octet by octet": async (medium) => {
    for (const [number, size] of SIZES.entries()) {
      const store = await opened(medium);
      await store.commit(blobOf(99, 200));
      const blob = blobOf(number, size);
      await store.commit(blob);
      // It is the caller's again.
      blob.fill(0);
      await mustExport(medium, store, blobOf(number, size), `exportBlob() gives the ${size} octets committed`);
      await store.close();
      await mustHave(medium, blobOf(number, size), `after ${size} octets`);
    }
    return true;
  },

  "takes a view into a larger buffer for what it is": async (medium) => {
    const buffer = blobOf(1, 2000);
    const store = await opened(medium);
    await store.commit(buffer.subarray(700, 1300));
    await store.close();
    await mustHave(medium, buffer.slice(700, 1300), "after a commit of a view");
    return true;
  },

  "takes commits in the order in which they were asked for": async (medium) => {
    const store = await opened(medium);
    await Promise.all(Array.from({ length: 12 }, (_, i) => store.commit(blobOf(i, 100 + 400 * (i % 3)))));
    await store.close();
    await mustHave(medium, blobOf(11, 100 + 400 * (11 % 3)), "after twelve at once");
    return true;
  },

  "can be opened again by its own object": async (medium) => {
    const store = await opened(medium);
    await store.commit(blobOf(1));
    must(isSame(await store.open(), blobOf(1)), "a second open() gives the last commit");
    await store.commit(blobOf(2));
    await store.close();
    must(isSame(await store.open(), blobOf(2)), "open() after close() gives the last commit");
    await store.close();
    await store.close();
    return true;
  },

  "does nothing while it is not open": async (medium) => {
    const store = medium.connect();
    const closed = async (when: string) => {
      const works: [string, Promise<unknown> | undefined][] = [
        ["commit()", store.commit(blobOf(1))],
        ["archive()", store.archive()],
        ["readVariables()", store.readVariables?.()],
        ["commitVariables()", store.commitVariables?.(blobOf(2))],
      ];
      for (const [name, work] of works) {
        if (work === undefined) continue;
        const error = await refusalOf(work, `${name} ${when} is refused`);
        must(
          error instanceof StoreError && error.code === "closed",
          `${name} ${when} is a StoreError "closed", not ${error}`,
        );
      }
    };
    await closed("before open()");
    await store.open();
    await store.commit(blobOf(3));
    await store.close();
    await closed("after close()");
    await mustExport(medium, store, blobOf(3), "exportBlob() needs no lock");
    return true;
  },

  "belongs to one owner": async (medium) => {
    const first = await opened(medium);
    await first.commit(blobOf(1));
    const second = medium.connect();
    const error = await refusalOf(second.open(), "a second owner is refused");
    must(error instanceof StoreLockedError, `a second owner's open() is a StoreLockedError, not ${error}`);
    must(error.holder !== "", "a StoreLockedError says who has the TPM");
    await mustExport(medium, second, blobOf(1), "exportBlob() needs no lock");
    await second.close();
    await first.commit(blobOf(2));
    await mustExport(medium, first, blobOf(2), "the owner goes on after another one was refused");
    await first.close();
    await mustHave(medium, blobOf(2), "once the owner has closed");
    return true;
  },

  "is acknowledged to one of two owners that come at once": async (medium) => {
    const both = [medium.connect(), medium.connect()];
    const openings = await Promise.allSettled(both.map((store) => store.open()));
    const owners = both.filter((_, at) => openings[at]?.status === "fulfilled");
    must(owners.length === 1, `of two that open at once one gets the TPM, not ${owners.length}`);
    await owners[0]?.commit(blobOf(1));
    for (const store of both) await store.close();
    await mustHave(medium, blobOf(1), "of the one that got it");
    return true;
  },

  "has what was acknowledged when its owner dies": async (medium) => {
    if (!medium.crash) return false;
    for (let number = 1; number <= 3; number++) {
      const store = await opened(medium);
      await store.commit(blobOf(number));
      await medium.crash(store);
      await mustHave(medium, blobOf(number), "after the owner's death");
    }
    return true;
  },

  "has the old blob or the new one when its owner dies in a commit": async (medium) => {
    if (!medium.crash) return false;
    for (let number = 1; number <= 8; number++) {
      const store = await opened(medium);
      await store.commit(blobOf(number));
      // Nobody is told how it ended.
      void store.commit(blobOf(100 + number, 900)).catch(() => {});
      for (let turns = number - 1; turns > 0; turns--) await Promise.resolve();
      await medium.crash(store);
      const next = medium.connect();
      const found = await next.open();
      must(
        isSame(found, blobOf(number)) || isSame(found, blobOf(100 + number, 900)),
        "a commit that its owner's death broke off leaves the old blob or the new one",
      );
      await mustExport(medium, next, found, "what was found after a death stays");
      await next.commit(blobOf(200));
      await next.close();
      await mustHave(medium, blobOf(200), "of the next owner");
    }
    return true;
  },

  "can be taken over, and fences who had it": async (medium) => {
    if (!medium.takesFromTheLiving) {
      const first = await opened(medium);
      await first.commit(blobOf(1));
      await refusalOf(medium.connect().open({ takeOver: true }), "a live owner keeps the TPM");
      await first.commit(blobOf(2));
      await first.close();
      await mustHave(medium, blobOf(2), "of an owner that kept it");
      return true;
    }
    const first = await opened(medium);
    let heard: unknown = null;
    first.onFenced?.((error) => {
      heard = error;
    });
    await first.commit(blobOf(1));
    const second = medium.connect();
    must(isSame(await second.open({ takeOver: true }), blobOf(1)), "who takes over finds the last commit");
    await mustBeFenced(first.commit(blobOf(2)), "a commit");
    await mustBeFenced(first.archive(), "archive()");
    if (first.commitVariables) await mustBeFenced(first.commitVariables(blobOf(3)), "commitVariables()");
    must(
      first.onFenced === undefined || heard instanceof StoreFencedError,
      "onFenced() has called back when a commit is fenced",
    );
    await first.close();
    await mustExport(medium, second, blobOf(1), "who lost the TPM changes nothing of it");
    await second.commit(blobOf(4));
    const third = medium.connect();
    await refusalOf(third.open(), "close() of who lost the TPM does not free it");
    await third.close();
    await second.close();
    await mustHave(medium, blobOf(4), "of who took over");
    return true;
  },

  "never acknowledges to two owners": async (medium) => {
    if (!medium.takesFromTheLiving) return false;
    for (let round = 0; round < 6; round++) {
      const before = medium.connect();
      await before.open({ takeOver: true });
      await before.commit(blobOf(1000));
      const after = medium.connect();
      let acknowledged = 0;
      /** Of the old owner, when the new one had been told that it has the TPM. */
      let asked = 0;
      let hasLost = false;
      const old = (async () => {
        for (let number = 1; number <= 20; number++) {
          if (hasLost) asked = number;
          await before.commit(blobOf(1000 + number));
          must(asked !== number, "a commit of the old owner, asked for after a new one was there, was acknowledged");
          acknowledged = number;
        }
      })().catch((error) => {
        if (!(error instanceof StoreFencedError)) throw error;
      });
      for (let turns = round * 3; turns > 0; turns--) await Promise.resolve();
      const found = await after.open({ takeOver: true });
      hasLost = true;
      await after.commit(blobOf(2000));
      await old;
      const known = Array.from({ length: 21 }, (_, number) => number).find((n) => isSame(found, blobOf(1000 + n)));
      must(known !== undefined && known >= acknowledged, "who takes over has every commit that was acknowledged");
      await mustExport(medium, after, blobOf(2000), "the new owner's commit stays");
      await before.close();
      await after.close();
    }
    return true;
  },

  "moves a blob aside for good": async (medium) => {
    const store = await opened(medium);
    const names: (string | null)[] = [];
    for (let number = 1; number <= 2; number++) {
      await store.commit(blobOf(number));
      names.push(await store.archive());
      await mustExport(medium, store, null, "after archive() there is no blob");
    }
    must(
      names.every((name) => typeof name === "string" && name !== "") && names[0] !== names[1],
      "archive() gives each blob a name of its own",
    );
    must((await store.archive()) === null, "archive() without a blob gives null");
    await store.close();
    await mustHave(medium, null, "after archive()");
    const next = await opened(medium);
    await next.commit(blobOf(5));
    await next.close();
    await mustHave(medium, blobOf(5), "after archive() and a new one");
    return true;
  },

  "keeps a copy of a blob": async (medium) => {
    const store = await opened(medium);
    if (!store.keepCopy) {
      await store.close();
      return false;
    }
    must((await store.keepCopy()) === null, "keepCopy() without a blob gives null");
    const names: (string | null)[] = [];
    for (let number = 1; number <= 2; number++) {
      await store.commit(blobOf(number));
      names.push(await store.keepCopy());
      await mustExport(medium, store, blobOf(number), "after keepCopy() the blob is where it was");
    }
    must(
      names.every((name) => typeof name === "string" && name !== "") && names[0] !== names[1],
      "keepCopy() gives each copy a name of its own",
    );
    await store.close();
    await mustHave(medium, blobOf(2), "after keepCopy()");
    return true;
  },

  "keeps the firmware's variables apart": async (medium) => {
    const store = await opened(medium);
    if (!store.readVariables || !store.commitVariables) {
      must(!store.readVariables && !store.commitVariables, "a store has both of the variables' methods, or none");
      await store.close();
      return false;
    }
    must(isSame(await store.readVariables(), null), "there are no variables at first");
    await store.commitVariables(blobOf(7, 90));
    await mustExport(medium, store, null, "variables are no state");
    await store.commit(blobOf(1));
    must(isSame(await store.readVariables(), blobOf(7, 90)), "a commit leaves the variables alone");
    await store.close();
    const next = medium.connect();
    must(isSame(await next.open(), blobOf(1)), "variables leave the state alone");
    must(isSame((await next.readVariables?.()) ?? null, blobOf(7, 90)), "variables are there after open()");
    await next.commitVariables?.(null);
    must(isSame((await next.readVariables?.()) ?? null, null), "null removes the variables");
    await next.close();
    await mustHave(medium, blobOf(1), "after variables");
    return true;
  },

  "says that a blob is damaged, and keeps it": async (medium) => {
    if (!medium.damage) return false;
    const first = await opened(medium);
    await first.commit(blobOf(1));
    await first.close();
    await medium.damage();
    const store = medium.connect();
    const before = await store.exportBlob();
    must(!isSame(await store.open(), blobOf(1)), "a damaged blob is not given as if it were whole");
    must(typeof store.damage === "string" && store.damage !== "", "damage says why");
    await mustExport(medium, store, before, "opening a damaged blob changes nothing");
    must((await store.archive()) !== null, "a damaged blob can be moved aside");
    must((store.damage ?? null) === null, "what was moved aside is no damage any more");
    await store.commit(blobOf(2));
    await store.close();
    await mustHave(medium, blobOf(2), "after a damaged one was moved aside");
    return true;
  },

  "leaves nothing of what a commit erases": async (medium) => {
    const secret = blobOf(77, 64);
    const blob = new Uint8Array(900);
    blob.set(secret, 300);
    const store = await opened(medium);
    await store.commit(blob);
    await store.commit(blob);
    await store.commit(blobOf(1, 900), { erases: true });
    await mustExport(medium, store, blobOf(1, 900), "a commit that erases is a commit");
    await store.close();
    if (!medium.contents) return false;
    must(!includes(await medium.contents(), secret), "a commit with `erases` left what it should have overwritten");
    await mustHave(medium, blobOf(1, 900), "after a commit that erases");
    return true;
  },
};

function includes(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = whole.indexOf(part[0] as number); at >= 0; at = whole.indexOf(part[0] as number, at + 1)) {
    if (isSame(whole.subarray(at, at + part.length), part)) return true;
  }
  return false;
}

/**
 * The cases, each for a medium of its own.
 * @example
 * for (const { name, run } of STORE_CONTRACT) {
 *   test(name, async () => {
 *     const place = newPlace();
 *     await run({ connect: () => new MyStore(place), takesFromTheLiving: true });
 *   });
 * }
 */
export const STORE_CONTRACT: readonly StoreContractCase[] = Object.entries(RULES).map(([name, rule]) => ({
  name,
  async run(medium) {
    try {
      return await rule(medium);
    } catch (error) {
      if (error instanceof StoreContractError) throw error;
      throw new StoreContractError(`"${name}" broke off: ${error}`, { cause: error });
    }
  },
}));
