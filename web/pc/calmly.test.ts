import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { calmly } from "./calmly.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("what comes after a rest is told soon and together, what keeps coming seldom, and the last value always", () => {
  const told: [number, number][] = [];
  const begin = performance.now();
  const at = () => performance.now() - begin;
  const take = calmly<number>((value) => void told.push([at(), value]), { soon: 50, calm: 1000 });
  take(1);
  take(2);
  vi.advanceTimersByTime(50);
  expect(told).toEqual([[50, 2]]);
  for (let value = 3; value < 33; value++) {
    take(value);
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(5000);
  // 3 came at 50 ms: then every 1000 ms, and what came after that 100 ms later at the most.
  expect(told.map(([time]) => time)).toEqual([50, 1050, 2050, 3050]);
  expect(told.at(-1)?.[1]).toBe(32);
  take(99);
  vi.advanceTimersByTime(50);
  expect(told.at(-1)).toEqual([at(), 99]);
});
