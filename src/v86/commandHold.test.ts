import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommandHold } from "./commandHold.ts";
import type { Platform } from "./platform.ts";
import { attach, event, SlowBackend, word } from "./testkit/attached.ts";
import { pause, until } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const ACCESS_0 = 0xfed4_0000;
const STS_0 = 0xfed4_0018;
const FIFO_0 = 0xfed4_0024;

let tpm: SlowBackend;
beforeEach(() => {
  tpm = new SlowBackend();
});

describe("while the TPM executes a command", () => {
  /** The guest has locality 0, sends a command of ten bytes with this code, and counts the looks at STS afterwards. */
  const LOOKS = 0x704;
  const send = (code: number) => [
    ...x86.store8At(ACCESS_0, 0x02),
    ...x86.store8At(STS_0, 0x40),
    ...[0x80, 0x01, 0, 0, 0, 10, code >>> 24, (code >>> 16) & 0xff, (code >>> 8) & 0xff, code & 0xff].flatMap((byte) =>
      x86.store8At(FIFO_0, byte),
    ),
    ...x86.store8At(STS_0, 0x20),
    ...x86.loop(x86.load8(STS_0), x86.store8(0x700), x86.increment(LOOKS)),
  ];
  const becomeKernel = [
    ...x86.setEax(0x83),
    ...x86.store32(0x1000),
    ...x86.setEax(0xfec0_0083),
    ...x86.store32(0x1000 + 4 * (0xfed4_0000 >>> 22)),
    ...x86.enableLargePages(),
    ...x86.enablePaging(0x1000),
  ];
  const ANSWER = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0);

  async function started(...program: number[][]) {
    const made = attach(tpm, program);
    tpm.becomeReady();
    await made.attachment.ready;
    await until(() => tpm.pending.length === 1);
    // What was left of the slice.
    await pause();
    return { ...made, looks: () => word(made.emulator, LOOKS) };
  }

  it.each([
    ["TPM2_GetRandom", 0x17b],
    ["TPM2_CreatePrimary", 0x131],
  ])("firmware is held until the answer is there: %s", async (_, code) => {
    const { emulator, looks } = await started(send(code));
    const held = looks();
    await pause();
    expect(looks()).toBe(held);
    await tpm.answer(ANSWER);
    await until(() => looks() > held);
    expect(word(emulator, 0x700) & 0x10).toBe(0x10);
  });

  it("an operating system is held, too", async () => {
    const { looks } = await started(becomeKernel, send(0x17b));
    const held = looks();
    await pause();
    expect(looks()).toBe(held);
    await tpm.answer(ANSWER);
    await until(() => looks() > held);
  });

  it.each([
    ["TPM2_Create", 0x153],
    ["TPM2_CreatePrimary", 0x131],
    ["TPM2_CreateLoaded", 0x191],
  ])("but not by %s, during which it runs on", async (_, code) => {
    const { looks } = await started(becomeKernel, send(code));
    const seen = looks();
    await until(() => looks() > seen + 3);
    await tpm.answer(ANSWER);
  });

  it("a reset ends the hold", async () => {
    const { emulator, looks } = await started(send(0x17b));
    const held = looks();
    emulator.restart();
    await until(() => tpm.pending.length === 2);
    expect(tpm.calls).toEqual(["powerOn", "powerOn"]);
    await pause();
    const again = looks();
    expect(again).toBeGreaterThan(held);
    await pause();
    expect(looks()).toBe(again);
  });

  it("power off and a stop work at once", async () => {
    const { emulator, attachment } = await started(send(0x17b));
    await emulator.stop();
    expect(emulator.is_running()).toBe(false);
    await attachment.powerOff();
    expect(tpm.calls).toEqual(["powerOn", "powerOff"]);
  });

  it("a backend that dies ends the hold, and the guest reads TPM_RC_FAILURE", async () => {
    const { attachment, emulator, looks } = await started(send(0x17b));
    const failed = event(attachment, "failed");
    const held = looks();
    await tpm.fail(new Error("the worker is gone"));
    expect(await failed).toMatchObject({ message: "the worker is gone" });
    await until(() => looks() > held);
    expect(word(emulator, 0x700) & 0x10).toBe(0x10);
  });

  it("detaching ends the hold", async () => {
    const { attachment, looks } = await started(send(0x17b));
    const held = looks();
    attachment.detach();
    await until(() => looks() > held);
  });
});

describe("a guest that is held for longer than a second", () => {
  afterEach(() => vi.useRealTimers());

  it("is said to wait for its TPM, once, until it goes on", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting: boolean[] = [];
    const platform = { paging: false, hold: () => () => {}, endSlice: () => {} } as unknown as Platform;
    const hold = new CommandHold(platform, (now) => waiting.push(now));
    const command = { code: 0x17b, hurried: false };
    hold.follow(command);
    vi.advanceTimersByTime(999);
    hold.follow(null);
    vi.advanceTimersByTime(5000);
    expect(waiting).toEqual([]);
    hold.follow(command);
    hold.follow({ ...command, hurried: true });
    vi.advanceTimersByTime(1000);
    expect(waiting).toEqual([true]);
    hold.follow(null);
    hold.release();
    expect(waiting).toEqual([true, false]);
  });

  it("an aborted command is waited for by any guest", () => {
    let holds = 0;
    const begin = () => {
      holds++;
      return () => {};
    };
    const platform = { paging: true, hold: begin, endSlice: () => {} } as unknown as Platform;
    const hold = new CommandHold(platform, () => {});
    const command = { code: 0x131, hurried: false };
    hold.follow(command);
    expect(holds).toBe(0);
    hold.follow({ ...command, hurried: true });
    expect(holds).toBe(1);
    hold.release();
  });
});
