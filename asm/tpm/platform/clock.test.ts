import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u8, u64 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { lockoutCounter, readClock } from "../../testkit/readings.ts";

const setClock = (time: bigint) => command(CC.ClockSet, [RH.OWNER], [u64(time)], [password()]);
const adjust = (step: number) => command(CC.ClockRateAdjust, [RH.OWNER], [u8(step)], [password()]);

describe("Time and Clock", () => {
  it("count milliseconds while the TPM has power; Time starts again at _TPM_Init", () => {
    const tpm = new TestTpm();
    tpm.now += 500;
    tpm.startup();
    tpm.now += 250.75;
    expect(readClock(tpm)).toMatchObject({ time: 750n, clock: 750n, resetCount: 1, restartCount: 0, safe: 1 });
    tpm.now += 0.25;
    expect(readClock(tpm).time).toBe(751n);
    tpm.shutdown();
    const again = tpm.powerCycle();
    again.startup();
    const info = readClock(again);
    expect(info.time).toBe(0n);
    expect(info.clock).toBe(751n);
    expect(info).toMatchObject({ resetCount: 2, safe: 1 });
  });

  it("a host clock that stands still or goes back changes nothing", () => {
    const tpm = TestTpm.started();
    tpm.now += 100;
    const { time } = readClock(tpm);
    tpm.now -= 1000;
    expect(readClock(tpm).time).toBe(time);
    tpm.now += 1001;
    expect(readClock(tpm).time).toBe(time + 1n);
  });

  it("after a disorderly shutdown Clock is not safe until it passes an update interval", () => {
    const tpm = TestTpm.started();
    tpm.now += 10_000;
    readClock(tpm);
    const again = tpm.powerCycle();
    again.startup();
    expect(readClock(again).safe).toBe(0);
    again.now += 4096;
    expect(readClock(again).safe).toBe(1);
  });

  it("goes back by less than one interval when power is cut", () => {
    const tpm = TestTpm.started();
    for (let i = 0; i < 50; i++) {
      tpm.now += 777;
      readClock(tpm);
    }
    const last = readClock(tpm).clock;
    const again = tpm.powerCycle();
    again.startup();
    const behind = last - readClock(again).clock;
    expect(behind >= 0n && behind < 4096n).toBe(true);
  });

  it("passing an interval asks for a commit, in whatever command", () => {
    const tpm = TestTpm.started();
    const commits = tpm.commits;
    tpm.now += 100;
    tpm.run(command(CC.GetTestResult));
    expect(tpm.commits).toBe(commits);
    tpm.now += 4096;
    tpm.run(command(CC.GetTestResult));
    expect(tpm.commits).toBe(commits + 1);
  });

  it("when that commit fails the command stands, unless it tells the time", () => {
    const tpm = TestTpm.started();
    tpm.now += 5000;
    tpm.storeFails = true;
    expect(tpm.run(command(CC.GetTestResult)).rc).toBe(0);
    expect(tpm.run(command(CC.ReadClock)).rc).toBe(0);
    tpm.now += 5000;
    expect(tpm.run(command(CC.ReadClock)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    tpm.storeFails = false;
    expect(readClock(tpm).time).toBe(10_000n);
  });
});

describe("TPM2_ClockSet", () => {
  it("sets Clock forward, durably", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(setClock(1_000_000n)).rc).toBe(0);
    tpm.now += 5;
    expect(readClock(tpm).clock).toBe(1_000_005n);
    expect(tpm.run(setClock(1_000_004n)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    const again = tpm.powerCycle();
    again.startup();
    expect(readClock(again).clock >= 1_000_000n).toBe(true);
  });

  it("needs NV", () => {
    const tpm = TestTpm.started();
    const before = readClock(tpm).clock;
    tpm.storeFails = true;
    expect(tpm.run(setClock(1_000_000n)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(readClock(tpm).clock).toBe(before);
  });
});

describe("TPM2_ClockRateAdjust", () => {
  it("makes Clock run faster or slower, until the next _TPM_Init", () => {
    for (const [step, expected] of [
      [3, (1_000_000 * 30000) / 29700],
      [2, (1_000_000 * 30000) / 29970],
      [1, (1_000_000 * 30000) / 29999],
      [0, 1_000_000],
      [0xff, (1_000_000 * 30000) / 30001],
      [0xfe, (1_000_000 * 30000) / 30030],
      [0xfd, (1_000_000 * 30000) / 30300],
    ] as const) {
      const tpm = TestTpm.started();
      expect(tpm.run(adjust(step)).rc).toBe(0);
      tpm.now += 1_000_000;
      expect(readClock(tpm).time).toBe(BigInt(Math.floor(expected)));
      tpm.core.powerOn();
      tpm.startup();
      tpm.now += 1000;
      expect(readClock(tpm).time).toBe(1000n);
    }
  });

  it("stays within its limits", () => {
    const tpm = TestTpm.started();
    for (let i = 0; i < 40; i++) expect(tpm.run(adjust(3)).rc).toBe(0);
    tpm.now += 1_000_000;
    expect(readClock(tpm).time).toBe(BigInt(Math.floor((1_000_000 * 30000) / 25000)));
  });
});

describe("TPM2_Clear", () => {
  it("sets Clock and the counters to zero", () => {
    const tpm = TestTpm.started();
    tpm.now += 9_000;
    readClock(tpm);
    expect(tpm.run(command(CC.Clear, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(readClock(tpm)).toMatchObject({ clock: 0n, resetCount: 0, restartCount: 0, safe: 1 });
    expect(lockoutCounter(tpm)).toBe(0);
  });
});
