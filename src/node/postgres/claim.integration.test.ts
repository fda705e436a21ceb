/** What others do to a row of a real PostgreSQL server after one who wants it has looked at it, and before he claims it. */
import { describe, expect, it } from "vitest";
import { Seal } from "../../store/seal.ts";
import { type StoreError, StoreFencedError, StoreLockedError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { POSTGRES_PROGRAMS } from "../testkit/postgres.ts";
import type { PostgresDatabase } from "./database.ts";
import { LOOK } from "./statements.ts";
import { PostgresStore, type PostgresStoreOptions } from "./store.ts";
import { usePostgres } from "./testkit/usePostgres.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const sealOf = (octet: number) => new Seal(new Uint8Array(32).fill(octet), "file");
const RIGHT = { seal: sealOf(5) };
const OTHER = { seal: sealOf(6) };

type Step = (plain: PostgresStore, sealing: PostgresStore) => Promise<unknown>;
async function follow(plain: PostgresStore, sealing: PostgresStore): Promise<void> {
  await plain.close();
  await sealing.open();
}

describe.runIf(POSTGRES_PROGRAMS)("between the look at a row and the claim", () => {
  const postgres = usePostgres();
  const { database, name, endLease } = postgres;
  const whose = (row: string) =>
    postgres.server.sql("SELECT owner, epoch, commit_number, state FROM tabtpm.tpm WHERE name = $1", [row]);

  /** @param happens after each look, before whoever looked hears what was seen */
  function afterLooks(own: PostgresDatabase, happens: (look: number) => Promise<unknown>): void {
    const query = own.query.bind(own);
    let looks = 0;
    own.query = (async (text: string, values: unknown[]) => {
      const result = await query(text, values);
      if (text === LOOK) await happens(++looks);
      return result;
    }) as typeof own.query;
  }

  /** One who wants the row, and what happens after his first look. */
  async function comer(row: string, options: PostgresStoreOptions, happens: () => Promise<unknown>) {
    const own = await database();
    afterLooks(own, async (look) => {
      if (look === 1) await happens();
    });
    return new PostgresStore(own, row, options);
  }

  /** Whose row it is, with a commit where there is to be one. */
  async function ownerOf(row: string, options: PostgresStoreOptions, blob?: Uint8Array): Promise<PostgresStore> {
    const store = new PostgresStore(await database(), row, options);
    await store.open();
    if (blob !== undefined) await store.commit(blob);
    return store;
  }

  /** Nobody has taken the row from him, and he knows of nobody who tried. */
  async function mustHave(owner: PostgresStore, row: string): Promise<void> {
    const [{ epoch, owner: found } = {}] = await whose(row);
    expect([found, epoch]).toEqual([owner.owner, owner.epoch]);
    await owner.commit(bytes(9));
    expect(await whose(row)).toMatchObject([{ owner: owner.owner, commit_number: `${owner.commitNumber}` }]);
    await owner.close();
  }

  it.each([
    ["another key", OTHER],
    ["no key", {}],
    ["the right key", RIGHT],
  ] as [string, PostgresStoreOptions][])(
    "the lease ends: who saw it in use takes nothing, with %s",
    async (_, options) => {
      const row = name();
      const first = await ownerOf(row, RIGHT, bytes(1));
      const second = await comer(row, options, () => endLease(row));
      expect(await errorOf(second.open())).toBeInstanceOf(StoreLockedError);
      await mustHave(first, row);
    },
  );

  it.each([
    ["a renewal", (_: PostgresStore, own: PostgresDatabase) => own.renewAll()],
    ["a commit", (first: PostgresStore) => first.commit(bytes(2))],
  ] as const)("the lease that was over goes on with %s: the row is in use", async (_, renew) => {
    const row = name();
    const own = await database();
    const first = new PostgresStore(own, row, RIGHT);
    await first.open();
    await first.commit(bytes(1));
    await endLease(row);
    const second = await comer(row, RIGHT, () => renew(first, own));
    expect(await errorOf(second.open())).toBeInstanceOf(StoreLockedError);
    await mustHave(first, row);
  });

  it("the row has its first blob: who can't open it takes it from nobody", async () => {
    const row = name();
    const first = await ownerOf(row, RIGHT);
    const second = await comer(row, OTHER, () => first.commit(bytes(1)));
    expect((await errorOf<StoreError>(second.open({ takeOver: true }))).message).toContain("another key, or damaged");
    await mustHave(first, row);
  });

  /** One has the row as it is, and one encrypts it: what they do before the first look, after it, and after the second. */
  it.each([
    ["with its owner's commit", [follow, (_, sealing) => sealing.commit(bytes(2))]],
    ["after it was set aside", [follow, (_, sealing) => sealing.archive(), (_, sealing) => sealing.commit(bytes(2))]],
    [
      "by the next owner, who came after the first look",
      [
        async () => {},
        async (plain, sealing) => {
          await plain.commit(bytes(2));
          await follow(plain, sealing);
        },
        (_, sealing) => sealing.commit(bytes(3)),
      ],
    ],
    [
      "by the next owner, who came after the second look",
      [
        async () => {},
        (plain) => plain.commit(bytes(2)),
        async (plain, sealing) => {
          await follow(plain, sealing);
          await sealing.commit(bytes(3));
        },
      ],
    ],
  ] as [string, Step[]][])(
    "the row is encrypted, %s: who can't open it takes it from nobody",
    async (_, [first, ...then]) => {
      const row = name();
      const plain = await ownerOf(row, {}, bytes(1));
      const sealing = new PostgresStore(await database(), row, { ...RIGHT, adopts: true });
      await first?.(plain, sealing);
      const own = await database();
      afterLooks(own, async (look) => then[look - 1]?.(plain, sealing));
      const error = await errorOf<StoreError>(new PostgresStore(own, row).open({ takeOver: true }));
      expect(error.message).toContain("there is no --key");
      await mustHave(sealing, row);
    },
  );

  it("somebody else claims a row that was free: it is in use", async () => {
    const row = name();
    await (await ownerOf(row, RIGHT)).close();
    let first: PostgresStore | undefined;
    const second = await comer(row, RIGHT, async () => {
      first = await ownerOf(row, RIGHT, bytes(1));
    });
    expect(await errorOf(second.open())).toBeInstanceOf(StoreLockedError);
    await mustHave(first as PostgresStore, row);
  });

  it("somebody else has had a row that was free: who can't open it leaves it as it is", async () => {
    const row = name();
    await (await ownerOf(row, RIGHT)).close();
    const second = await comer(row, OTHER, async () => (await ownerOf(row, RIGHT, bytes(1))).close());
    expect((await errorOf<StoreError>(second.open())).message).toContain("another key, or damaged");
    expect(await whose(row)).toMatchObject([{ owner: null, epoch: "2", commit_number: "1" }]);
  });

  it("somebody else takes the row over: the one who claims it last has it", async () => {
    const row = name();
    const first = await ownerOf(row, RIGHT, bytes(1));
    const second = new PostgresStore(await database(), row, RIGHT);
    const third = await comer(row, RIGHT, async () => {
      await second.open({ takeOver: true });
      await second.commit(bytes(2));
    });
    expect(await third.open({ takeOver: true })).toEqual(bytes(2));
    for (const store of [first, second]) expect(await errorOf(store.commit(bytes(3)))).toBeInstanceOf(StoreFencedError);
    await mustHave(third, row);
  });

  it("the row goes away: there is none, where none is to be made", async () => {
    const row = name();
    await (await ownerOf(row, RIGHT, bytes(1))).close();
    const remove = () => postgres.server.sql("DELETE FROM tabtpm.tpm WHERE name = $1", [row]);
    const second = await comer(row, { ...RIGHT, creates: false }, remove);
    expect((await errorOf<StoreError>(second.open())).message).toContain("there is no TPM");
    expect(await whose(row)).toEqual([]);
  });

  it.each([
    ["encrypted", RIGHT],
    ["plain", {}],
  ] as [string, PostgresStoreOptions][])(
    "an owner who commits each time is followed all the same, %s",
    async (_, options) => {
      const row = name();
      const first = await ownerOf(row, options, bytes(1));
      const own = await database();
      let looks = 0;
      afterLooks(own, (look) => {
        looks = look;
        return first.commit(bytes(1 + look));
      });
      const second = new PostgresStore(own, row, options);
      // After the second look it is known that what this owner commits can be opened.
      expect(await second.open({ takeOver: true })).toEqual(bytes(3));
      expect(looks).toBe(2);
      expect(await errorOf(first.commit(bytes(4)))).toBeInstanceOf(StoreFencedError);
      await mustHave(second, row);
    },
  );
});
