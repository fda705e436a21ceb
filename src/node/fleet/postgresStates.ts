/** `--store postgres:...`: a row for each TPM. Fleets on several machines share the database, and each TPM is in one of them. */
import { tmpdir } from "node:os";
import { type DatabaseOptions, PostgresDatabase } from "../postgres/database.ts";
import { databaseError } from "../postgres/errors.ts";
import type { RowSeal } from "../postgres/sealedRow.ts";
import { PostgresStore } from "../postgres/store.ts";
import type { VolatilePlace } from "../socket/servedTpm.ts";
import { isFleetName } from "./names.ts";
import { type FleetStates, isThereAlready, noSuchTpm, type TpmPlace } from "./states.ts";

const MAKE = "INSERT INTO tabtpm.tpm (name) VALUES ($1) ON CONFLICT DO NOTHING";
const REMOVE = `
  WITH gone AS (
    DELETE FROM tabtpm.tpm WHERE name = $1 AND (owner IS NULL OR lease_until <= clock_timestamp())
    RETURNING name, commit_number, state, variables
  )
  INSERT INTO tabtpm.kept (name, commit_number, state, variables) SELECT name, commit_number, state, variables FROM gone
  RETURNING id::text`;

export class PostgresStates implements FleetStates {
  readonly where: string;
  readonly #database: PostgresDatabase;
  readonly #seal: RowSeal;

  private constructor(database: PostgresDatabase, seal: RowSeal) {
    this.#database = database;
    this.#seal = seal;
    this.where = database.where;
  }

  /** @throws UsageError, StoreError, NewerSchemaError; never with a password. */
  static async open(url: string, seal: RowSeal, options: DatabaseOptions): Promise<PostgresStates> {
    return new PostgresStates(await PostgresDatabase.open(url, options), seal);
  }

  async names(): Promise<string[]> {
    const rows = await this.#asked<{ name: string }>("Reading the TPMs' names", "SELECT name FROM tabtpm.tpm", []);
    return rows
      .map(({ name }) => name)
      .filter(isFleetName)
      .sort();
  }

  async create(name: string): Promise<void> {
    const { rowCount } = await this.#query("Making the TPM's row", MAKE, [name]);
    if (rowCount === 0) throw isThereAlready(name, this.where);
  }

  async remove(name: string): Promise<string> {
    const doing = "Moving the TPM's row aside";
    const [kept] = await this.#asked<{ id: string }>(doing, REMOVE, [name]);
    if (kept) return `tabtpm.kept, id ${kept.id}, of ${this.where}`;
    const [row] = await this.#asked<{ holder: string }>(doing, "SELECT holder FROM tabtpm.tpm WHERE name = $1", [name]);
    if (!row) throw noSuchTpm(name, this.where);
    throw new Error(`The TPM "${name}" is in use by ${row.holder}.`);
  }

  placeOf(name: string): TpmPlace {
    const store = new PostgresStore(this.#database, name, { ...this.#seal, creates: false });
    return { store, lease: store, dir: tmpdir(), volatile: volatileIn(store) };
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #query<Row extends object>(doing: string, text: string, values: readonly unknown[]) {
    try {
      return await this.#database.query<Row & Record<string, unknown>>(text, values);
    } catch (error) {
      throw databaseError(error, doing, this.where);
    }
  }

  async #asked<Row extends object>(doing: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.#query<Row>(doing, text, values)).rows;
  }
}

/** What CMD_STORE_VOLATILE leaves, and blobs that come before CMD_INIT. */
function volatileIn(store: PostgresStore): VolatilePlace {
  return {
    path: `the volatile state of "${store.name}" in the database`,
    read: () => store.readVolatile(),
    size: async () => (await store.readVolatile())?.length ?? null,
    replace: (bytes) => store.commitVolatile(bytes),
    remove: () => store.commitVolatile(null),
  };
}
