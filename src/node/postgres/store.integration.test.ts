/** States in a real PostgreSQL server. */
import { describe, expect, it } from "vitest";
import { STORE_CONTRACT, type StoreMedium } from "../../store/contract.ts";
import { Seal } from "../../store/seal.ts";
import type { StoreError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { PASSWORD, POSTGRES_PROGRAMS, PostgresServer } from "../testkit/postgres.ts";
import { PostgresDatabase } from "./database.ts";
import { NewerSchemaError, SCHEMA_VERSION } from "./schema.ts";
import { PostgresStore, type PostgresStoreOptions } from "./store.ts";
import { usePostgres } from "./testkit/usePostgres.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.runIf(POSTGRES_PROGRAMS)("states in PostgreSQL", () => {
  const postgres = usePostgres();
  const { database, name } = postgres;

  describe.each([
    ["plain", {}],
    ["encrypted", { seal: new Seal(new Uint8Array(32).fill(5), "file") }],
  ] as [string, PostgresStoreOptions][])("the contract of stores, %s", (_what, options) => {
    it.each(STORE_CONTRACT)("$name", async ({ run }) => {
      const [own, row] = [await database(), name()];
      const medium: StoreMedium = {
        connect: () => new PostgresStore(own, row, options),
        takesFromTheLiving: true,
        exportsSealed: options.seal !== undefined,
        crash: async () => {
          await postgres.server.sql("UPDATE tabtpm.tpm SET owner = NULL, lease_until = NULL WHERE name = $1", [row]);
        },
      };
      await run(medium);
    });
  });

  it("makes the tables once, however many come first at once, and refuses those of a newer version", async () => {
    const other = await PostgresServer.start();
    try {
      const all = await Promise.all(Array.from({ length: 6 }, () => PostgresDatabase.open(other.address())));
      expect(await other.sql("SELECT version FROM tabtpm.schema_version")).toEqual([{ version: SCHEMA_VERSION }]);
      const store = new PostgresStore(all[0] as PostgresDatabase, "a");
      await store.open();
      await store.commit(bytes(1));
      await store.close();
      for (const each of all) await each.close();
      await other.sql("UPDATE tabtpm.schema_version SET version = $1", [SCHEMA_VERSION + 1]);
      const error = await errorOf(PostgresDatabase.open(other.address()));
      expect(error).toBeInstanceOf(NewerSchemaError);
      expect(error.message).toContain("Update tabtpm");
      expect(await other.sql("SELECT name, commit_number FROM tabtpm.tpm")).toEqual([
        { name: "a", commit_number: "1" },
      ]);
    } finally {
      await other.close();
    }
  });

  it("flushes every write, whatever the role's synchronous_commit says", async () => {
    await database();
    await postgres.server.sql(`
      CREATE TABLE seen (what text);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
      CREATE ROLE hasty LOGIN SUPERUSER;
      ALTER ROLE hasty SET synchronous_commit = off;
      CREATE TRIGGER look AFTER INSERT OR UPDATE ON tabtpm.tpm FOR EACH ROW EXECUTE FUNCTION look();`);
    const store = new PostgresStore(await database({}, postgres.server.address("hasty")), name());
    await store.open();
    await store.commit(bytes(1));
    await store.commitVariables(bytes(2));
    await store.archive();
    await store.close();
    await postgres.server.sql("DROP TRIGGER look ON tabtpm.tpm");
    const seen = await postgres.server.sql<{ what: string }>("SELECT what FROM seen");
    expect(seen.length).toBeGreaterThan(5);
    expect(new Set(seen.map(({ what }) => what))).toEqual(new Set(["on"]));
    const [{ what } = {}] = await (await database({}, postgres.server.address("hasty")))
      .query<{ what: string }>("SELECT current_setting('synchronous_commit') AS what", [])
      .then(({ rows }) => rows);
    expect(what).toBe("off");
  });

  it("refuses a server that does not flush, but for TPMs that are thrown away", async () => {
    const hasty = await PostgresServer.start("fsync=off");
    try {
      const error = await errorOf(PostgresDatabase.open(hasty.address()));
      expect(error.message).toContain("fsync is off");
      const notices: string[] = [];
      const own = await PostgresDatabase.open(hasty.address(), {
        durability: "none",
        onNotice: (text) => notices.push(text),
      });
      expect(notices).toEqual([expect.stringContaining("fsync is off")]);
      await own.close();
    } finally {
      await hasty.close();
    }
  });

  it("never says a password", async () => {
    const own = await database({}, postgres.server.tcpAddress());
    expect(own.where).toBe(`postgres://owner@127.0.0.1:${postgres.server.port}/postgres`);
    const wrong = await errorOf<StoreError>(PostgresDatabase.open(postgres.server.tcpAddress("wrong-secret")));
    expect(wrong.message).toMatch(/password authentication failed for user "owner"/);
    expect(wrong.code).toBe("permission");
    for (const address of [
      postgres.server.tcpAddress("wrong-secret"),
      `postgres://owner:${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:${PASSWORD}@[::bad/postgres`,
      // Passwords that are not escaped: what is behind the character seems to be a path, a question or a fragment.
      `postgres://owner:12/${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:12?${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:12#${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:1%zz${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:${PASSWORD}@127.0.0.1:${postgres.server.port}/no-such?sslmode=disable`,
    ]) {
      const error = await errorOf(PostgresDatabase.open(address, { patienceMs: 0 }));
      expect(`${error} ${error.stack}`).not.toMatch(new RegExp(`${PASSWORD}|wrong-secret`));
    }
  });

  it("says what is wrong with an encrypted row, and changes nothing", async () => {
    const own = await database();
    const seal = new Seal(new Uint8Array(32).fill(5), "file");
    const [row, other] = [name(), name()];
    const write = async (of: string, blob: Uint8Array, options: PostgresStoreOptions) => {
      const store = new PostgresStore(own, of, options);
      await store.open();
      await store.commit(blob);
      await store.commitVariables(blob);
      await store.close();
    };
    await write(row, bytes(1, 2, 3), { seal });
    await write(other, bytes(4, 5, 6), { seal });
    const [{ state } = { state: bytes() }] = await postgres.server.sql<{ state: Uint8Array }>(
      "SELECT state FROM tabtpm.tpm WHERE name = $1",
      [row],
    );
    expect(Buffer.from(state).includes(Buffer.of(1, 2, 3))).toBe(false);
    const opening = (options: PostgresStoreOptions) => errorOf(new PostgresStore(own, row, options).open());
    expect((await opening({})).message).toContain("there is no --key");
    const wrong = new Seal(new Uint8Array(32).fill(6), "file");
    expect((await opening({ seal: wrong })).message).toContain("another key, or damaged");
    await postgres.server.sql("UPDATE tabtpm.tpm SET commit_number = 7 WHERE name = $1", [row]);
    expect((await opening({ seal })).message).toContain("another commit of this one");
    await postgres.server.sql("UPDATE tabtpm.tpm SET commit_number = 1 WHERE name = $1", [row]);
    const replace = "UPDATE tabtpm.tpm SET state = $2 WHERE name = $1";
    for (let at = 0; at < state.length; at++) {
      const flipped = Uint8Array.from(state);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      await postgres.server.sql(replace, [row, Buffer.from(flipped)]);
      await opening({ seal });
    }
    await postgres.server.sql(
      "UPDATE tabtpm.tpm SET state = (SELECT state FROM tabtpm.tpm WHERE name = $2) WHERE name = $1",
      [row, other],
    );
    expect((await opening({ seal })).message).toContain("from another TPM");
    await postgres.server.sql("UPDATE tabtpm.tpm SET state = variables WHERE name = $1", [row]);
    expect((await opening({ seal })).message).toContain("from another TPM");
    await postgres.server.sql(replace, [row, Buffer.of(9)]);
    expect((await opening({ seal })).message).toContain("is not encrypted, and a key was given");
    const adopted = new PostgresStore(own, row, { seal, adopts: true });
    expect(await adopted.open()).toEqual(bytes(9));
    await adopted.close();
  });
});
