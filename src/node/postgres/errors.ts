/** The database's errors in the store's terms, and what they say about a statement that was on its way. */
import { StoreError, type StoreErrorCode } from "../../store/store.ts";

/** The statement did not reach the server: no connection could be had. */
export class NotSentError extends Error {
  override name = "NotSentError";
}

/** By the class of SQLSTATE: the server has refused the statement and changed nothing. */
const REFUSED: Readonly<Record<string, { code: StoreErrorCode; words: string }>> = {
  "0A": { code: "io", words: "the server does not know how" },
  "22": { code: "io", words: "the server does not take the data" },
  "23": { code: "io", words: "a rule of the tables forbids it" },
  "25": { code: "read-only", words: "the database is read-only; is it a standby?" },
  "28": { code: "permission", words: "the server does not let this user in" },
  "3D": { code: "unavailable", words: "there is no such database" },
  "3F": { code: "unavailable", words: "the schema tabtpm is missing" },
  "42": { code: "permission", words: "the user's rights or the tables are not as they should be" },
  "53": { code: "full", words: "the server has no room, memory or connections left" },
  "54": { code: "io", words: "it is more than the server takes" },
};
/** By the code of a connection that could not be had. */
const UNREACHED: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no server listens there; start PostgreSQL, or give its address",
  ENOENT: "no server listens there; start PostgreSQL, or give its address",
  ENOTFOUND: "there is no host of this name",
  ...Object.fromEntries(
    [
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    ].map((code) => [
      code,
      "its certificate is not signed by an authority that is known here; sslrootcert=FILE in the address names the authority's certificate",
    ]),
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is of another host; the address must have a name that is in it",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; are both clocks right?",
};

/** @returns why there was no connection, in words; undefined for what says it itself. */
function wordsOf({ code, syscall, path, message }: NodeJS.ErrnoException): string | undefined {
  // Before there is a connection; a socket that is not there was to be connected to, not opened.
  if (syscall === "open") return `the file ${path}, which the address names, can't be read`;
  // pg gives it no code.
  if (message === "The server does not support SSL connections") {
    return "the server takes no encrypted connections; turn its setting ssl on, or leave sslmode out where nobody else is on the network";
  }
  return UNREACHED[code ?? ""];
}
/** The server has given it up for the sake of others; the same may be tried again. */
const TRY_AGAIN = ["40001", "40P01"];

const sqlState = (error: unknown): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
};

/**
 * - `refused`: it is certain that nothing was changed, and it is of no use to ask again.
 * - `again`: it is certain that nothing was changed, and worth another try.
 * - `unknown`: it may have been done, be done yet, or not.
 */
export type Verdict = "refused" | "again" | "unknown";

export function verdictOn(error: unknown): Verdict {
  const code = sqlState(error instanceof NotSentError ? error.cause : error);
  const isRefused = code !== undefined && code.slice(0, 2) in REFUSED;
  // "Too many connections" passes.
  if (error instanceof NotSentError) return isRefused && !code.startsWith("53") ? "refused" : "again";
  if (code !== undefined && TRY_AGAIN.includes(code)) return "again";
  return isRefused ? "refused" : "unknown";
}

/** @param doing what failed, as a clause. */
export function databaseError(error: unknown, doing: string, where: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = error instanceof NotSentError ? error.cause : error;
  const code = sqlState(cause);
  const meaning = code === undefined ? undefined : REFUSED[code.slice(0, 2)];
  const { message, code: systemCode } = cause as NodeJS.ErrnoException;
  const words = meaning?.words ?? wordsOf(cause as NodeJS.ErrnoException);
  return new StoreError(
    `${doing} (${where}): ${words === undefined ? message || String(cause) : `${words} (${message || systemCode})`}.`,
    {
      code: meaning?.code ?? "unavailable",
      cause,
    },
  );
}
