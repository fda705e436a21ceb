import { expect, onTestFinished, test, vi } from "vitest";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { openArrivals } from "./arrivals.ts";

useIndexedDb();

test("what is kept is on the disk before the TPM is given up, whose store asks for as much", async () => {
  const opened = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open("strictly");
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = vi.spyOn(Object.getPrototypeOf(opened) as IDBDatabase, "transaction");
  onTestFinished(() => transaction.mockRestore());
  await openArrivals().keep("a", { migration: "a", machine: new ArrayBuffer(1) });
  expect(transaction.mock.lastCall).toEqual(["machines", "readwrite", { durability: "strict" }]);
});
