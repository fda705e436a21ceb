import { hostname } from "node:os";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { liveness, ownIdentity, type ProcessIdentity, type ProcessTable } from "./processIdentity.ts";

const SELF: ProcessIdentity = {
  pid: 100,
  threadId: 0,
  startTime: "5000",
  host: "here",
  bootId: "this boot",
  pidNamespace: "pid:[1]",
};
const OTHER: ProcessIdentity = { ...SELF, pid: 200, startTime: "6000" };

/** A line of /proc/<pid>/stat of Linux 6.1, with that state (field 3) and start time (field 22). */
const statLine = (state: string, startTime: string, name = "node") =>
  `200 (${name}) ${state} 1 200 200 34816 200 4194560 900 0 0 0 5 1 0 0 20 0 11 0 ${startTime} 1000000 9000 18446744073709551615 1 1 0 0`;

/** A machine where process 200 is as told. */
const machine = (state: Partial<Record<"stat", string> & Record<"threads", number>> | null): ProcessTable => ({
  exists: (pid) => pid === 200 && state !== null,
  stat: () => state?.stat ?? null,
  threadCount: () => state?.threads ?? null,
});

describe("whether another process lives", () => {
  it.each<[string, Parameters<typeof machine>[0], string]>([
    ["it runs", { stat: statLine("S", "6000"), threads: 11 }, "alive"],
    ["it has ended", null, "dead"],
    ["its pid belongs to a later process", { stat: statLine("S", "6001"), threads: 11 }, "dead"],
    ["it was killed, and its parent has not looked yet", { stat: statLine("Z", "6000"), threads: 1 }, "dead"],
    ["it is just disappearing", { stat: statLine("X", "6000"), threads: 0 }, "dead"],
    // One of them may be in the middle of a write that was begun before the kill.
    ["its main thread has ended, others have not", { stat: statLine("Z", "6000"), threads: 2 }, "alive"],
    ["it is a zombie whose threads can't be counted", { stat: statLine("Z", "6000") }, "dead"],
    ["there is no /proc, as on macOS", {}, "alive"],
    ["its name looks like a state", { stat: statLine("S", "6000", "a) Z (b"), threads: 1 }, "alive"],
    ["/proc has something else", { stat: "200 (node)" }, "alive"],
  ])("%s", (_what, state, expected) => {
    expect(liveness(OTHER, SELF, machine(state))).toBe(expected);
  });

  const lives = machine({ stat: statLine("S", "6000"), threads: 11 });
  it.each<[string, Partial<ProcessIdentity>, string]>([
    ["on another host", { host: "there", bootId: "its boot" }, "unknown"],
    ["on another host without boot ids", { host: "there", bootId: null }, "unknown"],
    ["under another name of this host", { host: "there" }, "alive"],
    ["before the last boot", { bootId: "the boot before" }, "dead"],
    ["in another container", { pidNamespace: "pid:[2]" }, "unknown"],
    ["on a system that knows no start times", { startTime: null, bootId: null, pidNamespace: null }, "alive"],
  ])("recorded %s", (_what, changes, expected) => {
    expect(liveness({ ...OTHER, ...changes }, SELF, lives)).toBe(expected);
  });

  it("is so of this one, and of no process of that pid that started at another time", () => {
    const self = ownIdentity();
    expect(self).toMatchObject({ pid: process.pid, host: hostname() });
    expect(liveness(self, self)).toBe("alive");
    if (self.startTime !== null) expect(liveness({ ...self, startTime: "1" }, self)).toBe("dead");
    // Above the largest pid of any Linux.
    expect(liveness({ ...self, pid: 2 ** 22 + 1 }, self)).toBe("dead");
  });
});
