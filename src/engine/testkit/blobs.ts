/** Blobs of earlier versions in src/engine/testdata: what lies there, and databases as text. */

export interface BlobFacts {
  /** That of the volatile states: {@link layoutOf}. */
  layout: string;
  /** Of the encrypted files. */
  key: string;
  /** Of the files under a password, with kdf=pbkdf2 and mode=aes-256-cbc; there are none in the oldest folders. */
  password?: string;
  cases: BlobCase[];
}

/** A state, and what a TPM with it answers from its _TPM_Init on. */
export interface BlobCase {
  name: string;
  /** File of the permanent state. */
  state: string;
  /** File of the volatile state from which it is resumed. */
  volatile?: string;
  /** Command and response in hexadecimal, to be asked in this order. */
  probes: { what: string; command: string; response: string }[];
}

/** Something that can't be used, or not all of it: how it was made, and what is said of it. */
export interface DamagedBlob {
  file: string;
  kind: "permanent" | "volatile" | "sealed" | "slots" | "key" | "variables";
  how: string;
  /** Reason or code of the error; null where it is used all the same. */
  problem: string | null;
}

/** A database of IndexedDB with its records. Octets are an object with the one field `octets`, in hexadecimal, or `buffer` where they are an ArrayBuffer. */
export interface DatabaseDump {
  name: string;
  version: number;
  stores: { name: string; records: { key: string; value: unknown }[] }[];
}

/** The layout that a volatile state was saved by, in hexadecimal. */
export const layoutOf = (volatile: Uint8Array) => Buffer.from(volatile.subarray(16, 24)).toString("hex");

const completed = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export async function dumpDatabase(factory: IDBFactory, name: string): Promise<DatabaseDump> {
  const database = await completed(factory.open(name));
  const stores: DatabaseDump["stores"] = [];
  for (const storeName of database.objectStoreNames) {
    const store = database.transaction(storeName).objectStore(storeName);
    const keys = await completed(store.getAllKeys());
    const values = await Promise.all(keys.map((key) => completed(store.get(key))));
    stores.push({ name: storeName, records: keys.map((key, i) => ({ key: String(key), value: toText(values[i]) })) });
  }
  database.close();
  return { name, version: database.version, stores };
}

export async function restoreDatabase(factory: IDBFactory, { name, version, stores }: DatabaseDump): Promise<void> {
  const opening = factory.open(name, version);
  opening.onupgradeneeded = () => {
    for (const store of stores) opening.result.createObjectStore(store.name);
  };
  const database = await completed(opening);
  for (const each of stores) {
    const store = database.transaction(each.name, "readwrite").objectStore(each.name);
    await Promise.all(each.records.map(({ key, value }) => completed(store.put(fromText(value), key))));
  }
  database.close();
}

function toText(value: unknown): unknown {
  if (value instanceof Uint8Array) return { octets: Buffer.from(value).toString("hex") };
  if (value instanceof ArrayBuffer) return { buffer: Buffer.from(value).toString("hex") };
  return isRecord(value) ? mapped(value, toText) : value;
}

function fromText(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { octets, buffer } = value as { octets?: string; buffer?: string };
  if (octets !== undefined) return Uint8Array.from(Buffer.from(octets, "hex"));
  if (buffer !== undefined) return Uint8Array.from(Buffer.from(buffer, "hex")).buffer;
  return mapped(value, fromText);
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const mapped = (value: object, change: (field: unknown) => unknown) =>
  Object.fromEntries(Object.entries(value).map(([name, field]) => [name, change(field)]));
