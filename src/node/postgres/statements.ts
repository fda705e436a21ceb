/** What is asked of a TPM's row. Each write says whose the row is to be, and of which commit, in the statement itself. */
import { DURABLY } from "./database.ts";
import type { BlobKind } from "./sealedRow.ts";

const MINE = "durably.is IS NOT NULL AND tpm.name = $1 AND tpm.owner = $2 AND tpm.epoch = $3";
/** With the last commit that is known to be in the row: it may be of a standby that was behind, or of a backup. */
const OURS = `${MINE} AND tpm.commit_number = $4`;
const leaseOf = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;

/** For the claim: nobody has it whose lease is not over. */
const IS_FREE = "(owner IS NULL OR lease_until IS NULL OR lease_until <= clock_timestamp())";
export const LOOK = `
  SELECT commit_number::text, state, current_setting('fsync') AS fsync, ${IS_FREE} AS free
  FROM tabtpm.tpm WHERE name = $1`;
export const MAKE = `INSERT INTO tabtpm.tpm (name) SELECT $1 FROM ${DURABLY} WHERE durably.is IS NOT NULL ON CONFLICT DO NOTHING`;
export const CLAIM = `
  UPDATE tabtpm.tpm SET epoch = epoch + 1, owner = $2, holder = $3, lease_until = ${leaseOf("$4")}
  FROM ${DURABLY}
  WHERE durably.is IS NOT NULL AND tpm.name = $1
    AND (${IS_FREE} OR owner = $2 OR $5::boolean)
  RETURNING epoch::text, commit_number::text, state, current_setting('fsync') AS fsync`;
export const COMMIT = `
  UPDATE tabtpm.tpm SET state = $5, commit_number = $4::bigint + 1, lease_until = ${leaseOf("$6")}
  FROM ${DURABLY} WHERE ${OURS}`;
export const WHOSE =
  "SELECT owner, epoch::text, commit_number::text, holder, ceil(extract(epoch FROM lease_until - clock_timestamp()))::text AS seconds FROM tabtpm.tpm WHERE name = $1";
export const ARCHIVE = `
  WITH old AS (
    SELECT tpm.name, tpm.commit_number, tpm.state FROM tabtpm.tpm, ${DURABLY}
    WHERE ${OURS} AND tpm.state IS NOT NULL FOR UPDATE OF tpm
  ), kept AS (
    INSERT INTO tabtpm.kept (name, commit_number, state) SELECT name, commit_number, state FROM old RETURNING id
  )
  UPDATE tabtpm.tpm SET state = NULL, commit_number = $4::bigint + 1 FROM old, kept WHERE tpm.name = old.name
  RETURNING kept.id::text`;
export const KEEP_COPY = `
  INSERT INTO tabtpm.kept (name, commit_number, state)
  SELECT tpm.name, tpm.commit_number, tpm.state FROM tabtpm.tpm, ${DURABLY}
  WHERE ${OURS} AND tpm.state IS NOT NULL
  RETURNING id::text`;
export const RELEASE = `UPDATE tabtpm.tpm SET owner = NULL, holder = NULL, lease_until = NULL FROM ${DURABLY} WHERE ${MINE}`;
export const RENEW = `UPDATE tabtpm.tpm SET lease_until = ${leaseOf("$5")} FROM ${DURABLY} WHERE ${OURS}`;
export const writeOf = (kind: BlobKind) =>
  `UPDATE tabtpm.tpm SET ${kind} = $5, lease_until = ${leaseOf("$6")} FROM ${DURABLY} WHERE ${OURS}`;

/** What a row has, by {@link LOOK} or the claim. */
export interface Content {
  commit_number: string;
  state: Uint8Array | null;
  fsync: string;
}

export interface Whose {
  owner: string | null;
  epoch: string;
  commit_number: string;
  holder: string | null;
  seconds: string | null;
}
