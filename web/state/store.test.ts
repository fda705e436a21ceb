import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Store } from "./store.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("values are there at once, listeners hear of many changes together", () => {
  const store = new Store({ a: 1, b: 1 }, 100);
  const heard = vi.fn();
  store.subscribe(heard);
  store.set({ a: 2 });
  store.set({ b: 3 });
  expect(store.value).toEqual({ a: 2, b: 3 });
  expect(heard).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(heard).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  expect(heard).toHaveBeenCalledTimes(1);
});

test("what is the same as before is no news", () => {
  const banks = ["SHA-256"];
  const store = new Store<{ a: number; banks: string[]; b?: number }>({ a: 1, banks }, 100);
  const heard = vi.fn();
  store.subscribe(heard);
  store.set({ a: 1, banks });
  store.set({});
  vi.advanceTimersByTime(100);
  expect(heard).not.toHaveBeenCalled();
  store.set({ a: 1, banks: [...banks] });
  vi.advanceTimersByTime(100);
  expect(heard).toHaveBeenCalledTimes(1);
});

test("a listener that left hears nothing", () => {
  const store = new Store({ a: 1 }, 100);
  const heard = vi.fn();
  store.subscribe(heard)();
  store.set({ a: 2 });
  vi.advanceTimersByTime(100);
  expect(heard).not.toHaveBeenCalled();
});
