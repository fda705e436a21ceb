/** The TPM's database as src/store/indexedDbLayout.ts lays it out, read and written from a page of the same origin. */
import type { Page } from "@playwright/test";
import type { DatabaseDump } from "../src/engine/testkit/blobs.ts";

const DATABASE = "tabtpm/default";
const STORE = "tpm";
const STATE = "state";

/** Runs one request on the object store and gives its result, bytes as arrays. */
async function request(page: Page, call: { get?: string; put?: number[]; keys?: true }): Promise<unknown> {
  return page.evaluate(
    ([database, storeName, state, { get, put, keys }]) =>
      new Promise<unknown>((resolve, reject) => {
        const opening = indexedDB.open(database);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(storeName, "readwrite");
          const store = transaction.objectStore(storeName);
          const done = put
            ? store.put(new Uint8Array(put), state)
            : keys
              ? store.getAllKeys()
              : store.get(get as string);
          transaction.oncomplete = () => {
            opening.result.close();
            resolve(done.result instanceof Uint8Array ? [...done.result] : done.result);
          };
          transaction.onabort = () => reject(transaction.error);
        };
      }),
    [DATABASE, STORE, STATE, call] as const,
  );
}

/** Goes to a page of the same origin on which tabtpm does not run, so that nothing but the test touches the database. */
export async function leave(page: Page): Promise<void> {
  await page.route("**/elsewhere", (route) =>
    route.fulfill({ contentType: "text/html", body: '<link rel="icon" href="data:,">' }),
  );
  await page.goto("./elsewhere");
}

/** Makes the page's database as an earlier version left its own. There must be none yet. */
export async function restoreDatabase(page: Page, dump: DatabaseDump): Promise<void> {
  await page.evaluate(
    ([database, { version, stores }]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open(database, version);
        opening.onerror = () => reject(opening.error);
        opening.onupgradeneeded = () => {
          for (const { name, records } of stores) {
            const store = opening.result.createObjectStore(name);
            for (const { key, value } of records) {
              const { octets } = value as { octets?: string };
              const bytes = octets?.match(/../g)?.map((pair) => Number.parseInt(pair, 16));
              store.put(bytes ? new Uint8Array(bytes) : value, key);
            }
          }
        };
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
      }),
    [DATABASE, dump] as const,
  );
}

async function read(page: Page, key: string): Promise<Uint8Array | null> {
  const bytes = (await request(page, { get: key })) as number[] | undefined;
  return bytes === undefined ? null : Uint8Array.from(bytes);
}

export const storedBlob = (page: Page): Promise<Uint8Array | null> => read(page, STATE);

export async function storeBlob(page: Page, blob: Uint8Array): Promise<void> {
  await request(page, { put: [...blob] });
}

/** The states that were set aside for a new TPM. */
export async function keptBlobs(page: Page): Promise<Uint8Array[]> {
  const keys = (await request(page, { keys: true })) as string[];
  const kept = keys.filter((key) => key.startsWith("kept/"));
  return (await Promise.all(kept.map((key) => read(page, key)))).filter((blob) => blob !== null);
}

/** Makes a TPM, leaves the page, and changes what is stored. @returns what is stored then. */
export async function spoilState(page: Page, change: (blob: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  await page.goto("./");
  await page.evaluate(() => window.tabtpm.ready);
  await leave(page);
  const spoiled = change((await storedBlob(page))!);
  await storeBlob(page, spoiled);
  await page.goto("./");
  return spoiled;
}
