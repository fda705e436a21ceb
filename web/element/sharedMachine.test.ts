import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MachineSettings } from "./attributes.ts";
import { type MachineWatcher, SharedMachine } from "./sharedMachine.ts";

const made = vi.hoisted(() => ({
  onTpmFailed: (_: unknown) => {},
  isOn: false,
  powersOn: () => {},
  takesOver: async () => {},
}));

vi.mock("../../src/index.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/index.ts")>()),
  createMachine: async () => ({
    on: () => {},
    powerOn: async () => {
      made.isOn = true;
      made.powersOn();
    },
    powerOff: async () => {
      made.isOn = false;
    },
    destroy: async () => {},
  }),
}));
vi.mock("../../src/entries/workerTpm.ts", () => ({
  createWorkerTpm: () => ({
    ready: Promise.resolve(),
    on: () => {},
    takeOver: () => made.takesOver(),
    shutDown: async () => true,
    close: async () => {},
  }),
}));
vi.mock("../pc/parts.ts", () => ({
  fetchEmulator: async () => null,
  GuestParts: class {
    get = async () => ({});
  },
}));
vi.mock("../pc/follower.ts", () => ({
  Follower: class {
    constructor({ onTpmFailed }: { onTpmFailed: (error: unknown) => void }) {
      made.onTpmFailed = onTpmFailed;
    }
    follow() {}
  },
}));

const settings: MachineSettings = {
  state: "lesson",
  interface: "tis",
  memoryMiB: undefined,
  lesson: null,
  demo: null,
  addresses: { images: new URL("https://example.org/guest/") },
};
let shared: SharedMachine;
let errors: string[];
const watcher: MachineWatcher = {
  onReady() {},
  onStage() {},
  onCommand() {},
  onOutput() {},
  onError: ({ message }) => void errors.push(message),
};

beforeEach(async () => {
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  errors = [];
  made.powersOn = () => {};
  made.takesOver = async () => {};
  shared = SharedMachine.named("lesson");
  shared.join(watcher);
  await shared.start(settings);
});
afterEach(() => {
  shared.leave(watcher);
  vi.unstubAllGlobals();
});

test("a PC whose TPM was taken over is off, and runs again once its TPM was taken back", async () => {
  expect(shared.life.value).toEqual({ phase: "made", error: null });
  made.onTpmFailed(new Error("taken over"));
  expect([shared.life.value.phase, made.isOn, errors]).toEqual(["failed", false, ["taken over"]]);
  await shared.takeOver(settings);
  expect([shared.life.value, made.isOn]).toEqual([{ phase: "made", error: null }, true]);
});

test("a TPM that can't be taken back is said", async () => {
  made.onTpmFailed(new Error("taken over"));
  made.takesOver = () => Promise.reject(new Error("the disk is gone"));
  await expect(shared.takeOver(settings)).rejects.toThrow("the disk is gone");
  expect([shared.life.value.phase, errors]).toEqual(["failed", ["taken over", "the disk is gone"]]);
});

test("a PC that is started without taking its TPM back does not hide that it is gone", async () => {
  made.onTpmFailed(new Error("taken over"));
  made.powersOn = () => made.onTpmFailed(new Error("still taken over"));
  await shared.start(settings);
  expect([shared.life.value.error?.message, made.isOn]).toEqual(["still taken over", false]);
});

test("a TPM that is kept is not replaced, and its machine is no lesson's", async () => {
  await expect(shared.renewTpm()).rejects.toThrow("The TPM is kept under a name");
  expect(shared.isGuided).toBe(false);
});

test("a machine that is started for a lesson is the first one's that asks", async () => {
  const other = SharedMachine.named("lesson=pcrs");
  other.join(watcher);
  expect(other.isGuided).toBe(false);
  await other.start({ ...settings, state: null, lesson: "pcrs" });
  expect([other.isGuided, other.takeForGuide(), other.takeForGuide()]).toEqual([true, true, false]);
  other.leave(watcher);
});
