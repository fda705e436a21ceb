import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type PcrSelection, type PcrValue, parseBanks } from "./pcrCommands.ts";
import { PcrWatcher } from "./pcrWatcher.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const success = bytes("80010000000a00000000");
const failure = bytes("80010000000a00000101");
const startup = bytes("80010000000c000001440000");
const getRandom = bytes("80010000000c0000017b0008");
const extend = (pcr: number) => bytes(`800200000041000001820000${pcr.toString(16).padStart(4, "0")}`);

/** Answers TPM2_GetCapability and TPM2_PCR_Read as a TPM with two banks does: at most eight digests a time. */
class FakeTpm {
  readonly commands: string[] = [];
  responseCode = 0;

  readonly execute = async (command: Uint8Array): Promise<Uint8Array> => {
    const code = Buffer.from(command).toString("hex", 8, 10);
    this.commands.push(code);
    if (this.responseCode !== 0) return bytes("80010000000a00000101");
    if (code === "017a") return bytes("8001000000200000000000000000050000000200040300ffff000b03ffffff");
    return this.#read(command.subarray(10));
  };

  #read(list: Uint8Array): Uint8Array {
    // The selection has the form that parseBanks reads behind 15 bytes.
    const wanted = parseBanks(new Uint8Array([...new Uint8Array(15), ...list]));
    const digests: string[] = [];
    const selected = wanted.map(({ algorithm, pcrs }) => {
      let bits = 0;
      for (const pcr of pcrs) {
        if (digests.length === 8) break;
        bits |= 1 << pcr;
        const size = algorithm === 4 ? 20 : 32;
        digests.push(size.toString(16).padStart(4, "0") + pcr.toString(16).padStart(2, "0").repeat(size));
      }
      const octets = [bits, bits >> 8, bits >> 16].map((octet) => (octet & 0xff).toString(16).padStart(2, "0"));
      return `${algorithm.toString(16).padStart(4, "0")}03${octets.join("")}`;
    });
    const count = (items: readonly string[]) => items.length.toString(16).padStart(8, "0");
    return bytes(
      `8001000000000000000000000001${count(selected)}${selected.join("")}${count(digests)}${digests.join("")}`,
    );
  }
}

let tpm: FakeTpm;
let seen: { banks: readonly PcrSelection[]; values: readonly PcrValue[] }[];
let watcher: PcrWatcher;

beforeEach(() => {
  vi.useFakeTimers();
  tpm = new FakeTpm();
  seen = [];
  watcher = new PcrWatcher({
    execute: tpm.execute,
    onValues: (banks, values) => seen.push({ banks, values }),
    now: () => Date.now(),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe("after TPM2_Startup", () => {
  test("all PCRs of all banks are read, in as many commands as it takes", async () => {
    watcher.observe(startup, success);
    await pass(1000);
    expect(seen).toHaveLength(1);
    expect(seen[0]!.banks.map(({ algorithm, pcrs }) => [algorithm, pcrs.length])).toEqual([
      [4, 16],
      [11, 24],
    ]);
    expect(seen[0]!.values).toHaveLength(40);
    expect(seen[0]!.values).toContainEqual({ algorithm: 11, pcr: 23, hex: "17".repeat(32) });
    expect(tpm.commands).toEqual(["017a", ...Array(5).fill("017e")]);
  });

  test("later changes are read alone, all banks in one command", async () => {
    watcher.observe(startup, success);
    await pass(1000);
    watcher.observe(extend(16), success);
    watcher.observe(extend(10), success);
    await pass(1000);
    expect(seen[1]!.values.map(({ algorithm, pcr }) => [algorithm, pcr])).toEqual([
      [4, 10],
      [4, 16],
      [11, 10],
      [11, 16],
    ]);
    expect(tpm.commands.slice(6)).toEqual(["017e"]);
  });

  test("a failed change and commands that change no PCR cause no reading", async () => {
    watcher.observe(extend(16), failure);
    watcher.observe(getRandom, success);
    await pass(10_000);
    expect(tpm.commands).toEqual([]);
  });
});

describe("the guest goes first", () => {
  test("nothing is read while its commands follow each other closely", async () => {
    watcher.observe(startup, success);
    for (let i = 0; i < 10; i++) {
      await pass(100);
      watcher.observe(getRandom, success);
      expect(tpm.commands).toEqual([]);
    }
    await pass(150);
    expect(seen).toHaveLength(1);
  });

  test("a guest that never rests does not starve the panel", async () => {
    watcher.observe(startup, success);
    for (let i = 0; i < 20; i++) {
      await pass(100);
      watcher.observe(getRandom, success);
    }
    expect(seen).toHaveLength(1);
  });
});

describe("reset", () => {
  test("what was to be read is forgotten", async () => {
    watcher.observe(startup, success);
    watcher.forget();
    await pass(10_000);
    expect(tpm.commands).toEqual([]);
  });

  test("an answer from before the reset is dropped", async () => {
    let answer: (response: Uint8Array) => void = () => {};
    const slow = new PcrWatcher({
      execute: () => new Promise((resolve) => (answer = resolve)),
      onValues: (banks, values) => seen.push({ banks, values }),
      now: () => Date.now(),
    });
    slow.observe(startup, success);
    await pass(1000);
    slow.forget();
    answer(await tpm.execute(bytes("8001000000160000017a000000050000000000000001")));
    await pass(1000);
    expect(seen).toEqual([]);
  });

  test("a TPM that refuses is left alone until the next Startup", async () => {
    tpm.responseCode = 0x101;
    watcher.observe(startup, success);
    await pass(10_000);
    expect(seen).toEqual([]);
    expect(tpm.commands).toEqual(["017a"]);
    tpm.responseCode = 0;
    watcher.observe(startup, success);
    await pass(1000);
    expect(seen).toHaveLength(1);
  });
});
