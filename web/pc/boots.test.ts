import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { browserBoots } from "./boots.ts";

const octets = (octet: number) => Uint8Array.of(octet);

beforeEach(() => {
  vi.stubGlobal("indexedDB", new FakeFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("the boot that was is the last one when a new one is written; each TPM has its own", async () => {
  const boots = browserBoots("one");
  expect(await boots.read()).toEqual({});
  await boots.write(octets(1), true);
  await boots.write(octets(2), false);
  expect(await boots.read()).toEqual({ present: octets(2) });
  await boots.keepGood(octets(2));
  await boots.write(octets(3), true);
  const all = { present: octets(3), last: octets(2), good: octets(2) };
  expect(await browserBoots("one").read()).toEqual(all);
  const other = browserBoots("other");
  await other.write(octets(9), true);
  await other.remove();
  expect([await other.read(), await boots.read()]).toEqual([{}, all]);
});
