import { StoreError } from "./store.ts";

/** An error of IndexedDB in the store's terms, with what to do about it. `doing` says what failed, as a clause. */
export function indexedDbError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const name = (error as { name?: unknown } | null | undefined)?.name;
  const detail = error instanceof Error && error.message ? ` (${String(name)}: ${error.message})` : "";
  switch (name) {
    case "QuotaExceededError":
      return new StoreError(
        `${doing}: the browser's storage quota is used up${detail}. Free disk space, but keep this site's data, for the TPM is in it; then try again.`,
        { code: "full", cause: error },
      );
    case "SecurityError":
    case "InvalidStateError":
    case "NotAllowedError":
      return new StoreError(
        `${doing}: the browser blocks this site's data${detail}. Allow it for this page, or leave the private window.`,
        { code: "unavailable", cause: error },
      );
    case "VersionError":
      return new StoreError(
        `${doing}: the database was made by a newer tabtpm${detail}. Reload the page to get the newer version.`,
        { code: "unavailable", cause: error },
      );
    case "AbortError":
    case undefined:
      return new StoreError(`${doing}: the browser aborted the transaction${detail}; nothing was changed.`, {
        code: "aborted",
        cause: error,
      });
    default:
      return new StoreError(`${doing}: IndexedDB failed${detail}.`, { code: "io", cause: error });
  }
}

/** There is no IndexedDB at all. */
export function noIndexedDb(): StoreError {
  return new StoreError(
    "This browser offers no IndexedDB here, so the TPM's state can't be kept. Leave the private window, allow site data for this page, or use a memory store.",
    { code: "unavailable" },
  );
}

/** `navigator.locks` is missing: browsers offer it in secure contexts only. */
export function noWebLocks(): StoreError {
  return new StoreError(
    "Web Locks are missing, so two tabs could spoil one TPM. Open the page over https:// or from localhost, in Chrome/Edge 69+, Firefox 96+ or Safari 15.4+.",
    { code: "unavailable" },
  );
}
