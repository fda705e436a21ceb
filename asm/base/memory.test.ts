import { describe, expect, it } from "vitest";
import { TestTpm } from "../testkit/harness.ts";

const TOO_LARGE = 3;

describe("the buffers between host and core", () => {
  it("have the sizes that the ABI tells, and do not overlap", () => {
    const { core } = new TestTpm();
    expect(core.stateCapacity()).toBe(262_144);
    const buffers = [
      [core.commandBuffer(), 4096],
      [core.responseBuffer(), 4096],
      [core.stateBuffer(), core.stateCapacity()],
    ].sort(([a], [b]) => (a as number) - (b as number)) as [number, number][];
    let free = 0;
    for (const [address, size] of buffers) {
      expect(address).toBeGreaterThanOrEqual(free);
      expect(address % 16).toBe(0);
      free = address + size;
    }
    expect(free).toBeLessThanOrEqual(core.memory.buffer.byteLength);
  });

  it("take no state larger than the buffer", () => {
    const { core } = new TestTpm();
    expect(core.loadState(core.stateCapacity() + 1)).toBe(TOO_LARGE);
    expect(core.loadState(core.stateCapacity())).not.toBe(0);
  });
});
