/** The tables of the states, and how they come to be. */
import type { PoolClient } from "pg";

/** What the tables look like; a row of {@link MIGRATIONS} for each step. */
export const SCHEMA_VERSION = 1;

/**
 * From version n to n + 1, in one transaction. What was released is not changed any more: a new step is added.
 * `state`, `variables` and `volatile` are blobs of the TPM's, encrypted where there is a key; `epoch`, `owner` and `lease_until` say whose the
 * row is, `commit_number` counts what was written to `state`.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE SCHEMA IF NOT EXISTS tabtpm;
   CREATE TABLE tabtpm.schema_version (version integer NOT NULL);
   INSERT INTO tabtpm.schema_version VALUES (0);
   CREATE TABLE tabtpm.tpm (
     name text PRIMARY KEY,
     epoch bigint NOT NULL DEFAULT 0,
     owner text,
     holder text,
     lease_until timestamptz,
     commit_number bigint NOT NULL DEFAULT 0,
     state bytea,
     variables bytea,
     volatile bytea,
     made timestamptz NOT NULL DEFAULT now()
   );
   ALTER TABLE tabtpm.tpm ALTER COLUMN state SET STORAGE EXTERNAL;
   CREATE TABLE tabtpm.kept (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     name text NOT NULL,
     commit_number bigint NOT NULL,
     state bytea,
     variables bytea,
     kept timestamptz NOT NULL DEFAULT now()
   );`,
];

/** Of this application alone: two that start at once make the tables once. */
const ADVISORY_LOCK = "7449363551286";

/** The tables are of a version that this one does not know. */
export class NewerSchemaError extends Error {
  override name = "NewerSchemaError";
}

/** Makes the tables where there are none, and brings older ones up to date. @throws NewerSchemaError; errors of pg */
export async function ensureSchema(client: PoolClient): Promise<void> {
  // Who may not make tables can use those that are there.
  if ((await versionOf(client)) === SCHEMA_VERSION) return;
  await client.query("BEGIN");
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`);
    const found = await versionOf(client);
    if (found > SCHEMA_VERSION) {
      throw new NewerSchemaError(
        `The database's tables are of version ${found}, made by a newer tabtpm; this one knows ${SCHEMA_VERSION}. Update tabtpm; nothing was changed.`,
      );
    }
    for (const [from, step] of MIGRATIONS.entries()) {
      if (from < found) continue;
      await client.query(step);
      await client.query("UPDATE tabtpm.schema_version SET version = $1", [from + 1]);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function versionOf(client: PoolClient): Promise<number> {
  // By the catalogue's rows: what a name stands for is remembered from before somebody else made the table.
  const { rows } = await client.query(
    "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'tabtpm' AND tablename = 'schema_version'",
  );
  if (rows.length === 0) return 0;
  const versions = await client.query<{ version: number }>("SELECT version FROM tabtpm.schema_version");
  return versions.rows[0]?.version ?? 0;
}
