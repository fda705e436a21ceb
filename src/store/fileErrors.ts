import { StoreError, type StoreErrorCode } from "./store.ts";

/** The operating system's error codes in the store's terms, with what to do about them. */
const MEANINGS: Record<string, { code: StoreErrorCode; words: string }> = {
  EACCES: { code: "permission", words: "no permission; give this user read and write access to the folder" },
  EPERM: { code: "permission", words: "the operation is not permitted; check the folder's owner and attributes" },
  EROFS: { code: "read-only", words: "the file system is read-only; choose a folder that can be written" },
  ENOSPC: { code: "full", words: "the disk is full; free some space and try again" },
  EDQUOT: { code: "full", words: "your disk quota is used up; free some space and try again" },
  EFBIG: { code: "full", words: "the file would exceed the size limit of this process or file system" },
  ENOTDIR: { code: "unavailable", words: "a part of the path is a file; choose a folder" },
  EISDIR: { code: "unavailable", words: "there is a folder of that name; choose another name" },
  EEXIST: { code: "unavailable", words: "there is a file of that name; choose a folder" },
  ENOENT: { code: "unavailable", words: "there is no such folder, or not any more" },
  ENAMETOOLONG: { code: "unavailable", words: "the path is too long" },
  ELOOP: { code: "unavailable", words: "the path has a loop of symbolic links" },
  ESTALE: { code: "io", words: "the network file system has lost the folder; mount it again" },
  ENOTCONN: { code: "io", words: "the file system is no longer connected; mount it again" },
  ETIMEDOUT: { code: "io", words: "the network file system does not answer; try again when it does" },
  EIO: { code: "io", words: "the disk or network file system reports an error; look into the system's log" },
  EMFILE: { code: "io", words: "this process has too many files open; raise its limit (ulimit -n)" },
  ENFILE: { code: "io", words: "the system has too many files open" },
};

/** An error of the file system in the store's terms. `doing` says what failed, as a clause. */
export function fileError(error: unknown, doing: string, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const meaning = code === undefined ? undefined : MEANINGS[code];
  return new StoreError(`${doing} (${path}): ${meaning ? `${meaning.words} (${code})` : message}.`, {
    code: meaning?.code ?? "io",
    cause: error,
  });
}

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
