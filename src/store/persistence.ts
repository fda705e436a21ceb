/** What a page may ask about how long the browser keeps its data. In a window: workers can't ask for persistence. */
type Storage = Partial<Pick<StorageManager, "persist" | "persisted" | "getDirectory">>;

/**
 * Asks the browser not to evict this site's storage, and with it the TPM's keys, when the disk runs full. Some browsers
 * ask the user.
 * @returns whether the storage is persistent now.
 */
export async function requestPersistence(
  storage: Storage | undefined = globalThis.navigator?.storage,
): Promise<boolean> {
  if (!storage?.persist) return false;
  return (await storage.persisted?.()) || storage.persist();
}

/**
 * - `persistent`: the browser has promised to keep it until the user deletes it.
 * - `not promised`: it may go when the disk is full, and with the window where that is a private one: Chromium's
 *   browsers take care that a page can't tell.
 * - `forgotten`: a private window of Firefox or Safari, very likely: IndexedDB works, and files of the site's own, which
 *   they have everywhere else, are refused.
 */
export type StorageOutlook = "persistent" | "not promised" | "forgotten";

/** How long what this site stores will last. Asks nobody. */
export async function storageOutlook(
  storage: Storage | undefined = globalThis.navigator?.storage,
): Promise<StorageOutlook> {
  if ((await storage?.persisted?.().catch(() => false)) === true) return "persistent";
  try {
    await storage?.getDirectory?.();
    return "not promised";
  } catch {
    return "forgotten";
  }
}
