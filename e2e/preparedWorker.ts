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
  let isFull = false;
  new BroadcastChannel("disk").onmessage = ({ data }) => { isFull = data; };
  IDBObjectStore.prototype.put = function (...given) {
    if (isFull && given[1] === "state") throw new DOMException("the disk is full", "QuotaExceededError");
    return put.apply(this, given);
  };
}`;
/** Of a page with the worker of {@link FULL_WHILE_TOLD}. */
export const fillDisk = (page: Page, isFull: boolean) =>
  page.evaluate((told) => {
    const channel = new BroadcastChannel("disk");
    channel.postMessage(told);
    channel.close();
  }, isFull);
