/** A TPM that could not be given up goes on where it is this page's, and nowhere else. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { IndexedDbStore, type IndexedDbStoreOptions, newMigrationId } from "../../../src/index.ts";
import { createTpm, type InlineTpm } from "../../../src/node/index.ts";
import type { MigrationState } from "../../state/migration.ts";
import { initialState, type PageState } from "../../state/model.ts";
import { Store } from "../../state/store.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { getRandom, startup } from "../testkit/tpm.ts";
import { GivingUp } from "./givingUp.ts";

useIndexedDb();
const ID = "leaving";
/** Each has it at once. */
const locks = {
  request: async (_name: string, _options: unknown, work: (lock: unknown) => unknown) => work({}),
  query: async () => ({ held: [], pending: [] }),
} as unknown as NonNullable<IndexedDbStoreOptions["locks"]>;
const refused = new Error("The connection was lost.");

let tpm: InlineTpm;
let migration: string;
/** What the database does. */
let fault: (really: () => Promise<void>) => Promise<void>;
let isWritable: boolean;
let commits: number;
let isGivenUp: () => Promise<boolean>;
let page: Store<PageState>;
let moving: Store<MigrationState>;
let giving: GivingUp;
const powerOff = vi.fn(async () => {});

class FaultyStore extends IndexedDbStore {
  override giveUp(to: string): Promise<void> {
    return fault(() => super.giveUp(to));
  }
  override async commit(blob: Uint8Array): Promise<void> {
    if (!isWritable) throw refused;
    commits++;
    return super.commit(blob);
  }
}

const unread = () => Promise.reject(new Error("The database does not open."));

/** The mark and another epoch, by a connection that the TPM's store knows nothing of. */
async function markElsewhere(): Promise<void> {
  const opening = indexedDB.open(`tabtpm/${ID}`);
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const transaction = opening.result.transaction("tpm", "readwrite");
  transaction.objectStore("tpm").put(migration, "given-up");
  transaction.objectStore("tpm").put({ count: 1000, owner: "nobody" }, "epoch");
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  opening.result.close();
}

beforeEach(async () => {
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(`tabtpm/${ID}`).onsuccess = resolve;
  });
  migration = newMigrationId();
  isWritable = true;
  isGivenUp = unread;
  fault = () => Promise.reject(refused);
  powerOff.mockClear();
  tpm = createTpm({ store: new FaultyStore({ name: ID, locks }) });
  await tpm.powerOn();
  await tpm.execute(startup);
  await tpm.execute(getRandom);
  commits = 0;
  page = new Store<PageState>(initialState, 0);
  moving = new Store<MigrationState>({ phase: "late", done: 0, total: 0, trouble: null }, 0);
  giving = new GivingUp({ tpm, computer: { powerOff }, store: page, moving, isGivenUp: () => isGivenUp() });
});

const answers = () =>
  tpm.execute(getRandom).then(
    (response) => response.length > 10,
    () => false,
  );
/** Somebody is asked to look again. */
const asked = () =>
  vi.waitFor(() => {
    expect([giving.isUnsure, moving.value.phase, page.value.asking]).toEqual([true, "unsure", "move"]);
  });

test("what is given up is given up, and nothing is asked", async () => {
  fault = (really) => really();
  await giving.giveUp(migration);
  expect([await answers(), giving.isUnsure, tpm.state().error]).toEqual([false, false, expect.anything()]);
});

describe("one that failed to be given up, and was not", () => {
  test("goes on, as the store says", async () => {
    isGivenUp = async () => false;
    await expect(giving.giveUp(migration)).rejects.toBe(refused);
    expect([await answers(), moving.value.phase, page.value.problem]).toEqual([true, "late", null]);
  });

  test("goes on also where the store does not say: a TPM that commits is this page's still", async () => {
    await expect(giving.giveUp(migration)).rejects.toBe(refused);
    expect([await answers(), commits > 0, moving.value.phase, page.value.problem]).toEqual([true, true, "late", null]);
    const there = new IndexedDbStore({ name: ID, locks });
    await expect(there.open({ migration }), "nobody gets it by that move").rejects.toThrow();
  });

  test("stands still while nothing is known, and goes on when it is", async () => {
    isWritable = false;
    const outcome = giving.giveUp(migration).catch((error: unknown) => error);
    await asked();
    giving.lookAgain();
    expect([giving.isUnsure, moving.value.phase]).toEqual([false, "late"]);
    await asked();
    isWritable = true;
    giving.lookAgain();
    expect([await outcome, await answers(), giving.isUnsure]).toEqual([refused, true, false]);
    giving.lookAgain();
    expect(moving.value.phase).toBe("late");
  });
});

const late: readonly [string, () => void][] = [
  [
    "its own store has done it, and failed behind it",
    () => {
      fault = async (really) => {
        await really();
        throw refused;
      };
    },
  ],
  [
    "it was done, and its store was told that it was not",
    () => {
      fault = async () => {
        await markElsewhere();
        throw refused;
      };
    },
  ],
];

describe.each(late)("one that was given up all the same: %s", (_name, fail) => {
  beforeEach(() => fail());

  /** It is given up, for this page as for every other. */
  async function expectGivenUp(): Promise<void> {
    expect([await answers(), page.value.problem?.kind, powerOff.mock.calls.length]).toEqual([false, "given-up", 1]);
    const there = createTpm({ store: new IndexedDbStore({ name: ID, locks }) });
    await there.ready.catch(() => {});
    await there.takeOver({ migration });
    expect(there.power).toBe("off");
  }

  test("it answers no more, and the move goes on, as the store says", async () => {
    isGivenUp = async () => true;
    await giving.giveUp(migration);
    await expectGivenUp();
  });

  test("it is not let go on where the store says nothing: in the end it says so", async () => {
    let isDone = false;
    const done = giving.giveUp(migration).then(() => {
      isDone = true;
    });
    await vi.waitFor(() => expect(isDone || giving.isUnsure).toBe(true));
    isGivenUp = async () => true;
    giving.lookAgain();
    await done;
    await expectGivenUp();
  });
});
