/** A PostgreSQL database with the states of TPMs: its connections, its tables, and the leases of those that are in use here. */
import type { Pool, PoolClient, QueryResult, QueryResultRow } from "pg";
import { UsageError } from "../errors.ts";
import { databaseError, NotSentError } from "./errors.ts";
import { ensureSchema } from "./schema.ts";

export interface DatabaseOptions {
  /** Milliseconds until a TPM whose owner is not heard of may be taken by another one. */
  readonly leaseMs?: number;
  /** How long a server that is away is waited for, milliseconds. */
  readonly patienceMs?: number;
  /** `none`: a server that does not flush to its disk will do. */
  readonly durability?: "flush" | "none";
  /** Hears what is to be known and is no error. */
  readonly onNotice?: (text: string) => void;
}

const LEASE_MS = 15_000;
const PATIENCE_MS = 30_000;
/** Renewals in the time of a lease. */
const RENEWALS = 3;
const CONNECTIONS = 8;
const CONNECT_MS = 5_000;
/** A server that does not answer is one that has gone: a network may forget a connection without a word. */
const ANSWER_MS = 10_000;

/** One TPM that is in use here. */
export interface Leased {
  readonly name: string;
  readonly owner: string;
  /** Null while it is not open. */
  readonly epoch: string | null;
  /** Of the last commit that is known to be in the row. */
  readonly commitNumber: number;
  /** @param sentAt when the renewal was asked for: {@link Moment}. */
  renewed(sentAt: Moment): void;
  /** The row is another's. @param epoch that was asked about. */
  lost(epoch: string): void;
  /** The row has an older commit than {@link commitNumber}. @param epoch that was asked about. */
  goneBack(epoch: string): void;
}

