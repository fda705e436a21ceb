import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TpmClient } from "../client/client.ts";
import { MemoryStore } from "../store/memory.ts";
import type { Tpm } from "./api.ts";
import type { TpmProfile } from "./core.ts";
import { IdleTests } from "./idleTests.ts";
import { nodePlatform } from "./node.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { coreFactory } from "./wasm.ts";

/** Only the clock of the tests: queues and ports go on by themselves. */
const withFakeTimers = () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());
};

describe("tests while it is idle", () => {
  withFakeTimers();

  it("one after the other, once it has been quiet, until there are no more", () => {
    let left = 3;
    const test = vi.fn(() => --left > 0);
    const idle = new IdleTests(test);
    idle.expect();
    vi.advanceTimersToNextTimer();
    expect(test).not.toHaveBeenCalled();
    idle.expect();
    vi.advanceTimersToNextTimer();
    // There was a command since.
    expect(test).not.toHaveBeenCalled();
    vi.advanceTimersToNextTimer();
    expect(test).toHaveBeenCalledTimes(1);
    vi.runAllTimers();
    expect(test).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(0);
    // After the next command it looks again, in vain.
    idle.expect();
    vi.runAllTimers();
    expect(test).toHaveBeenCalledTimes(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stop when they are stopped, or a command comes", () => {
    const test = vi.fn(() => true);
    const idle = new IdleTests(test);
    idle.expect();
    for (let i = 0; i < 3; i++) vi.advanceTimersToNextTimer();
    const calls = test.mock.calls.length;
    expect(calls).toBeGreaterThan(0);
    idle.expect();
    vi.advanceTimersToNextTimer();
    expect(test).toHaveBeenCalledTimes(calls);
    idle.stop();
    vi.runAllTimers();
    expect(test).toHaveBeenCalledTimes(calls);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each(BACKENDS)("a TPM's self-tests, %s", (_name, make) => {
  withFakeTimers();
  let tpm: Tpm;
  const start = async (options: { idleSelfTests?: boolean; profile?: TpmProfile }) => {
    const newCore = coreFactory(nodePlatform.wasm, nodePlatform.compile);
    tpm = make({ store: new MemoryStore(), newCore, ...options });
    const client = new TpmClient(tpm);
    await tpm.powerOn();
    const startup = () => client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const testResult = async () => (await client.call("GetTestResult", {})).parameters.testResult;
    return { client, startup, testResult };
  };
  afterEach(() => tpm.close());
  const NEEDS_TEST = 0x153;

  it("run by themselves where the host wants it, after TPM2_Startup, in each power cycle", async () => {
    const { client, startup, testResult } = await start({ idleSelfTests: true });
    await expect(client.call("GetRandom", { parameters: { bytesRequested: 1 } })).rejects.toThrow();
    vi.runAllTimers();
    for (let cycle = 0; cycle < 2; cycle++) {
      await startup();
      expect(await testResult()).toBe(NEEDS_TEST);
      vi.runAllTimers();
      expect(await testResult()).toBe(0);
      await tpm.powerOn();
    }
  });

  it("don't for a TPM that was only created", async () => {
    const { startup, testResult } = await start({});
    await startup();
    vi.runAllTimers();
    expect(vi.getTimerCount()).toBe(0);
    expect(await testResult()).toBe(NEEDS_TEST);
  });

  it("end with the power", async () => {
    const { startup } = await start({ idleSelfTests: true });
    await startup();
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await tpm.powerOff();
    await tpm.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are all done from the start for clients of libtpms-0.9", async () => {
    const { startup, testResult } = await start({ profile: "libtpms-0.9" });
    await startup();
    expect(await testResult()).toBe(0);
  });
});
