/**
 * Physical presence on our PC: what the guest requests is carried out by the option ROM at the next boot, with the firmware's variables
 * beside the TPM's state.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TpmCommandEvent } from "../engine/api.ts";
import type { TpmBackend } from "../engine/backend.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { createTpm, type Tpm } from "../node/index.ts";
import { readV86Wasm } from "../node/v86Wasm.ts";
import {
  DISABLED_ENDORSEMENT,
  DISABLED_STORAGE,
  PP_FLAGS_DEFAULT,
  PP_REQUIRED_FOR_CHANGE_EPS,
  PP_REQUIRED_FOR_CHANGE_PCRS,
  PP_REQUIRED_FOR_CLEAR,
  PP_REQUIRED_FOR_TURN_OFF,
  PP_REQUIRED_FOR_TURN_ON,
  PPI_BASE_ADDRESS,
  PPI_LAST_REQUEST,
  PPI_REQUEST,
  PPI_REQUEST_PARAMETER,
  PPI_RESULT,
  VARIABLE_DISABLED_HIERARCHIES,
  VARIABLE_PP_FLAGS,
  VARIABLES_LOCK,
} from "../ppi/registers.ts";
import { commandWithCode } from "../spec/commands.ts";
import { TPM_RC } from "../spec/responseCodes.ts";
import { createMachine, type Machine, type MachineOptions, type Stage } from "./machine.ts";
import { cpuOf } from "./testkit/attached.ts";

const USER_ABORT = 0xffff_fff0;
const BIOS_FAILURE = 0xffff_fff1;
const F12 = "\x1b[24~";
const QUESTION = /No answer within \d+ seconds refuses\./;
/** Guest instructions that the ROM may cost, SeaBIOS's hash of it counted. */
const BUDGET = 1_000_000;

const images = await loadGuestFromDirectory();
const wasm = await readV86Wasm();

interface PresencePc {
  tpm: Tpm;
  machine: Machine;
  /** Names of the guest's commands, and what its console has said, since the last reset. */
  commands: string[];
  console: string;
}

async function make(
  options: Partial<MachineOptions>,
  backend: (tpm: Tpm) => TpmBackend = (tpm) => tpm,
): Promise<PresencePc> {
  const tpm = createTpm({ store: { kind: "memory" } });
  const machine = await createMachine({ images, wasm, tpm: backend(tpm), ...options });
  const pc: PresencePc = { tpm, machine, commands: [], console: "" };
  const nameOf = ({ command }: TpmCommandEvent) => commandWithCode(Buffer.from(command).readUInt32BE(6))?.name ?? "";
  tpm.on("command", (event) => void (event.own || pc.commands.push(nameOf(event))));
  machine.serial.on("text", (text) => {
    pc.console += text;
  });
  return pc;
}

/** What goes wrong, as a test sets it. */
interface Troubles {
  /** No variables can be stored. */
  storeRefuses: boolean;
  /** The TPM is in failure mode from this command on. */
  failsAt: string | undefined;
}

