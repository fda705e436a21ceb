/** The list of TPMs as it is stored: a row for each, under its identifier. What there is of a TPM lies in its own database. */
import { indexedDbError } from "./indexedDbErrors.ts";
import { completed } from "./indexedDbLayout.ts";
import { TpmNameError } from "./tpmNames.ts";

const DATABASE = "tabtpm-tpms";
const ROWS = "tpms";

export interface TpmRow {
  readonly name: string;
  /** As of its last use here; null until it was used. */
  readonly profile: string | null;
  /** EK certificates. */
  readonly certificates: number | null;
  /** Milliseconds since 1970. */
  readonly usedAt: number | null;
}

export type TpmRows = ReadonlyMap<string, TpmRow>;

/**
 * Reads all rows and changes some of them, in one transaction: what `change` throws, and what the browser refuses, leaves all
 * as they were.
 * @param change gets the rows by identifier. @returns the rows to be written; null deletes one.
 * @returns the rows as they are afterwards.
 * @throws StoreError, TpmNameError that `change` throws
 */
export async function changeRows(
  factory: IDBFactory,
  change: (rows: TpmRows) => ReadonlyMap<string, TpmRow | null>,
): Promise<TpmRows> {
  let refused: { readonly reason: unknown } | null = null;
  try {
    const database = await openRows(factory);
    try {
      const transaction = database.transaction(ROWS, "readwrite", { durability: "strict" });
      const over = completed(transaction);
      // Looked at below; until then its rejection is early, not unhandled.
      over.catch(() => {});
      const store = transaction.objectStore(ROWS);
      const rows = new Map<string, TpmRow>();
      const keys = store.getAllKeys();
      const values = store.getAll();
      values.onsuccess = () => {
        keys.result.forEach((key, index) => {
          rows.set(String(key), asRow(values.result[index], String(key)));
        });
        try {
          for (const [id, row] of change(rows)) {
            if (row === null) store.delete(id);
            else store.put(row, id);
            if (row === null) rows.delete(id);
            else rows.set(id, row);
          }
        } catch (reason) {
          refused = { reason };
          transaction.abort();
        }
      };
      await over;
      return rows;
    } finally {
      database.close();
    }
  } catch (error) {
    const reason = refused === null ? error : (refused as { readonly reason: unknown }).reason;
    throw reason instanceof TpmNameError ? reason : indexedDbError(reason, "Reading or changing the list of TPMs");
  }
}

const NOTHING: ReadonlyMap<string, null> = new Map();
export const readRows = (factory: IDBFactory): Promise<TpmRows> => changeRows(factory, () => NOTHING);

function openRows(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(DATABASE, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(ROWS);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}

/** Whatever is stored there: what is no row's field is not known. */
function asRow(value: unknown, id: string): TpmRow {
  const { name, profile, certificates, usedAt } = (value ?? {}) as Partial<Record<keyof TpmRow, unknown>>;
  const number = (it: unknown) => (typeof it === "number" && Number.isFinite(it) ? it : null);
  return {
    name: typeof name === "string" && name !== "" ? name : id,
    profile: typeof profile === "string" ? profile : null,
    certificates: number(certificates),
    usedAt: number(usedAt),
  };
}
