import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { liveness, ownIdentity, withLock } from "./lock.mjs";

/** Larger than any pid. */
const NOBODY = 2 ** 22 + 1;

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "tabtpm-lock-")), "lock");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const self = ownIdentity();

/** A lock that somebody holds. */
function leave(number: number, content: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `lock.${number}`), typeof content === "string" ? content : JSON.stringify(content));
}

describe("the build's lock", () => {
  it("lets one in at a time, whoever comes", async () => {
    let inside = 0;
    const order: number[] = [];
    const one = async (which: number) => {
      await withLock(folder, async () => {
        expect(++inside).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push(which);
        inside--;
      });
    };
    await Promise.all([0, 1, 2, 3, 4].map(one));
    expect(order.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("gives back what the body returns or throws, and is free then", async () => {
    expect(await withLock(folder, async () => 5)).toBe(5);
    await expect(withLock(folder, () => Promise.reject(new Error("no compiler")))).rejects.toThrow("no compiler");
    expect(await withLock(folder, async () => 6)).toBe(6);
  });

  it("is not held by the dead", async () => {
    leave(7, { ...self, pid: NOBODY });
    expect(await withLock(folder, async () => readdirSync(folder))).toEqual(["lock.8"]);
  });

  it("tells who is waited for, once, and waits until it is released", async () => {
    leave(3, self);
    const holders: unknown[] = [];
    const waiting = withLock(folder, async () => readdirSync(folder), {
      onWait: (holder) => {
        holders.push(holder);
        // Not before it was seen to be held.
        leave(3, { released: true });
      },
    });
    expect(await waiting).toEqual(["lock.4"]);
    expect(holders).toEqual([self]);
  });

  it.each([
    ["one of another host", { ...self, host: "elsewhere", boot: "another boot" }],
    ["one that is torn", "{"],
  ])("is taken from %s when nothing renews it", async (_, content) => {
    leave(1, content);
    expect(await withLock(folder, async () => readdirSync(folder), { silenceMs: 1 })).toEqual(["lock.2"]);
  });

  it("does not wait for ever for one that lives", async () => {
    leave(1, self.startTime === null ? { ...self, host: "elsewhere" } : self);
    const waiting = withLock(folder, async () => "inside", { patienceMs: 1 });
    await expect(waiting).rejects.toThrow(`Process ${self.pid} on`);
    expect(readdirSync(folder)).toEqual(["lock.1"]);
  });

  it("says as it is that the folder can't be made", async () => {
    writeFileSync(folder, "");
    await expect(withLock(folder, async () => "inside")).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("is released although somebody removed it", async () => {
    await withLock(folder, async () => rmSync(folder, { recursive: true }));
    expect(await withLock(folder, async () => readFileSync(join(folder, "lock.1"), "utf8"))).toContain(`${self.pid}`);
  });
});

describe("a builder", () => {
  const alive = self.startTime === null ? "unknown" : "alive";
  const reused = self.startTime === null ? "unknown" : "dead";
  it.each([
    ["this process", self, alive],
    ["a pid that lives again in another process", { ...self, startTime: "1" }, reused],
    ["a pid that nobody has", { ...self, pid: NOBODY }, "dead"],
    ["one whose start nobody knows", { ...self, startTime: null }, "unknown"],
    ["one on another host", { ...self, host: "elsewhere", boot: "another boot" }, "unknown"],
    ["one in another container", { ...self, pids: "pid:[1]" }, "unknown"],
    ["one in another container of this machine", { ...self, host: "elsewhere", pids: "pid:[1]" }, "unknown"],
  ])("%s is %s", (_, other, expected) => {
    expect(liveness(other, self)).toBe(expected);
  });

  it("from before the machine started anew is dead", () => {
    const here = { ...self, boot: "this boot" };
    expect(liveness({ ...here, boot: "the last boot" }, here)).toBe("dead");
  });

  it("on a host without /proc is told from others by the host's name", () => {
    const here = { ...self, boot: null, pids: null };
    expect(liveness({ ...here, host: "elsewhere" }, here)).toBe("unknown");
    expect(liveness({ ...here, pid: NOBODY }, here)).toBe("dead");
  });
});