/** By a clock that never goes back, and by one that goes on while the machine sleeps: milliseconds. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}
export const now = (): Moment => ({ steady: performance.now(), wall: Date.now() });

export class PostgresDatabase {
  /** For people: without a password. */
  readonly where: string;
  readonly leaseMs: number;
  readonly patienceMs: number;
  readonly flushes: boolean;
  readonly #pool: Pool;
  readonly #leased = new Set<Leased>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(PoolOf: typeof Pool, url: string, { leaseMs, patienceMs, durability }: DatabaseOptions) {
    this.where = withoutPassword(url);
    this.leaseMs = leaseMs ?? LEASE_MS;
    this.patienceMs = patienceMs ?? PATIENCE_MS;
    this.flushes = durability !== "none";
    this.#pool = new PoolOf({
      // Of "postgres:" alone the environment says everything.
      ...(/^postgres(ql)?:(\/\/)?$/.test(url) ? {} : { connectionString: withWholeCheck(url) }),
      ...{ max: CONNECTIONS, connectionTimeoutMillis: CONNECT_MS, query_timeout: ANSWER_MS },
      ...{ application_name: "tabtpm", keepAlive: true, allowExitOnIdle: true },
    });
    // Of a connection that nobody uses: the next query takes another one.
    this.#pool.on("error", () => {});
    // Of one that is lent, or that was thrown away: whoever waits for it hears of it.
    this.#pool.on("connect", (client) => void client.on("error", () => {}));
  }

  /**
   * Makes the tables where there are none.
   * @throws UsageError; StoreError when the server can't be had, or its commits are not durable; NewerSchemaError
   */
  static async open(url: string, options: DatabaseOptions = {}): Promise<PostgresDatabase> {
    // Who has no database need not load it.
    const { Pool } = await import("pg");
    const database = new PostgresDatabase(Pool, url, options);
    try {
      const client = await database.#pool.connect();
      try {
        await ensureSchema(client);
        await database.#look(client, options.onNotice ?? (() => {}));
      } finally {
        client.release(true);
      }
    } catch (error) {
      await database.close();
      if ((error as Error).name === "NewerSchemaError") throw error;
      throw databaseError(error, "Opening the database", database.where);
    }
    return database;
  }

  /** @throws Error where what is acknowledged may be lost. */
  async #look(client: PoolClient, onNotice: (text: string) => void): Promise<void> {
    const { rows } = await client.query<{ fsync: string; full: string }>(
      "SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full",
    );
    const { fsync, full } = rows[0] ?? {};
    if (fsync === "off" && this.flushes) throw new Error(NO_FSYNC);
    if (fsync === "off") onNotice(`${this.where}: fsync is off; a power cut may take the TPMs`);
    if (full === "off") {
      onNotice(`${this.where}: full_page_writes is off; on most file systems a power cut may damage the database then`);
    }
  }

  /**
   * One statement, a transaction of its own.
   * @throws NotSentError when there is no connection; what pg throws otherwise.
   */
  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<QueryResult<Row>> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (cause) {
      throw new NotSentError("The database can't be reached.", { cause });
    }
    try {
      const result = await client.query<Row>(text, [...values]);
      client.release();
      return result;
    } catch (error) {
      // Whatever it was: another statement gets another connection.
      client.release(true);
      throw error;
    }
  }

  /** Its lease is renewed until {@link release}. */
  hold(leased: Leased): void {
    this.#leased.add(leased);
    this.#timer ??= setInterval(() => void this.renewAll(), this.leaseMs / RENEWALS).unref();
  }

  release(leased: Leased): void {
    this.#leased.delete(leased);
    if (this.#leased.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** All leases in one statement. A server that is away is asked again the next time. */
  async renewAll(): Promise<void> {
    const asked = [...this.#leased].flatMap((leased) =>
      leased.epoch === null ? [] : [{ leased, epoch: leased.epoch, committed: leased.commitNumber }],
    );
    if (asked.length === 0) return;
    const sentAt = now();
    let rows: Renewed[];
    try {
      ({ rows } = await this.query<Renewed>(RENEW, [
        asked.map(({ leased }) => leased.name),
        asked.map(({ leased }) => leased.owner),
        asked.map(({ epoch }) => epoch),
        this.leaseMs,
      ]));
    } catch {
      return;
    }
    const kept = new Map(rows.map(({ name, owner, commit_number }) => [`${owner} ${name}`, Number(commit_number)]));
    for (const { leased, epoch, committed } of asked) {
      if (leased.epoch !== epoch) continue;
      const found = kept.get(`${leased.owner} ${leased.name}`);
      if (found === undefined) leased.lost(epoch);
      // A commit that is on its way may have made it larger.
      else if (found < committed) leased.goneBack(epoch);
      else leased.renewed(sentAt);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pool.end();
  }
}

export const NO_FSYNC =
  "its setting fsync is off, so that a power cut may take what was acknowledged; turn it on, or say --durability none for TPMs that are thrown away";

/** Whatever the session or the role says, this transaction is on the disk when it is acknowledged. For a statement's FROM. */
export const DURABLY = `(SELECT set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true) AS is) AS durably`;

const RENEW = `
  UPDATE tabtpm.tpm SET lease_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
  FROM ${DURABLY}, unnest($1::text[], $2::text[], $3::bigint[]) AS mine(name, owner, epoch)
  WHERE durably.is IS NOT NULL AND tpm.name = mine.name AND tpm.owner = mine.owner AND tpm.epoch = mine.epoch
  RETURNING tpm.name, tpm.owner, tpm.commit_number::text`;

interface Renewed {
  name: string;
  owner: string;
  commit_number: string;
}

/**
 * What pg does with these modes now, and will not in its next version: an encrypted connection to whoever answers keeps nobody out.
 * Who wants libpq's modes says so, with `uselibpqcompat`.
 */
const withWholeCheck = (url: string) =>
  /[?&]uselibpqcompat=true/.test(url)
    ? url
    : url.replace(/(?<=[?&]sslmode=)(prefer|require|verify-ca)(?=[&#]|$)/g, "verify-full");

/** @throws UsageError, which does not repeat the address. */
function withoutPassword(url: string): string {
  try {
    // With a socket's folder behind the "?" there may be a user and no host, which no other address has.
    const { username, hostname, port, pathname, hash, searchParams } = new URL(url.replace("@/", "@none.invalid/"));
    // What looks like a database may be the end of a password that was not escaped.
    if (pathname.includes("@") || hash !== "" || (username === "" && /[?].*@/.test(url) && port !== "")) {
      throw new Error("an address that says something else than was meant");
    }
    const host = searchParams.get("host") ?? hostname.replace("none.invalid", "");
    const user = username === "" ? "" : `${username}@`;
    return `postgres://${user}${host}${port === "" ? "" : `:${port}`}${pathname}`;
  } catch {
    throw new UsageError(
      "--store: the address of the database is none; it looks like postgres://USER@HOST:5432/DATABASE. A password in it has %2F for /, %3F for ?, %23 for # and %40 for @.",
    );
  }
}
