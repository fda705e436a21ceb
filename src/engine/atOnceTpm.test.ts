import { describe, expect, it } from "vitest";
import { errorOf } from "../store/testkit/errorOf.ts";
import { begin } from "./atOnceTpm.ts";
import { JobQueue } from "./queue.ts";
import { gate } from "./testkit/bench.ts";

describe("a command that begins at once", () => {
  it("begins a job at once where it is idle, and gives what that gives; what comes meanwhile waits for it", async () => {
    const queue = new JobQueue();
    const order: string[] = [];
    let inside: Promise<void> | undefined;
    const answer = begin(queue, false, (job) => {
      expect([queue.isIdle, queue.isBusy, queue.firstCommand]).toEqual([false, true, job]);
      inside = queue.add("event", async () => void order.push("added"));
      order.push("begun");
      return "answer";
    });
    expect([answer, order]).toEqual(["answer", ["begun"]]);
    expect(() => begin(queue, false, () => "overtakes")).toThrow("would overtake others");
    await inside;
    await Promise.resolve();
    expect([order, queue.isIdle]).toEqual([["begun", "added"], true]);

    const first = gate();
    const later = begin(queue, false, async () => {
      await first.promise;
      return "later";
    });
    const next = queue.add("command", async () => "next");
    expect([later instanceof Promise, queue.isIdle]).toEqual([true, false]);
    first.release();
    expect([await later, await next]).toEqual(["later", "next"]);
  });

  it("goes on after a job that began at once and failed, at once or later, or was lost with the power", async () => {
    const queue = new JobQueue();
    const fail = () => {
      throw new Error("no");
    };
    expect(() => begin(queue, false, fail)).toThrow("no");
    expect(queue.isIdle).toBe(true);
    const failed = begin(queue, false, async () => fail());
    const afterFailed = queue.add("control", async () => "goes on");
    expect((await errorOf(failed as Promise<never>)).message).toBe("no");
    expect(await afterFailed).toBe("goes on");
    await Promise.resolve();

    const running = gate();
    const lost = begin(queue, false, () => running.promise);
    const afterLost = queue.add("control", async () => "goes on");
    queue.loseAll(new Error("power"));
    expect((await errorOf(lost as Promise<void>)).message).toBe("power");
    running.release();
    expect(await afterLost).toBe("goes on");
    await Promise.resolve();
    expect(queue.isIdle).toBe(true);
  });
});
