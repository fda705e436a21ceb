import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { InlineTpm, TpmEvents } from "../../src/node/index.ts";
import { Explorer } from "./explorer.ts";
import { getRandom, pcrExtend, startedTpm } from "./testkit/tpm.ts";

let tpm: InlineTpm;
let looks: number;
let explorer: Explorer;
let seen: () => Promise<void>;

beforeEach(async () => {
  tpm = await startedTpm();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  looks = 0;
  const waiting: (() => void)[] = [];
  seen = () => new Promise((resolve) => waiting.push(resolve));
  explorer = new Explorer({
    tpm: {
      async inspect() {
        looks++;
        try {
          return await tpm.inspect();
        } finally {
          // What waits for the answer goes first.
          queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => waiting.shift()?.())));
        }
      },
      on: <Name extends keyof TpmEvents>(name: Name, listener: (value: TpmEvents[Name]) => void) =>
        tpm.on(name, listener),
      busy: false,
    },
    now: () => Date.now(),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await tpm.close();
});

const pcr16 = () =>
  explorer.store.value.inspection?.pcrs.banks.find(({ hashAlg }) => hashAlg === "TPM_ALG_SHA256")?.values.get(16);

test("nothing is looked at while it is closed", async () => {
  await tpm.execute(getRandom);
  vi.advanceTimersByTime(100_000);
  expect([looks, vi.getTimerCount()]).toEqual([0, 0]);
});

test("it looks when it is opened, and after commands have paused, and no longer when it is closed", async () => {
  const first = seen();
  explorer.show(true);
  await first;
  expect(pcr16()).toEqual(new Uint8Array(32));
  await tpm.execute(pcrExtend(16));
  expect(looks).toBe(1);
  const second = seen();
  vi.advanceTimersByTime(150);
  await second;
  expect([looks, pcr16()?.some((octet) => octet !== 0)]).toEqual([2, true]);
  explorer.show(false);
  await tpm.execute(getRandom);
  vi.advanceTimersByTime(100_000);
  expect(looks).toBe(2);
});

test("a TPM without power has nothing to show", async () => {
  const first = seen();
  explorer.show(true);
  await first;
  const second = seen();
  await tpm.powerOff();
  vi.advanceTimersByTime(150);
  await second;
  expect(explorer.store.value.inspection).toBeNull();
});
