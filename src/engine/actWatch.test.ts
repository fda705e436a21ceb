import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ActWatch } from "./actWatch.ts";

describe("the watch of the countdown timers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("looks when a timer is due, not before, and once", () => {
    const look = vi.fn();
    new ActWatch(look).expect(3000);
    vi.advanceTimersByTime(2999);
    expect(look).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(look).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(look).toHaveBeenCalledTimes(1);
  });

  it("follows what is expected last, and forgets when none counts down", () => {
    const look = vi.fn();
    const watch = new ActWatch(look);
    watch.expect(null);
    watch.expect(3000);
    watch.expect(9000);
    vi.advanceTimersByTime(8999);
    expect(look).not.toHaveBeenCalled();
    watch.expect(5000);
    watch.expect(null);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(look).not.toHaveBeenCalled();
  });

  it("looks early for a timer that is further away than setTimeout reaches, instead of at once", () => {
    const fifty = 50 * 24 * 3_600_000;
    const look = vi.fn();
    new ActWatch(look).expect(fifty);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(look).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(look).toHaveBeenCalledTimes(1);
  });
});
