/** How a TPM lies in IndexedDB: what its own store writes, and what lists, copies and deletes TPMs. */

/** A TPM's database and its Web Lock are called so, with its identifier behind it. */
export const DATABASE_PREFIX = "tabtpm/";
export const OBJECT_STORE = "tpm";
export const STATE = "state";
export const VARIABLES = "variables";
/** States that were set aside: when stands behind it. */
export const KEPT = "kept/";
/** Who may write. */
export const EPOCH = "epoch";
/** The name of the migration that the TPM was given up to. */
export const GIVEN_UP = "given-up";

/** Resolves when the transaction is durable; a request's own success comes too early. */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
