/**
 * Asks the browser not to evict this site's storage, and with it the TPM's keys, when the disk runs full. Call it in
 * a window: workers can't ask. Some browsers ask the user.
 * @returns whether the storage is persistent now.
 */
export async function requestPersistence(
  storage: Pick<StorageManager, "persist" | "persisted"> | undefined = globalThis.navigator?.storage,
): Promise<boolean> {
  if (!storage?.persist) return false;
  return (await storage.persisted()) || storage.persist();
}
