/** The page of physical presence, the firmware's variables and the memory overwrite request on v86's bus. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  DISABLED_STORAGE,
  PPI_BASE_ADDRESS,
  PPI_MEMORY_OVERWRITE,
  PPI_REQUEST,
  STATUS_BEING_STORED,
  STATUS_NOT_STORED,
  STATUS_STORED,
  VARIABLE_DISABLED_HIERARCHIES,
  VARIABLE_PP_FLAGS,
  VARIABLES_COMMIT,
  VARIABLES_LOCK,
  VARIABLES_SIGNATURE,
  VARIABLES_STATUS,
} from "../ppi/registers.ts";
import { DEFAULT_VARIABLES, packVariables } from "../ppi/variables.ts";
import { withWindow } from "./mmio.ts";
import { attach, cpuOf, event, SlowBackend, word } from "./testkit/attached.ts";
import { pause, RAM_SIZE, until } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const at = (offset: number) => PPI_BASE_ADDRESS + offset;
/** Each boot counts here, so that a wiped or a surviving RAM shows. */
const BOOTS = 0x600;
const RESULT = 0x700;
const PATTERN = 0x20_0000;
const ALL = 0xffff_ffff;

/** A TPM whose store the test looks into. */
class Backend extends SlowBackend {
  stored: Uint8Array | null = null;
  commits: { resolve: () => void; reject: (error: Error) => void }[] = [];
  isPrompt = true;
  async readVariables() {
    this.calls.push("readVariables");
    return this.stored;
  }
  async storeVariables(variables: Uint8Array) {
    if (!this.isPrompt) await new Promise<void>((resolve, reject) => this.commits.push({ resolve, reject }));
    this.stored = variables;
  }
}

let tpm: Backend;
beforeEach(() => {
  tpm = new Backend();
  tpm.becomeReady();
});

/** Runs a program once, and waits for its end. */
async function run(...program: number[][]) {
  const attached = attach(tpm, [...program, x86.increment(BOOTS), x86.spin()]);
  const failures: unknown[] = [];
  attached.attachment.on("variables-failed", (error) => failures.push(error));
  await attached.attachment.ready;
  await until(() => word(attached.emulator, BOOTS) === 1);
  return { ...attached, failures };
}

/** Boots by the reset button, until the program has come to its end again. */
async function bootAgain({ emulator }: Awaited<ReturnType<typeof run>>, boots: number): Promise<void> {
  cpuOf(emulator).reboot_internal();
  await until(() => word(emulator, BOOTS) === boots);
}

describe("the page", () => {
  it("takes unaligned accesses of any width, survives a reset, and is empty after a power-off", async () => {
    const pc = await run(
      [...x86.load32(at(PPI_REQUEST)), ...x86.store32(RESULT)],
      [...x86.setEax(0x1234_5678), ...x86.store32(at(PPI_REQUEST))],
      [...x86.load16(at(PPI_REQUEST + 1)), ...x86.store32(RESULT + 4)],
    );
    expect(word(pc.emulator, RESULT)).toBe(0);
    expect(word(pc.emulator, RESULT + 4) & 0xffff).toBe(0x3456);
    await bootAgain(pc, 2);
    expect(word(pc.emulator, RESULT)).toBe(0x1234_5678);
    await pc.attachment.powerOff();
    await pc.attachment.powerOn();
    await until(() => word(pc.emulator, BOOTS) === 1);
    expect(word(pc.emulator, RESULT)).toBe(0);
  });

  it("leaves the registers in front of it and the addresses behind it to the TPM", async () => {
    const { emulator } = await run(
      [...x86.load32(at(-2)), ...x86.store32(RESULT)],
      [...x86.load32(at(0x4fe)), ...x86.store32(RESULT + 4)],
    );
    expect(word(emulator, RESULT) >>> 16).toBe(0);
    expect(word(emulator, RESULT + 4)).toBe(0xffff_0000);
  });
});

