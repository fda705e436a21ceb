/** What is asked of a TPM's row. Each write says whose the row is to be, and of which commit, in the statement itself. */
import { DURABLY } from "./database.ts";
import type { BlobKind } from "./sealedRow.ts";

const MINE = "durably.is IS NOT NULL AND tpm.name = $1 AND tpm.owner = $2 AND tpm.epoch = $3";
/** With the last commit that is known to be in the row: it may be of a standby that was behind, or of a backup. */
const OURS = `${MINE} AND tpm.commit_number = $4`;
const leaseOf = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;

/** Nobody else ($2) has it whose lease is not over. Of a claim before, whose answer was lost, the row may be one's own already. */
const IS_FREE = "(owner IS NULL OR owner = $2 OR lease_until IS NULL OR lease_until <= clock_timestamp())";
export const LOOK = `
  SELECT epoch::text, commit_number::text, state, current_setting('fsync') AS fsync, ${IS_FREE} AS free, holder,
    ceil(extract(epoch FROM lease_until - clock_timestamp()))::text AS seconds
  FROM tabtpm.tpm WHERE name = $1`;
export const MAKE = `INSERT INTO tabtpm.tpm (name) SELECT $1 FROM ${DURABLY} WHERE durably.is IS NOT NULL ON CONFLICT DO NOTHING`;
/** Of the epoch that was seen ($6), and the commit ($7; null: any). */
export const CLAIM = `
  UPDATE tabtpm.tpm SET epoch = epoch + 1, owner = $2, holder = $3, lease_until = ${leaseOf("$4")}
  FROM ${DURABLY}
  WHERE durably.is IS NOT NULL AND tpm.name = $1 AND (${IS_FREE} OR $5::boolean)
    AND epoch = $6::bigint AND ($7::bigint IS NULL OR commit_number = $7::bigint)
  RETURNING epoch::text, commit_number::text, state, current_setting('fsync') AS fsync`;
export const COMMIT = `
  UPDATE tabtpm.tpm SET state = $5, commit_number = $4::bigint + 1, lease_until = ${leaseOf("$6")}
  FROM ${DURABLY} WHERE ${OURS}`;
export const WHOSE = "SELECT owner, epoch::text, commit_number::text FROM tabtpm.tpm WHERE name = $1";
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

/** By {@link LOOK}. */
export interface Seen extends Content {
  epoch: string;
  free: boolean;
  holder: string | null;
  /** Until the lease ends. */
  seconds: string | null;
}

export interface Whose {
  owner: string | null;
  epoch: string;
  commit_number: string;
}
