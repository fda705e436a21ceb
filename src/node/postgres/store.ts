/**
 * A TPM's state in a row of a PostgreSQL database, which several machines share. Each write compares whose the row is, and which commit was
 * the last, in the statement that writes: whatever comes late from an owner before changes nothing.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError, StoreFencedError, type StoreOpenOptions, type TpmStore } from "../../store/store.ts";
import { claim } from "./claim.ts";
import { type Leased, type Moment, NO_FSYNC, now, type PostgresDatabase } from "./database.ts";
import { databaseError, verdictOn } from "./errors.ts";
import { type BlobKind, openedRow, type RowSeal, sealedRow } from "./sealedRow.ts";
import * as S from "./statements.ts";

export interface PostgresStoreOptions extends Partial<RowSeal> {
  /** Makes the row where there is none; true by default. */
  readonly creates?: boolean;
}

/** Between tries, milliseconds: doubled each time. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;
/** Of a lease, that this owner doubts it before the server ends it: two clocks need not go alike. */
const DOUBT = 0.1;

export class PostgresStore implements TpmStore, Leased {
  readonly kind = "postgres";
  readonly name: string;
  /** Of this object alone. */
  readonly owner = randomBytes(12).toString("hex");
  readonly #database: PostgresDatabase;
  readonly #seal: RowSeal;
  readonly #creates: boolean;
  #epoch: string | null = null;
  /** Of the last commit that is in the row. */
  #number = 0;
  #fenced: StoreFencedError | undefined;
  #onFenced: ((error: StoreFencedError) => void) | undefined;
  /** Until then nobody else has the row. */
  #sureUntil: Moment = { steady: 0, wall: 0 };
  #turn: Promise<unknown> = Promise.resolve();

  /** @param name of the row: any text. */
  constructor(
    database: PostgresDatabase,
    name: string,
    { seal, adopts = false, creates = true }: PostgresStoreOptions = {},
  ) {
    this.#database = database;
    this.name = name;
    this.#seal = { seal, adopts };
    this.#creates = creates;
  }

  get epoch(): string | null {
    return this.#epoch;
  }

  get commitNumber(): number {
    return this.#number;
  }

