import { describe, expect, test } from "vitest";
import type { Locality } from "../engine/backend.ts";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { randomFrom } from "../testkit/random.ts";
import { TisDevice } from "./device.ts";
import {
  LOCALITY_SHIFT,
  REG_ACCESS,
  REG_DATA_FIFO,
  REG_INT_ENABLE,
  REG_INT_STATUS,
  REG_STS,
  REG_XDATA_FIFO,
  REG_XDATA_FIFO_END,
  STS_COMMAND_READY,
  STS_EXPECT,
  STS_GO,
  STS_RESPONSE_RETRY,
  STS_SELF_TEST_DONE,
  STS_VALID,
  TIS_SIZE,
} from "./registers.ts";
import { response } from "./testkit/guest.ts";

const ACCESSES = 1_000_000;
const SEED = 0x7150;

type Size = 1 | 2 | 4;
type Below = (bound: number) => number;

const pick = <T>(below: Below, values: readonly T[]): T => values[below(values.length)]!;

/**
 * Follows a guest by its accesses and by what the registers show (reading STS has no side effect), and so knows the
 * bytes that the TPM has taken from it: never from the device's inner state.
 */
class Observer {
  readonly #device: TisDevice;
  readonly #backend: FakeBackend;
  #taken: number[] = [];
  /** The command that a tpmGo just being written would start. */
  #expected: { command: Uint8Array; locality: Locality } | null = null;
  readonly errors: string[] = [];
  commands = 0;
  readonly lengths = new Set<number>();
  readonly localities = new Set<number>();

  constructor(device: TisDevice, backend: FakeBackend) {
    this.#device = device;
    this.#backend = backend;
    backend.onExecute = (command, locality) => this.#execute(command, locality);
  }

  write(offset: number, size: Size, value: number): void {
    const locality = (offset >> LOCALITY_SHIFT) as Locality;
    const fifo: number[] = [];
    let statusBits = 0;
    for (let i = 0; i < size; i++) {
      const byte = (value >>> (8 * i)) & 0xff;
      const register = (offset + i) & 0xffc;
      if (register === REG_STS) statusBits |= byte << (8 * ((offset + i) & 3));
      if (register === REG_DATA_FIFO || (register >= REG_XDATA_FIFO && register < REG_XDATA_FIFO_END)) fifo.push(byte);
    }
    const before = this.#status(locality);
    const go = (statusBits & (STS_COMMAND_READY | STS_GO | STS_RESPONSE_RETRY)) === STS_GO;
    const complete = before !== null && (before & (0xff & ~STS_SELF_TEST_DONE)) === STS_VALID && burstCount(before) > 0;
    if (go && complete) this.#expected = { command: Uint8Array.from(this.#taken), locality };
    const commands = this.commands;

    if (size === 1) this.#device.write8(offset, value);
    else if (size === 2) this.#device.write16(offset, value);
    else this.#device.write32(offset, value);

    if (this.#expected !== null && this.commands !== commands + 1) this.errors.push("tpmGo did not start the command");
    this.#expected = null;
    const after = this.#status(locality);
    if (fifo.length === 0 || before === null || after === null) return;
    if ((before & (STS_COMMAND_READY | STS_EXPECT)) === 0) return;
    if (before & STS_COMMAND_READY) this.#taken = [];
    this.#taken.push(...fifo.slice(0, burstCount(before) - burstCount(after)));
  }

  #execute(command: Uint8Array, locality: Locality): void {
    const expected = this.#expected;
    if (expected === null || expected.locality !== locality || `${expected.command}` !== `${command}`) {
      this.errors.push(`The TPM got [${command}] of locality ${locality}; the guest wrote [${expected?.command}].`);
    }
    this.commands++;
    this.lengths.add(command.length);
    this.localities.add(locality);
    // The fake keeps what it got; a million accesses need no such memory.
    this.#backend.executed.length = 0;
  }

  /** STS of the locality, or null while it isn't active. */
  #status(locality: number): number | null {
    const status = this.#device.read32((locality << LOCALITY_SHIFT) + REG_STS);
    return status === 0xffff_ffff ? null : status;
  }
}