function troubled(tpm: Tpm, troubles: Troubles): TpmBackend {
  const own: Pick<Tpm, "execute" | "storeVariables"> = {
    async execute(command, options) {
      if (commandWithCode(Buffer.from(command).readUInt32BE(6))?.name === troubles.failsAt)
        await tpm.enterFailureMode();
      return tpm.execute(command, options);
    },
    async storeVariables(variables) {
      if (troubles.storeRefuses) throw new Error("The disk is full.");
      return tpm.storeVariables(variables);
    },
  };
  return new Proxy(tpm, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function end({ machine, tpm }: PresencePc): Promise<void> {
  await machine.destroy();
  await tpm.close();
}

function entered({ machine }: PresencePc, stage: Stage): Promise<void> {
  return new Promise((resolve) => {
    const remove = machine.on("stage", (now) => {
      if (now !== stage) return;
      remove();
      resolve();
    });
  });
}

async function powerOn(pc: PresencePc): Promise<void> {
  const kernel = entered(pc, "kernel");
  await pc.machine.powerOn();
  await kernel;
}

describe("physical presence with firmware variables", () => {
  const troubles: Troubles = { storeRefuses: false, failsAt: undefined };
  let pc: PresencePc;
  beforeAll(async () => {
    pc = await make({ presence: { timeoutSeconds: 2 } }, (tpm) => troubled(tpm, troubles));
    await powerOn(pc);
  });
  afterAll(() => end(pc));

  const block = PPI_BASE_ADDRESS >>> 17;
  const read32 = (offset: number) =>
    cpuOf(pc.machine.emulator).memory_map_read32[block]!(PPI_BASE_ADDRESS + offset) >>> 0;
  const read8 = (offset: number) => read32(offset) & 0xff;
  const write32 = (offset: number, value: number) =>
    cpuOf(pc.machine.emulator).memory_map_write32[block]!(PPI_BASE_ADDRESS + offset, value);
  const answer = () => [read32(PPI_REQUEST), read32(PPI_LAST_REQUEST), read32(PPI_RESULT)];
  const flags = () => read32(VARIABLE_PP_FLAGS);

  /** Requests, resets, answers the question if there are keys for it, and comes back when the kernel runs. */
  async function boot(operation: number, keys = "", parameter = 0): Promise<void> {
    write32(PPI_REQUEST, operation);
    write32(PPI_REQUEST_PARAMETER, parameter);
    pc.commands = [];
    pc.console = "";
    const kernel = entered(pc, "kernel");
    const asked = keys === "" ? undefined : pc.machine.serial.waitFor(QUESTION);
    pc.machine.reset();
    if (asked) {
      await asked;
      pc.machine.serial.send(keys);
    }
    await kernel;
  }

  it("offers what it can do, and leaves the variables locked", () => {
    const listed = Array.from({ length: 256 }, (_, operation) => [operation, read8(operation)]).filter(([, f]) => f);
    const asks = [2, 5, 14, 18, 21, 22, 23, 24, 25, 27, 29, 31, 34].map((operation) => [operation, 3]);
    const does = [0, 1, 17, 26, 28, 30, 32].map((operation) => [operation, 4]);
    expect(listed).toEqual([...asks, ...does].sort(([a], [b]) => a! - b!));
    expect([read8(VARIABLES_LOCK), flags()]).toEqual([1, PP_FLAGS_DEFAULT]);
    write32(VARIABLE_PP_FLAGS, 0);
    expect(flags()).toBe(PP_FLAGS_DEFAULT);
  });

  it("clears, changes banks, and refuses without an answer", async () => {
    await boot(5, F12);
    expect(answer()).toEqual([0, 5, 0]);
    expect(pc.commands).toContain("Clear");
    expect(pc.commands.indexOf("Clear")).toBeLessThan(pc.commands.indexOf("HierarchyChangeAuth"));
    await boot(23, F12, 0b0010);
    expect(answer()).toEqual([0, 23, 0]);
    expect(pc.console).toContain("have the PCR banks SHA-256.");
    await boot(5);
    expect(pc.console).toContain("Refused: nothing has changed.");
    expect(answer()).toEqual([0, 5, USER_ABORT]);
    expect(pc.commands).not.toContain("Clear");
  });

  it("keeps the confirmation flags, which decide who is asked", async () => {
    await boot(18, F12);
    expect(pc.console).toMatch(/asks to \r\nnever again ask here before it may clear the TPM\./);
    expect(answer()).toEqual([0, 18, 0]);
    expect([flags(), read8(5)]).toEqual([PP_FLAGS_DEFAULT & ~PP_REQUIRED_FOR_CLEAR, 4]);
    await boot(5);
    expect(pc.console).toMatch(/asks to clear the TPM\.\s+Done\./);
    expect(answer()).toEqual([0, 5, 0]);
    await boot(28);
    expect([read8(1), read8(14)]).toEqual([3, 3]);
    await boot(17);
    expect(pc.console).not.toMatch(QUESTION);
    expect([read8(5), flags()]).toEqual([3, PP_FLAGS_DEFAULT | PP_REQUIRED_FOR_TURN_ON]);
  });

  it("turns hierarchies off at each boot until they are turned on again", async () => {
    const controls = () => pc.commands.filter((name) => name === "HierarchyControl").length;
    const off = () => read8(VARIABLE_DISABLED_HIERARCHIES);
    await boot(2, F12);
    expect([answer(), off()]).toEqual([[0, 2, 0], DISABLED_STORAGE | DISABLED_ENDORSEMENT]);
    await boot(0);
    expect([answer(), controls()]).toEqual([[0, 2, 0], 2]);
    await boot(34, F12);
    expect([answer(), off()]).toEqual([[0, 34, 0], DISABLED_ENDORSEMENT]);
    await boot(14, F12);
    expect([answer(), off()]).toEqual([[0, 14, 0], 0]);
    await boot(0);
    expect(controls()).toBe(0);
  });

  it.each([
    [27, 28, PP_REQUIRED_FOR_TURN_ON, 1],
    [29, 30, PP_REQUIRED_FOR_TURN_OFF, 2],
    [31, 32, PP_REQUIRED_FOR_CHANGE_EPS, 24],
    [25, 26, PP_REQUIRED_FOR_CHANGE_PCRS, 23],
  ])("has %i and %i say whether somebody is asked", async (askNoMore, askAgain, flag, operation) => {
    await boot(askAgain);
    expect(pc.console).not.toMatch(QUESTION);
    expect([answer(), flags() & flag, read8(operation)]).toEqual([[0, askAgain, 0], flag, 3]);
    await boot(askNoMore, "n");
    expect([answer(), flags() & flag, read8(operation)]).toEqual([[0, askNoMore, USER_ABORT], flag, 3]);
    await boot(askNoMore, F12);
    expect([answer(), flags() & flag, read8(operation)]).toEqual([[0, askNoMore, 0], 0, 4]);
    await boot(operation, "", operation === 23 ? 0b1111 : 0);
    expect(pc.console).not.toMatch(QUESTION);
    expect(answer()).toEqual([0, operation, 0]);
  });

  it("says where it can't keep what it is to keep, and changes nothing then", async () => {
    await boot(1, read8(1) === 3 ? F12 : "");
    const before = flags();
    troubles.storeRefuses = true;
    try {
      for (const operation of [18, 2]) {
        await boot(operation, read8(operation) === 3 ? F12 : "");
        expect(pc.console).toContain("Not done: it could not be stored.");
        expect(answer()).toEqual([0, operation, BIOS_FAILURE]);
        expect([flags(), read8(VARIABLE_DISABLED_HIERARCHIES), read8(VARIABLES_LOCK)]).toEqual([before, 0, 1]);
        expect(pc.commands).not.toContain("HierarchyControl");
      }
    } finally {
      troubles.storeRefuses = false;
    }
  });

  it.each([
    ["Startup", ""],
    ["ClearControl", F12],
  ])("tells what a TPM says that is in failure mode from %s on", async (failsAt, keys) => {
    troubles.failsAt = failsAt;
    try {
      await boot(5, keys);
    } finally {
      troubles.failsAt = undefined;
    }
    expect(QUESTION.test(pc.console)).toBe(keys !== "");
    expect(pc.console).toContain("Not done: the TPM says 00000101");
    expect(answer()).toEqual([0, 5, TPM_RC.TPM_RC_FAILURE]);
    // Nothing is left to do for the TPM that is well again.
    await boot(0);
    expect(answer()).toEqual([0, 5, TPM_RC.TPM_RC_FAILURE]);
    expect(pc.commands).not.toContain("Clear");
  });
});

describe("what the ROM costs", () => {
  /** Guest instructions until the kernel runs. */
  async function instructions(rom: ArrayBuffer): Promise<number> {
    const pc = await make({ images: { ...images, rom } });
    try {
      await powerOn(pc);
      return pc.machine.emulator.get_instruction_counter();
    } finally {
      await end(pc);
    }
  }

  it("is less than a million instructions of the guest, SeaBIOS's hash of it counted", async () => {
    const cost = (await instructions(images.rom)) - (await instructions(minimalRom()));
    expect(cost).toBeGreaterThan(0);
    expect(cost).toBeLessThan(BUDGET);
  });
});

/** The smallest ROM that starts the kernel: a header, and what v86's does, at 70h. */
function minimalRom(): ArrayBuffer {
  const rom = new Uint8Array(512);
  rom.set([0x55, 0xaa, 1, 0xb8, 0x20, 0x00, 0xcb]); // mov ax, 20h; retf
  rom.set([0x20, 0], 0x1a);
  rom.set([...new TextEncoder().encode("$PnP"), 1, 2], 0x20);
  rom.set([0x60, 0, 0x60, 0, 0, 0x80, 0, 0, 0x70, 0], 0x2e);
  rom.set([0xfa, 0xb8, 0x00, 0x80, 0x8e, 0xc0, 0x8e, 0xd8, 0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd0, 0xbc, 0x00, 0xe0], 0x70);
  rom.set([0xea, 0x00, 0x00, 0x20, 0x80], 0x81);
  rom[511] = -rom.reduce((sum, byte) => sum + byte, 0);
  return rom.buffer;
}