  /** Who can't open the row takes it from nobody: its key is tried before it is claimed. */
  async open({ takeOver = false }: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    await this.close();
    this.#fenced = undefined;
    const { where, leaseMs } = this.#database;
    const claimed = await claim({
      ...{ name: this.name, owner: this.owner, holder: `${hostname()}, process ${process.pid}`, where, leaseMs },
      ...{ takesOver: takeOver, creates: this.#creates, doing: OPENING },
      asked: (text, values) => this.#asked(OPENING, text, values),
      opened: (content) => this.#opened(content),
    });
    this.#epoch = claimed.epoch;
    this.#number = claimed.number;
    this.renewed(claimed.sentAt);
    this.#database.hold(this);
    try {
      return claimed.state();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** @throws StoreError when it is not to be opened with this key, or on a server that does not flush. */
  #opened({ commit_number, state, fsync }: S.Content): Uint8Array | null {
    if (fsync === "off" && this.#database.flushes) {
      throw new StoreError(`${OPENING} (${this.#database.where}): ${NO_FSYNC}.`, { code: "unavailable" });
    }
    return state && openedRow(state, this.#placeOf("state", Number(commit_number)), this.#seal);
  }

  commit(blob: Uint8Array): Promise<void> {
    const own = blob.slice();
    return this.#exclusively(async () => {
      const epoch = this.#requireOpen("Storing the TPM's state");
      const number = this.#number + 1;
      const bytes = sealedRow(own, this.#placeOf("state", number), this.#seal);
      const values = [this.name, this.owner, epoch, this.#number, bytes, this.#database.leaseMs];
      await this.#write("Storing the TPM's state", S.COMMIT, values, (whose) => Number(whose.commit_number) === number);
      this.#number = number;
    });
  }

  async exportBlob(): Promise<Uint8Array | null> {
    const text = "SELECT state FROM tabtpm.tpm WHERE name = $1";
    const rows = await this.#asked<{ state: Uint8Array | null }>("Reading the TPM's state", text, [this.name]);
    const state = rows[0]?.state;
    return state ? Uint8Array.from(state) : null;
  }

  async archive(): Promise<string | null> {
    return this.#keep("Setting the TPM's state aside", S.ARCHIVE, () => {
      this.#number++;
    });
  }

  async keepCopy(): Promise<string | null> {
    return this.#keep("Keeping a copy of the TPM's state", S.KEEP_COPY, () => {});
  }

  #keep(doing: string, statement: string, kept: () => void): Promise<string | null> {
    return this.#exclusively(async () => {
      const epoch = this.#requireOpen(doing);
      const values = [this.name, this.owner, epoch, this.#number];
      let rows: { id: string }[];
      try {
        ({ rows } = await this.#database.query<{ id: string }>(statement, values));
      } catch (error) {
        if (verdictOn(error) === "unknown") throw this.#fence(UNKNOWN);
        throw databaseError(error, doing, this.#database.where);
      }
      if (rows[0] !== undefined) {
        kept();
        return `tabtpm.kept, id ${rows[0].id}`;
      }
      await this.#confirmNow();
      return null;
    });
  }

  readVariables(): Promise<Uint8Array | null> {
    return this.#readBlob("variables", "Reading the firmware's variables");
  }

  commitVariables(variables: Uint8Array | null): Promise<void> {
    return this.#writeBlob("variables", "Storing the firmware's variables", variables);
  }

  /** A volatile state that waits for its TPM: a third blob. @returns null when there is none. */
  readVolatile(): Promise<Uint8Array | null> {
    return this.#readBlob("volatile", "Reading the TPM's volatile state");
  }

  commitVolatile(volatile: Uint8Array | null): Promise<void> {
    return this.#writeBlob("volatile", "Storing the TPM's volatile state", volatile);
  }

  async close(): Promise<void> {
    await this.#turn;
    const epoch = this.#epoch;
    this.#epoch = null;
    this.#database.release(this);
    if (epoch === null || this.#fenced) return;
    // Where the server is away, the lease ends by itself.
    await this.#database.query(S.RELEASE, [this.name, this.owner, epoch]).catch(() => {});
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#onFenced = listener;
  }

  /** Whether the row is still this owner's: undefined where that is certain; else it rejects with StoreFencedError when it is not. */
  confirm(): Promise<void> | undefined {
    if (this.#fenced) return Promise.reject(this.#fenced);
    const { steady, wall } = now();
    if (steady < this.#sureUntil.steady && wall < this.#sureUntil.wall) return undefined;
    return this.#exclusively(() => this.#confirmNow());
  }

  renewed(sentAt: Moment): void {
    const sure = this.#database.leaseMs * (1 - DOUBT);
    this.#sureUntil = { steady: sentAt.steady + sure, wall: sentAt.wall + sure };
  }

  lost(epoch: string): void {
    if (this.#epoch === epoch) this.#fence(TAKEN);
  }

  goneBack(epoch: string): void {
    if (this.#epoch === epoch) this.#fence(GONE_BACK);
  }

  async #confirmNow(): Promise<void> {
    const epoch = this.#requireOpen("Confirming the TPM's lease");
    const values = [this.name, this.owner, epoch, this.#number, this.#database.leaseMs];
    await this.#write("Confirming the TPM's lease", S.RENEW, values, () => false);
  }

  async #readBlob(kind: "variables" | "volatile", doing: string): Promise<Uint8Array | null> {
    this.#requireOpen(doing);
    const text = `SELECT ${kind} AS blob FROM tabtpm.tpm WHERE name = $1`;
    const [row] = await this.#asked<{ blob: Uint8Array | null }>(doing, text, [this.name]);
    return row?.blob ? openedRow(row.blob, this.#placeOf(kind, 0), this.#seal) : null;
  }

  #writeBlob(kind: "variables" | "volatile", doing: string, blob: Uint8Array | null): Promise<void> {
    const own = blob?.slice() ?? null;
    return this.#exclusively(async () => {
      const epoch = this.#requireOpen(doing);
      const bytes = own && sealedRow(own, this.#placeOf(kind, 0), this.#seal);
      const values = [this.name, this.owner, epoch, this.#number, bytes, this.#database.leaseMs];
      await this.#write(doing, S.writeOf(kind), values, () => false);
    });
  }

  /**
   * A write that changes the row if it is still this owner's, and may be sent twice: until it is known how it ended.
   * @param isDone looks at a row that this owner has and the statement did not find as it expected: an earlier try has done it.
   * @throws StoreError when the row is certainly as before; StoreFencedError when it is another's, or nobody knows.
   */
  async #write(doing: string, text: string, values: unknown[], isDone: (whose: S.Whose) => boolean): Promise<void> {
    const { where, patienceMs } = this.#database;
    const begun = now();
    let isUnknown = false;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const sentAt = now();
      try {
        const { rowCount } = await this.#database.query(text, values);
        if (rowCount === 1) return this.renewed(sentAt);
        const { rows } = await this.#database.query<S.Whose>(S.WHOSE, [this.name]);
        const [whose] = rows;
        const isOurs = whose?.owner === this.owner && whose.epoch === values[2];
        if (isOurs && isUnknown && isDone(whose)) return this.renewed(sentAt);
        throw this.#fence(isOurs ? GONE_BACK : TAKEN);
      } catch (error) {
        if (error instanceof StoreError) throw error;
        const verdict = verdictOn(error);
        // Of an earlier try it may still be unknown.
        if (verdict === "refused" && !isUnknown) throw databaseError(error, doing, where);
        isUnknown ||= verdict === "unknown";
        if (now().steady - begun.steady > patienceMs) {
          if (isUnknown) throw this.#fence(UNKNOWN);
          throw databaseError(error, doing, where);
        }
      }
      await sleep(pause);
    }
  }

  /** A question that changes nothing, or what may be asked twice. @throws StoreError */
  async #asked<Row extends object>(doing: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    const { where, patienceMs } = this.#database;
    const begun = now();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return (await this.#database.query<Row & Record<string, unknown>>(text, values)).rows;
      } catch (error) {
        if (verdictOn(error) === "refused" || now().steady - begun.steady > patienceMs) {
          throw databaseError(error, doing, where);
        }
      }
      await sleep(pause);
    }
  }

  /** @returns the epoch. @throws StoreFencedError; StoreError when it is closed */
  #requireOpen(doing: string): string {
    if (this.#fenced) throw this.#fenced;
    if (this.#epoch !== null) return this.#epoch;
    throw new StoreError(`${doing}: the store is not open; call open() first.`, { code: "closed" });
  }

  #fence(why: string): StoreFencedError {
    if (!this.#fenced) {
      this.#fenced = new StoreFencedError(`The TPM "${this.name}" ${why}; nothing more is stored from here.`);
      this.#database.release(this);
      this.#onFenced?.(this.#fenced);
    }
    return this.#fenced;
  }

  #placeOf(kind: BlobKind, number: number) {
    return { kind, name: this.name, number };
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

const OPENING = "Opening the TPM's row";
const TAKEN = "was taken over by another owner";
const GONE_BACK =
  "stops here, because its row has another commit than was stored from here: the database is an older one, such as a standby that was behind, or a backup";
const UNKNOWN =
  "stops here, because the database went away in the middle of a change and could not be asked whether it was made";
