/** A page whose TPM's worker does something else than it would. */
import type { Page } from "@playwright/test";

/** Lets `script` run in the TPM's worker before anything else there. */
export const prepareWorker = (page: Page, script: string) =>
  page.route(/\/assets\/worker-.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });

/** A script for {@link prepareWorker}: the disk is full while {@link fillDisk} says so. */
export const FULL_WHILE_TOLD = `{
  const { put } = IDBObjectStore.prototype;
  const { get } = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "error");
  const full = new WeakSet();
  let isFull = false;
  new BroadcastChannel("disk").onmessage = ({ data }) => { isFull = data; };
  IDBObjectStore.prototype.put = function (...given) {
    const request = put.apply(this, given);
    if (isFull && given[1] === "state") {
      full.add(this.transaction);
      this.transaction.abort();
    }
    return request;
  };
  Object.defineProperty(IDBTransaction.prototype, "error", {
    get() { return full.has(this) ? new DOMException("the disk is full", "QuotaExceededError") : get.call(this); },
  });
}`;
/** Of a page with the worker of {@link FULL_WHILE_TOLD}. */
export const fillDisk = (page: Page, isFull: boolean) =>
  page.evaluate((told) => {
    const channel = new BroadcastChannel("disk");
    channel.postMessage(told);
    channel.close();
  }, isFull);
