import { IDBFactory, IDBRequest } from "fake-indexeddb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { browserSettings } from "../settingsStore.ts";
import { companions } from "./companions.ts";

beforeAll(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBRequest", IDBRequest);
});
afterAll(() => void vi.unstubAllGlobals());

test("the settings of a TPM go with it, to a copy and out of the world", async () => {
  const settings = { append: "quiet", interface: "crb", irq: null, menu: true };
  await browserSettings("default").write(settings);
  for (const companion of companions) {
    await companion.copy("default", "Twin");
    await companion.copy("nobody", "Other");
    await companion.remove("nobody");
  }
  expect(await browserSettings("Twin").read()).toEqual(settings);
  expect(await browserSettings("Other").read()).toBeUndefined();
  for (const companion of companions) await companion.remove("Twin");
  expect(await browserSettings("Twin").read()).toBeUndefined();
  expect(await browserSettings("default").read()).toEqual(settings);
});
