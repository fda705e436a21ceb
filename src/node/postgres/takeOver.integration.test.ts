/** Whose a row of a real PostgreSQL server is: leases that end, owners that are followed by others, and who is not let in. */
import { describe, expect, it } from "vitest";
import { Seal } from "../../store/seal.ts";
import { type StoreError, StoreFencedError, StoreLockedError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { POSTGRES_PROGRAMS } from "../testkit/postgres.ts";
import type { PostgresDatabase } from "./database.ts";
import { PostgresStore, type PostgresStoreOptions } from "./store.ts";
import { usePostgres } from "./testkit/usePostgres.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.runIf(POSTGRES_PROGRAMS)("states in PostgreSQL", () => {
  const postgres = usePostgres();
  const { database, name, endLease } = postgres;

  it("is another's when the lease is over, and the one before neither commits nor answers any more", async () => {
    const row = name();
    const first = new PostgresStore(await database(), row);
    await first.open();
    await first.commit(bytes(1));
    expect(first.confirm()).toBeUndefined();
    const second = new PostgresStore(await database(), row);
    const locked = await errorOf<StoreLockedError>(second.open());
    expect(locked).toBeInstanceOf(StoreLockedError);
    expect(locked.message).toMatch(/process \d+; its lease ends in \d+ s/);
    await endLease(row);
    expect(await second.open()).toEqual(bytes(1));
    expect(await errorOf(first.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
    expect(await errorOf(first.confirm() as Promise<void>)).toBeInstanceOf(StoreFencedError);
    await second.commit(bytes(3));
    await first.close();
    expect(await second.exportBlob()).toEqual(bytes(3));
    await second.close();
  });

  it("doubts a lease that it has not renewed in time, and asks before an answer leaves", async () => {
    const row = name();
    // So short that it is over at once.
    const own = await database({ leaseMs: 1 });
    const first = new PostgresStore(own, row);
    await first.open();
    await postgres.server.sql("SELECT pg_sleep(0.002)");
    const renewal = first.confirm();
    expect(renewal).toBeInstanceOf(Promise);
    await renewal;
    const second = new PostgresStore(await database(), row);
    await postgres.server.sql("SELECT pg_sleep(0.002)");
    await second.open({ takeOver: true });
    expect(await errorOf(first.confirm() as Promise<void>)).toBeInstanceOf(StoreFencedError);
    await second.close();
  });

  it("renews the leases of all that are open in one statement, and hears of those that are lost", async () => {
    const own = await database();
    const rows = [name(), name(), name()];
    const stores = rows.map((row) => new PostgresStore(own, row));
    const fenced: string[] = [];
    for (const store of stores) {
      await store.open();
      store.onFenced(() => fenced.push(store.name));
    }
    const leases = () =>
      postgres.server.sql<{ name: string; at: string }>(
        "SELECT name, lease_until::text AS at FROM tabtpm.tpm WHERE name = ANY($1) ORDER BY name",
        [rows],
      );
    const before = await leases();
    await postgres.server.sql("UPDATE tabtpm.tpm SET epoch = epoch + 1 WHERE name = $1", [rows[1]]);
    await own.renewAll();
    const after = await leases();
    expect(after.map(({ at }, i) => at !== before[i]?.at)).toEqual([true, false, true]);
    expect(fenced).toEqual([rows[1]]);
    for (const store of stores) await store.close();
  });

  it.each([
    ["a commit", (store: PostgresStore) => store.commit(bytes(3))],
    ["variables", (store: PostgresStore) => store.commitVariables(bytes(3))],
    ["a volatile state", (store: PostgresStore) => store.commitVolatile(bytes(3))],
    ["an answer with a lease in doubt", async (store: PostgresStore) => store.confirm()],
    ["a renewal", (_: PostgresStore, own: PostgresDatabase) => own.renewAll()],
  ] as const)("stops at %s when the database is an older one, and says so", async (_what, attempt) => {
    // A lease so short that it is in doubt at once.
    const own = await database({ leaseMs: 1 });
    const store = new PostgresStore(own, name());
    await store.open();
    await store.commit(bytes(1));
    await store.commit(bytes(2));
    const fenced: StoreFencedError[] = [];
    store.onFenced((error) => fenced.push(error));
    // As a standby that was behind by one commit when it took over.
    await postgres.server.sql("UPDATE tabtpm.tpm SET state = $2, commit_number = 1 WHERE name = $1", [
      store.name,
      Buffer.from(bytes(1)),
    ]);
    await Promise.resolve(attempt(store, own)).catch(() => {});
    expect(fenced.map(({ message }) => message)).toEqual([expect.stringContaining("the database is an older one")]);
    expect(await errorOf(store.commit(bytes(4)))).toBe(fenced[0]);
    expect(await store.exportBlob()).toEqual(bytes(1));
    await store.close();
  });

  describe("who can't open a row takes it from nobody", () => {
    const seal = new Seal(new Uint8Array(32).fill(5), "file");
    // The lease is renewed all the time.
    const whose = (row: string) =>
      postgres.server.sql(
        "SELECT owner, holder, epoch, commit_number, state, lease_until IS NULL AS ended FROM tabtpm.tpm WHERE name = $1",
        [row],
      );

    it.each([
      ["another key", { seal: new Seal(new Uint8Array(32).fill(6), "file") }, "another key, or damaged"],
      ["no key", {}, "there is no --key"],
      ["another password", { seal: new Seal(() => new Uint8Array(32).fill(7), "file") }, "another key, or damaged"],
    ] as [string, PostgresStoreOptions, string][])("%s: in use, or not", async (_what, options, said) => {
      const row = name();
      const first = new PostgresStore(await database(), row, { seal });
      await first.open();
      await first.commit(bytes(1));
      const fenced: Error[] = [];
      first.onFenced((error) => fenced.push(error));
      const before = await whose(row);
      expect(before[0]).toMatchObject({ owner: first.owner });
      const other = new PostgresStore(await database(), row, options);
      expect((await errorOf<StoreError>(other.open({ takeOver: true }))).message).toContain(said);
      expect(await whose(row)).toEqual(before);
      // Without taking it over, all that matters is that it is in use.
      expect(await errorOf(other.open())).toBeInstanceOf(StoreLockedError);
      expect(await whose(row)).toEqual(before);
      await first.commit(bytes(2));
      expect(fenced).toEqual([]);
      await first.close();
      const left = await whose(row);
      expect((await errorOf<StoreError>(other.open())).message).toContain(said);
      expect(await whose(row)).toEqual(left);
      // With the right one it is taken, and then the one before is out.
      await first.open();
      const third = new PostgresStore(await database(), row, { seal });
      expect(await third.open({ takeOver: true })).toEqual(bytes(2));
      expect(await errorOf(first.commit(bytes(3)))).toBeInstanceOf(StoreFencedError);
      await third.close();
    });

    it("a row that was committed to between the look and the claim opens with what it has then", async () => {
      const row = name();
      const [first, own] = [new PostgresStore(await database(), row, { seal }), await database()];
      await first.open();
      await first.commit(bytes(1));
      const second = new PostgresStore(own, row, { seal });
      const query = own.query.bind(own);
      let isFirst = true;
      own.query = (async (text: string, values: unknown[]) => {
        const result = await query(text, values);
        if (isFirst) await first.commit(bytes(2));
        isFirst = false;
        return result;
      }) as typeof own.query;
      expect(await second.open({ takeOver: true })).toEqual(bytes(2));
      await second.commit(bytes(3));
      await second.close();
    });
  });
});