describe("two models in one block", () => {
  it("share an access across their border byte by byte", () => {
    const memory = (size: number) => {
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      return {
        bytes,
        read8: (offset: number) => view.getUint8(offset),
        read32: (offset: number) => view.getUint32(offset, true),
        write8: (offset: number, value: number) => view.setUint8(offset, value),
        write32: (offset: number, value: number) => view.setUint32(offset, value, true),
      };
    };
    for (let offset = 0; offset <= 20; offset++) {
      const [outer, inner] = [memory(32), memory(8)];
      const block = withWindow(outer, { at: 8, size: 8, registers: inner });
      block.write32(offset, 0xfedc_ba98);
      expect(block.read32(offset)).toBe(0xfedc_ba98);
      const seen = [...outer.bytes.slice(0, 8), ...inner.bytes, ...outer.bytes.slice(16)];
      expect(seen.slice(offset, offset + 4)).toEqual([0x98, 0xba, 0xdc, 0xfe]);
      expect(seen.filter((byte) => byte !== 0)).toHaveLength(4);
      expect(outer.bytes.slice(8, 16)).toEqual(new Uint8Array(8));
    }
  });
});

describe("the firmware's variables", () => {
  const commit = [
    ...x86.store8At(at(VARIABLE_DISABLED_HIERARCHIES), DISABLED_STORAGE),
    ...x86.store8At(at(VARIABLES_COMMIT), 1),
  ];
  /** Waits for the end of a commit as firmware does: the status is at RESULT, and BOOTS counts how often it was looked at. */
  const poll = x86.loop(x86.load8(at(VARIABLES_STATUS)), x86.store8(RESULT), x86.increment(BOOTS));
  const commitAndPoll = [[...x86.store8At(RESULT, STATUS_BEING_STORED), ...commit], poll];
  const statusOf = (emulator: Parameters<typeof word>[0]) => word(emulator, RESULT) & 0xff;

  it("are read before the firmware runs, at each boot", async () => {
    tpm.stored = packVariables({ ppFlags: 0xab, disabledHierarchies: 0 });
    const pc = await run([...x86.load32(at(VARIABLE_PP_FLAGS)), ...x86.store32(RESULT)]);
    expect(word(pc.emulator, RESULT)).toBe(0xab);
    tpm.stored = packVariables({ ppFlags: 0xcd, disabledHierarchies: 0 });
    await bootAgain(pc, 2);
    expect(word(pc.emulator, RESULT)).toBe(0xcd);
    expect(tpm.calls).toEqual(["powerOn", "readVariables", "powerOn", "readVariables"]);
  });

  it("are stored by a commit, during which the processor stands still", async () => {
    tpm.isPrompt = false;
    const attached = attach(tpm, commitAndPoll);
    await attached.attachment.ready;
    await until(() => tpm.commits.length === 1);
    await pause();
    const looks = word(attached.emulator, BOOTS);
    await pause();
    expect(word(attached.emulator, BOOTS)).toBe(looks);
    expect(statusOf(attached.emulator)).toBe(STATUS_BEING_STORED);
    tpm.commits[0]!.resolve();
    await until(() => word(attached.emulator, BOOTS) > looks);
    expect(statusOf(attached.emulator)).toBe(STATUS_STORED);
    expect(tpm.stored).toEqual(packVariables({ ...DEFAULT_VARIABLES, disabledHierarchies: DISABLED_STORAGE }));
  });

  it("stay what they were when the store refuses: the firmware and the machine's owner are told", async () => {
    tpm.isPrompt = false;
    const attached = attach(tpm, commitAndPoll);
    const failures: unknown[] = [];
    attached.attachment.on("variables-failed", (error) => failures.push(error));
    await attached.attachment.ready;
    await until(() => tpm.commits.length === 1);
    tpm.commits[0]!.reject(new Error("The disk is full."));
    await until(() => statusOf(attached.emulator) !== STATUS_BEING_STORED);
    expect(statusOf(attached.emulator)).toBe(STATUS_NOT_STORED);
    expect(failures.map(String)).toEqual(["Error: The disk is full."]);
    expect(tpm.stored).toBeNull();
  });

  it("are the defaults, and their owner is told, when what is stored is damaged", async () => {
    tpm.stored = Uint8Array.of(1, 2, 3);
    const attached = attach(tpm, [
      [...x86.load32(at(VARIABLE_PP_FLAGS)), ...x86.store32(RESULT)],
      x86.increment(BOOTS),
      x86.spin(),
    ]);
    const failures: unknown[] = [];
    attached.attachment.on("variables-failed", (error) => failures.push(error));
    await attached.attachment.ready;
    await until(() => word(attached.emulator, BOOTS) === 1);
    expect(word(attached.emulator, RESULT)).toBe(DEFAULT_VARIABLES.ppFlags);
    expect(String(failures)).toMatch(/FirmwareVariablesError: .*\(3 bytes\) are damaged.*the defaults hold/);
    expect(tpm.stored).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("are locked once paging is on, as long as the machine is not reset", async () => {
    const paging = [
      ...x86.setEax(0x83),
      ...x86.store32(0x1000),
      // The last 4 MiB onto themselves, too: the page lies there.
      ...x86.setEax(0xfec0_0083),
      ...x86.store32(0x1000 + 4 * 0x3fb),
      ...x86.enableLargePages(),
      ...x86.enablePaging(0x1000),
    ];
    const pc = await run([
      ...x86.load8(at(VARIABLES_LOCK)),
      ...x86.store8(RESULT + 4),
      ...paging,
      ...commit,
      ...x86.load8(at(VARIABLES_LOCK)),
      ...x86.store8(RESULT + 8),
    ]);
    expect(word(pc.emulator, RESULT + 4) & 0xff).toBe(0);
    expect(word(pc.emulator, RESULT + 8) & 0xff).toBe(1);
    expect(tpm.stored).toBeNull();
  });

  it("can't be stored with a TPM that has no place for them", async () => {
    const other = new SlowBackend();
    other.becomeReady();
    const attached = attach(other, commitAndPoll);
    const failed = new Promise((resolve) => attached.attachment.on("variables-failed", resolve));
    await attached.attachment.ready;
    expect(String(await failed)).toMatch(/StoreError: This TPM's backend has no place/);
    await until(() => statusOf(attached.emulator) !== STATUS_BEING_STORED);
    expect(statusOf(attached.emulator)).toBe(STATUS_NOT_STORED);
  });

  it("go off the bus with the TPM", async () => {
    const pc = await run([...x86.load32(at(VARIABLES_SIGNATURE)), ...x86.store32(RESULT)]);
    expect(word(pc.emulator, RESULT)).toBe(0x564d_5054);
    pc.attachment.detach();
    const reset = cpuOf(pc.emulator);
    expect(reset.memory_map_read32[PPI_BASE_ADDRESS >>> 17]!(at(VARIABLES_SIGNATURE) | 0) >>> 0).toBe(ALL);
  });
});

describe("a reset", () => {
  const pattern = [...x86.setEax(0x5a5a_5a5a), ...x86.store32(PATTERN)];

  it("leaves RAM as it is, up to its end", async () => {
    const pc = await run([...x86.load32(PATTERN), ...x86.store32(RESULT)], pattern);
    const { mem8 } = cpuOf(pc.emulator);
    mem8[RAM_SIZE - 1] = 0xa5;
    await bootAgain(pc, 2);
    expect(word(pc.emulator, RESULT)).toBe(0x5a5a_5a5a);
    expect(mem8[RAM_SIZE - 1]).toBe(0xa5);
  });

  it.each([0x01, 0x11, 0xff])("wipes RAM when movv is %i, again and again until it is taken back", async (movv) => {
    const pc = await run([...x86.load32(PATTERN), ...x86.store32(RESULT)], pattern);
    const cpu = cpuOf(pc.emulator);
    cpu.memory_map_write8[PPI_BASE_ADDRESS >>> 17]!(at(PPI_MEMORY_OVERWRITE) | 0, movv);
    for (let resets = 0; resets < 2; resets++) {
      cpu.mem8[RAM_SIZE - 1] = 0xa5;
      const reset = event(pc.attachment, "reset");
      cpu.reboot_internal();
      await reset;
      await until(() => word(pc.emulator, BOOTS) === 1);
      expect(word(pc.emulator, RESULT)).toBe(0);
      expect(cpu.mem8[RAM_SIZE - 1]).toBe(0);
    }
    cpu.memory_map_write8[PPI_BASE_ADDRESS >>> 17]!(at(PPI_MEMORY_OVERWRITE) | 0, movv & 0xfe);
    await bootAgain(pc, 2);
    expect(word(pc.emulator, RESULT)).toBe(0x5a5a_5a5a);
  });
});
