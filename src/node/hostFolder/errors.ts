/** The host's errors in the guest's terms. */
import { ERRNO, type ErrnoName, FileError } from "../../share/errors.ts";
import { errorCode } from "../../store/fileErrors.ts";

/** What is not among the guest's words, in the nearest of them. */
const MEANINGS: Readonly<Record<string, ErrnoName>> = {
  EDQUOT: "ENOSPC",
  EMFILE: "ENFILE",
  // node:fs's own, of a size or an offset.
  ERR_OUT_OF_RANGE: "EFBIG",
  ETXTBSY: "EBUSY",
};

/** @returns what a failed call of node:fs means for the guest; EIO for what it has no word for. */
export function asFileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  const code = errorCode(error) ?? "";
  const name = MEANINGS[code] ?? (Object.hasOwn(ERRNO, code) ? (code as ErrnoName) : "EIO");
  return new FileError(name, (error as Error).message, { cause: error });
}
