/** States in a real PostgreSQL server. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { STORE_CONTRACT, type StoreMedium } from "../../store/contract.ts";
import { Seal } from "../../store/seal.ts";
import { StoreError, StoreFencedError, StoreLockedError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { PASSWORD, POSTGRES_PROGRAMS, PostgresServer } from "../testkit/postgres.ts";
import { type DatabaseOptions, PostgresDatabase } from "./database.ts";
import { NotSentError } from "./errors.ts";
import { NewerSchemaError, SCHEMA_VERSION } from "./schema.ts";
import { PostgresStore, type PostgresStoreOptions } from "./store.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.runIf(POSTGRES_PROGRAMS)("states in PostgreSQL", () => {
  let server: PostgresServer;
  const open: PostgresDatabase[] = [];
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  // Each has connections, and the server not many.
  afterEach(async () => {
    for (const database of open.splice(0)) await database.close();
  });
  afterAll(() => server.close());

  async function database(options: DatabaseOptions = {}, address = server.address()): Promise<PostgresDatabase> {
    const opened = await PostgresDatabase.open(address, options);
    open.push(opened);
    return opened;
  }
  let names = 0;
  const name = () => `tpm-${++names}`;
  /** Its owner is not heard of any more. */
  const endLease = (of: string) =>
    server.sql("UPDATE tabtpm.tpm SET lease_until = clock_timestamp() - interval '1 ms' WHERE name = $1", [of]);

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
          await server.sql("UPDATE tabtpm.tpm SET owner = NULL, lease_until = NULL WHERE name = $1", [row]);
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
    await server.sql(`
      CREATE TABLE seen (what text);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
      CREATE ROLE hasty LOGIN SUPERUSER;
      ALTER ROLE hasty SET synchronous_commit = off;
      CREATE TRIGGER look AFTER INSERT OR UPDATE ON tabtpm.tpm FOR EACH ROW EXECUTE FUNCTION look();`);
    const store = new PostgresStore(await database({}, server.address("hasty")), name());
    await store.open();
    await store.commit(bytes(1));
    await store.commitVariables(bytes(2));
    await store.archive();
    await store.close();
    await server.sql("DROP TRIGGER look ON tabtpm.tpm");
    const seen = await server.sql<{ what: string }>("SELECT what FROM seen");
    expect(seen.length).toBeGreaterThan(5);
    expect(new Set(seen.map(({ what }) => what))).toEqual(new Set(["on"]));
    const [{ what } = {}] = await (await database({}, server.address("hasty")))
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
    const own = await database({}, server.tcpAddress());
    expect(own.where).toBe(`postgres://owner@127.0.0.1:${server.port}/postgres`);
    const wrong = await errorOf<StoreError>(PostgresDatabase.open(server.tcpAddress("wrong-secret")));
    expect(wrong.message).toMatch(/password authentication failed for user "owner"/);
    expect(wrong.code).toBe("permission");
    for (const address of [
      server.tcpAddress("wrong-secret"),
      `postgres://owner:${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:${PASSWORD}@[::bad/postgres`,
      // Passwords that are not escaped: what is behind the character seems to be a path, a question or a fragment.
      `postgres://owner:12/${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:12?${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:12#${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:1%zz${PASSWORD}@127.0.0.1:1/postgres`,
      `postgres://owner:${PASSWORD}@127.0.0.1:${server.port}/no-such?sslmode=disable`,
    ]) {
      const error = await errorOf(PostgresDatabase.open(address, { patienceMs: 0 }));
      expect(`${error} ${error.stack}`).not.toMatch(new RegExp(`${PASSWORD}|wrong-secret`));
    }
  });

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
    await server.sql("SELECT pg_sleep(0.002)");
    const renewal = first.confirm();
    expect(renewal).toBeInstanceOf(Promise);
    await renewal;
    const second = new PostgresStore(await database(), row);
    await server.sql("SELECT pg_sleep(0.002)");
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
      server.sql<{ name: string; at: string }>(
        "SELECT name, lease_until::text AS at FROM tabtpm.tpm WHERE name = ANY($1) ORDER BY name",
        [rows],
      );
    const before = await leases();
    await server.sql("UPDATE tabtpm.tpm SET epoch = epoch + 1 WHERE name = $1", [rows[1]]);
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
    await server.sql("UPDATE tabtpm.tpm SET state = $2, commit_number = 1 WHERE name = $1", [
      store.name,
      Buffer.from(bytes(1)),
    ]);
    await Promise.resolve(attempt(store, own)).catch(() => {});
    expect(fenced.map(({ message }) => message)).toEqual([expect.stringContaining("the database is an older one")]);
    expect(await errorOf(store.commit(bytes(4)))).toBe(fenced[0]);
    expect(await store.exportBlob()).toEqual(bytes(1));
    await store.close();
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
    const [{ state } = { state: bytes() }] = await server.sql<{ state: Uint8Array }>(
      "SELECT state FROM tabtpm.tpm WHERE name = $1",
      [row],
    );
    expect(Buffer.from(state).includes(Buffer.of(1, 2, 3))).toBe(false);
    const opening = (options: PostgresStoreOptions) => errorOf(new PostgresStore(own, row, options).open());
    expect((await opening({})).message).toContain("there is no --key");
    const wrong = new Seal(new Uint8Array(32).fill(6), "file");
    expect((await opening({ seal: wrong })).message).toContain("another key, or damaged");
    await server.sql("UPDATE tabtpm.tpm SET commit_number = 7 WHERE name = $1", [row]);
    expect((await opening({ seal })).message).toContain("another commit of this one");
    await server.sql("UPDATE tabtpm.tpm SET commit_number = 1 WHERE name = $1", [row]);
    const replace = "UPDATE tabtpm.tpm SET state = $2 WHERE name = $1";
    for (let at = 0; at < state.length; at++) {
      const flipped = Uint8Array.from(state);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      await server.sql(replace, [row, Buffer.from(flipped)]);
      await opening({ seal });
    }
    await server.sql("UPDATE tabtpm.tpm SET state = (SELECT state FROM tabtpm.tpm WHERE name = $2) WHERE name = $1", [
      row,
      other,
    ]);
    expect((await opening({ seal })).message).toContain("from another TPM");
    await server.sql("UPDATE tabtpm.tpm SET state = variables WHERE name = $1", [row]);
    expect((await opening({ seal })).message).toContain("from another TPM");
    await server.sql(replace, [row, Buffer.of(9)]);
    expect((await opening({ seal })).message).toContain("is not encrypted, and a key was given");
    const adopted = new PostgresStore(own, row, { seal, adopts: true });
    expect(await adopted.open()).toEqual(bytes(9));
    await adopted.close();
  });

  describe("who can't open a row takes it from nobody", () => {
    const seal = new Seal(new Uint8Array(32).fill(5), "file");
    // The lease is renewed all the time.
    const whose = (row: string) =>
      server.sql(
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

  describe("over connections that break", () => {
    let proxy: BreakingLink;
    beforeAll(async () => {
      proxy = await BreakingLink.to(server.port);
    });
    afterAll(() => proxy.close());

    it.each([
      ["before the server heard of it", "request"],
      ["after the server has done it", "answer"],
    ] as [string, "request" | "answer"][])("finds out how a commit ended: %s", async (_when, lost) => {
      const own = await database({}, server.tcpAddress(PASSWORD, proxy.port));
      const store = new PostgresStore(own, name());
      await store.open();
      for (let number = 1; number <= 5; number++) {
        proxy.lose(lost);
        await store.commit(bytes(number));
        expect(await store.exportBlob()).toEqual(bytes(number));
      }
      expect(proxy.cuts).toBeGreaterThanOrEqual(5);
      const [row] = await server.sql("SELECT commit_number FROM tabtpm.tpm WHERE name = $1", [store.name]);
      expect(row).toEqual({ commit_number: "5" });
      await store.close();
    });

    it("is fenced when nobody can be asked how it ended, and never says that it failed", async () => {
      const own = await database({ patienceMs: 0 }, server.tcpAddress(PASSWORD, proxy.port));
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
      const own = await database({ patienceMs: 0 }, server.tcpAddress(PASSWORD, proxy.port));
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
      await server.sql(`
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE 'no space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE UPDATE ON tabtpm.tpm FOR EACH ROW EXECUTE FUNCTION full_disk();`);
      const error = await errorOf<StoreError>(store.commit(bytes(2)));
      await server.sql("DROP TRIGGER full_disk ON tabtpm.tpm");
      expect(error.code).toBe("full");
      expect(error.message).toContain("no space left on device");
      expect(await store.exportBlob()).toEqual(bytes(1));
      await store.commit(bytes(3));
      expect(await store.exportBlob()).toEqual(bytes(3));
      await store.close();
    });

    it("lets no commit that comes late from an owner before change the next one's", async () => {
      const row = name();
      const own = await database({ patienceMs: 0 }, server.tcpAddress(PASSWORD, proxy.port));
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

/** Between a client and the server: it loses what it is told to. */
class BreakingLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #lose: "request" | "answer" | undefined;
  #delayed: { held(): void; released: Promise<void> } | undefined;
  #isRefusing = false;
  cuts = 0;

  private constructor(to: number) {
    this.#server = createServer((client) => this.#join(client, connect(to, "127.0.0.1")));
  }

  static async to(port: number): Promise<BreakingLink> {
    const proxy = new BreakingLink(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Of the next write: the connection breaks before it is passed on, or before its answer is. */
  lose(what: "request" | "answer"): void {
    this.#lose = what;
  }

  /** The next write waits on its way. */
  delay(): { held: Promise<void>; release(): void } {
    let [held, release] = [() => {}, () => {}];
    const isHeld = new Promise<void>((resolve) => {
      held = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#delayed = { held, released };
    return { held: isHeld, release };
  }

  /** Nobody gets in, and who was in is cut off. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
    if (isRefusing) for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: Socket, server: Socket): void {
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    let isDoomed = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    if (this.#isRefusing) {
      cut();
      return;
    }
    client.on("data", (data) => {
      const isWrite = data.includes("UPDATE tabtpm.tpm SET state");
      if (isWrite && this.#delayed) {
        const { held, released } = this.#delayed;
        this.#delayed = undefined;
        held();
        void released.then(() => server.write(data));
        return;
      }
      if (isWrite && this.#lose) {
        const what = this.#lose;
        this.#lose = undefined;
        this.cuts++;
        if (what === "request") {
          cut();
          return;
        }
        isDoomed = true;
      }
      server.write(data);
    });
    server.on("data", (data) => {
      if (isDoomed) cut();
      else client.write(data);
    });
  }
}
