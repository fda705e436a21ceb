import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Tidying } from "./memory.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("is collected once for many TPMs that leave, and again for the next", () => {
  const collect = vi.fn();
  const tidying = new Tidying(collect);
  for (let i = 0; i < 100; i++) tidying.left();
  expect(collect).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(collect).toHaveBeenCalledTimes(1);
  tidying.left();
  vi.runAllTimers();
  expect(collect).toHaveBeenCalledTimes(2);
  tidying.left();
  tidying.end();
  vi.runAllTimers();
  expect(collect).toHaveBeenCalledTimes(2);
});

it("has a collector of the engine's, which takes what nobody holds", async () => {
  const held = new WeakRef(new ArrayBuffer(64 * 1024 * 1024));
  // Not in the turn in which the reference was made.
  vi.useRealTimers();
  await new Promise(setImmediate);
  vi.useFakeTimers();
  new Tidying().left();
  vi.runAllTimers();
  expect(held.deref()).toBeUndefined();
});
