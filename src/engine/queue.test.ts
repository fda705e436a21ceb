import { describe, expect, it } from "vitest";
import { errorOf } from "../store/testkit/errorOf.ts";
import { type Job, JobQueue } from "./queue.ts";
import { gate } from "./testkit/bench.ts";

const nothing = async () => {};

describe("JobQueue", () => {
  it("runs one job after the other, in the order of the calls, and none before the call returns", async () => {
    const queue = new JobQueue();
    const order: string[] = [];
    const first = gate();
    const work = (name: string, until?: Promise<void>) => async () => {
      order.push(`${name} begins`);
      await until;
      order.push(`${name} ends`);
    };
    const jobs = [queue.add("control", work("a", first.promise)), queue.add("command", work("b"))];
    expect([order, queue.isIdle]).toEqual([[], false]);
    await Promise.resolve();
    expect(order).toEqual(["a begins"]);
    first.release();
    await Promise.all(jobs);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("is idle before its first job and after its last, also when that failed", async () => {
    const queue = new JobQueue();
    expect(queue.isIdle).toBe(true);
    const failed = queue.add("command", async () => {
      throw new Error("no");
    });
    expect(queue.isIdle).toBe(false);
    expect((await errorOf(failed)).message).toBe("no");
    await queue.add("control", nothing);
    await Promise.resolve();
    expect(queue.isIdle).toBe(true);
  });

  it("names the command to cancel: the one in execution, else the next, never one that is over", async () => {
    const queue = new JobQueue();
    const jobs: Job[] = [];
    const keep = async (job: Job) => void jobs.push(job);
    await queue.add("command", keep);
    await Promise.resolve();
    expect(queue.firstCommand).toBeUndefined();
    const control = queue.add("control", nothing);
    const next = queue.add("command", keep);
    const cancelled = queue.firstCommand as Job;
    cancelled.isCancelled = true;
    await Promise.all([control, next]);
    expect(jobs.map(({ isCancelled }) => isCancelled)).toEqual([false, true]);
    const inExecution = queue.add("command", async (job) => {
      expect(queue.firstCommand).toBe(job);
    });
    void queue.add("command", nothing);
    await inExecution;
  });

  it("loses commands and events with the power, in execution and waiting, and keeps the rest", async () => {
    const queue = new JobQueue();
    const running = gate();
    const command = queue.add("command", () => running.promise);
    const event = queue.add("event", nothing);
    const control = queue.add("control", async () => "kept");
    await Promise.resolve();
    queue.loseAll(new Error("power"));
    expect((await errorOf(command)).message).toBe("power");
    expect((await errorOf(event)).message).toBe("power");
    running.release();
    expect(await control).toBe("kept");
  });
});
