/** States in a real PostgreSQL server whose connections break in the middle of a write. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoreError, StoreFencedError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { PASSWORD, POSTGRES_PROGRAMS } from "../testkit/postgres.ts";
import { NotSentError } from "./errors.ts";
import { PostgresStore } from "./store.ts";
import { BreakingLink } from "./testkit/breakingLink.ts";
import { usePostgres } from "./testkit/usePostgres.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.runIf(POSTGRES_PROGRAMS)("states in PostgreSQL", () => {
  const postgres = usePostgres();
  const { database, name } = postgres;

  describe("over connections that break", () => {
    let proxy: BreakingLink;
    beforeAll(async () => {
      proxy = await BreakingLink.to(postgres.server.port);
    });
    afterAll(() => proxy.close());

    it.each([
      ["before the server heard of it", "request"],
      ["after the server has done it", "answer"],
    ] as [string, "request" | "answer"][])("finds out how a commit ended: %s", async (_when, lost) => {
      const own = await database({}, postgres.server.tcpAddress(PASSWORD, proxy.port));
      const store = new PostgresStore(own, name());
      await store.open();
      for (let number = 1; number <= 5; number++) {
        proxy.lose(lost);
        await store.commit(bytes(number));
        expect(await store.exportBlob()).toEqual(bytes(number));
      }
      expect(proxy.cuts).toBeGreaterThanOrEqual(5);
      const [row] = await postgres.server.sql("SELECT commit_number FROM tabtpm.tpm WHERE name = $1", [store.name]);
      expect(row).toEqual({ commit_number: "5" });
      await store.close();
    });

    it.each(["request", "answer"] as const)("has the row whose claim's %s is lost", async (lost) => {
      const row = name();
      const before = new PostgresStore(await database(), row);
      await before.open();
      await before.commit(bytes(1));
      await before.close();
      const own = await database({}, postgres.server.tcpAddress(PASSWORD, proxy.port));
      const store = new PostgresStore(own, row);
      const cuts = proxy.cuts;
      proxy.lose(lost, "UPDATE tabtpm.tpm SET epoch");
      expect(await store.open()).toEqual(bytes(1));
      expect(proxy.cuts).toBe(cuts + 1);
      await store.commit(bytes(2));
      // When it is closed as well, nobody has it.
      await store.close();
      const next = new PostgresStore(await database(), row);
      expect(await next.open()).toEqual(bytes(2));
      await next.close();
    });

    it("is fenced when nobody can be asked how it ended, and never says that it failed", async () => {
      const own = await database({ patienceMs: 0 }, postgres.server.tcpAddress(PASSWORD, proxy.port));
      const row = name();
      const store = new PostgresStore(own, row);
      await store.open();
      await store.commit(bytes(1));
      proxy.lose("answer");
      expect(await errorOf(store.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
      expect(await errorOf(store.commit(bytes(3)))).toBeInstanceOf(StoreFencedError);
      await store.close();
      const next = new PostgresStore(await database(), row);
      expect(await next.open({ takeOver: true })).toEqual(bytes(2));
      await next.close();
    });

    it("fails, and keeps the old blob, when nothing was sent", async () => {
      const own = await database({ patienceMs: 0 }, postgres.server.tcpAddress(PASSWORD, proxy.port));
      const store = new PostgresStore(own, name());
      await store.open();
      await store.commit(bytes(1));
      proxy.refuse(true);
      // Until no connection is left that breaks on the way.
      for (let error: unknown; !(error instanceof NotSentError); ) {
        error = await errorOf(own.query("SELECT 1", []));
      }
      const error = await errorOf<StoreError>(store.commit(bytes(2)));
      expect(error).toBeInstanceOf(StoreError);
      expect(error).not.toBeInstanceOf(StoreFencedError);
      proxy.refuse(false);
      await store.commit(bytes(3));
      expect(await store.exportBlob()).toEqual(bytes(3));
      await store.close();
    });

    it("fails, and keeps the old blob, when the server has no room", async () => {
      const own = await database();
      const store = new PostgresStore(own, name());
      await store.open();
      await store.commit(bytes(1));
      await postgres.server.sql(`
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE 'no space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE UPDATE ON tabtpm.tpm FOR EACH ROW EXECUTE FUNCTION full_disk();`);
      const error = await errorOf<StoreError>(store.commit(bytes(2)));
      await postgres.server.sql("DROP TRIGGER full_disk ON tabtpm.tpm");
      expect(error.code).toBe("full");
      expect(error.message).toContain("no space left on device");
      expect(await store.exportBlob()).toEqual(bytes(1));
      await store.commit(bytes(3));
      expect(await store.exportBlob()).toEqual(bytes(3));
      await store.close();
    });

    it("lets no commit that comes late from an owner before change the next one's", async () => {
      const row = name();
      const own = await database({ patienceMs: 0 }, postgres.server.tcpAddress(PASSWORD, proxy.port));
      const first = new PostgresStore(own, row);
      await first.open();
      await first.commit(bytes(1));
      const late = proxy.delay();
      const commit = errorOf(first.commit(bytes(2)));
      await late.held;
      const second = new PostgresStore(await database(), row);
      expect(await second.open({ takeOver: true })).toEqual(bytes(1));
      await second.commit(bytes(3));
      late.release();
      expect(await commit).toBeInstanceOf(StoreFencedError);
      expect(await second.exportBlob()).toEqual(bytes(3));
      await second.close();
    });
  });
});