function burstCount(status: number): number {
  return (status >>> 8) & 0xffff;
}

/** Half of the offsets fall on registers that do something, the others anywhere, unaligned and straddling too. */
function randomOffset(below: Below): number {
  if (below(4) === 0) return below(TIS_SIZE);
  const locality = pick(below, [0, 0, 0, 1, 2, 3, 4]);
  const register = pick(below, [
    REG_ACCESS,
    REG_STS,
    REG_STS,
    REG_STS + 3,
    REG_DATA_FIFO,
    REG_DATA_FIFO,
    REG_DATA_FIFO,
    REG_DATA_FIFO,
    REG_DATA_FIFO,
    REG_DATA_FIFO + 2,
    REG_XDATA_FIFO,
    REG_XDATA_FIFO + 0x20,
    REG_INT_ENABLE,
    REG_INT_STATUS,
  ]);
  return (locality << LOCALITY_SHIFT) + register;
}

function randomValue(below: Below, offset: number): number {
  switch (offset & 0xffc) {
    case REG_ACCESS:
      return pick(below, [0x02, 0x02, 0x02, 0x20, 0x08, 0x10, below(256)]);
    case REG_STS:
      return pick(below, [0x40, 0x20, 0x20, 0x20, 0x02, 0x0100_0000, 0x0200_0000, below(0x1_0000_0000)]);
    default:
      // Mostly zeros, so that many commands have a size that is soon reached.
      return pick(below, [0, 0, 0, 0x0c00_0000, 0x0a, 0x80, below(0x1_0000_0000)]);
  }
}

/** A driver that gets through now and then, so that there are commands to answer, abort and read. */
function driveCommand(below: Below, observer: Observer): void {
  const page = below(4) << LOCALITY_SHIFT;
  const command = new Uint8Array(6 + below(20)).map(() => below(256));
  command.set([0x80, 0x01, 0, 0, 0, command.length]);
  observer.write(page + REG_ACCESS, 1, 0x08);
  observer.write(page + REG_STS, 1, STS_COMMAND_READY);
  for (const byte of command) observer.write(page + REG_DATA_FIFO + below(4), 1, byte);
  observer.write(page + REG_STS, 1, STS_GO);
}

describe("a million random accesses", () => {
  test("never throw, never block, and the TPM gets only what was written and started by tpmGo", async () => {
    const below = randomFrom(SEED);
    const backend = new FakeBackend();
    const device = new TisDevice({ backend, irq: () => {} });
    const observer = new Observer(device, backend);
    let answered = 0;

    for (let i = 0; i < ACCESSES; i++) {
      const offset = randomOffset(below);
      const size = pick<Size>(below, [1, 1, 2, 4]);
      if (below(3) === 0) {
        const value = size === 1 ? device.read8(offset) : size === 2 ? device.read16(offset) : device.read32(offset);
        if (!(value >= 0 && value < 2 ** (8 * size))) observer.errors.push(`Read ${value} at ${offset}`);
      } else {
        observer.write(offset, size, randomValue(below, offset));
      }
      if (below(200) === 0) driveCommand(below, observer);
      if (below(50) === 0) {
        const pending = backend.pending.shift();
        if (pending !== undefined) {
          answered++;
          if (below(10) === 0) pending.reject(new Error("no answer"));
          else
            pending.resolve(response(below(2) === 0 ? "TPM_RC_SUCCESS" : "TPM_RC_FAILURE", new Uint8Array(below(300))));
        }
        for (let tick = 0; tick < 4; tick++) await Promise.resolve();
      }
      if (below(20_000) === 0) device.reset();
    }

    expect(observer.errors).toEqual([]);
    expect(observer.commands).toBeGreaterThan(1000);
    expect(answered).toBeGreaterThan(1000);
    expect(observer.lengths.size).toBeGreaterThan(15);
    expect([...observer.localities].sort()).toEqual([0, 1, 2, 3]);

    // Whatever was left behind, the device works after a reset.
    device.reset();
    device.write8(REG_ACCESS, 2);
    expect(device.read8(REG_ACCESS)).toBe(0xa1);
  });
});
