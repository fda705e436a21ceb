/** Snapshots of an emulator with the project's own TPM: what v86's state carries, and what is refused. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { changeAuth, extend, pcr16 } from "../client/testkit/usedTpm.ts";
import { RollbackRefusedError } from "../engine/rollback.ts";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import type { Tpm } from "../node/index.ts";
import { TPM_PT } from "../spec/properties.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { attachTpm } from "./attach.ts";
import { GuestClock } from "./guestClock.ts";
import { SUPPORTED_V86_VERSION } from "./internals.ts";
import { describeSnapshot, seal } from "./snapshotFormat.ts";
import { SnapshotRefusedError } from "./snapshots.ts";
import { word } from "./testkit/attached.ts";
import { COUNT, type MachineOptions, machine, openTpm, program, runningMachine } from "./testkit/countingMachine.ts";
import { loaded, makeEmulator, pause, RAM_SIZE, until, v86Wasm } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";
import { tpmInSnapshot } from "./tpmSnapshots.ts";

let medium: MemoryMedium;
beforeEach(() => {
  medium = new MemoryMedium();
});

const newTpm = (options: Parameters<typeof openTpm>[0] = {}) => openTpm({ store: new MemoryStore(medium), ...options });
const running = (options: MachineOptions = {}) => runningMachine(newTpm(), options);
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SnapshotRefusedError);
  return (error as SnapshotRefusedError).code;
};

/** TPM2_GetRandom of 4 octets from the guest, through the FIFO; then it counts for ever. */
const asking = [
  ...[x86.store8At(0xfed4_0000, 0x02), x86.store8At(0xfed4_0018, 0x40)],
  ...[0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 4].map((byte) => x86.store8At(0xfed4_0024, byte)),
  x86.store8At(0xfed4_0018, 0x20),
  x86.loop(x86.load8(0xfed4_0018), x86.increment(COUNT)),
];

describe("save_state and restore_state of an emulator", () => {
  it.each(["tis", "crb"] as const)("have the guest and its TPM in them (%s)", async (kind) => {
    const { emulator, attachment, count, tpm, client } = await running({ interface: kind });
    await extend(client);
    const before = await pcr16(tpm);
    const state = await emulator.save_state();
    const counted = count();
    await extend(client);
    expect(await pcr16(tpm)).not.toEqual(before);
    await until(() => count() > counted + 1000);
    await emulator.restore_state(state);
    expect(await pcr16(tpm)).toEqual(before);
    await until(() => count() > counted);
    const { capabilityData } = (
      await client.call("GetCapability", {
        parameters: {
          capability: "TPM_CAP_TPM_PROPERTIES",
          property: TPM_PT.TPM_PT_MAX_COMMAND_SIZE,
          propertyCount: 1,
        },
      })
    ).parameters as unknown as { capabilityData: { data: readonly { value: number }[] } };
    expect(capabilityData.data[0]!.value, "of the device").toBe(kind === "crb" ? 3968 : 4096);
    expect(attachment.log).toBeDefined();
    expect(describeSnapshot(state)).toEqual({
      format: 1,
      v86StateVersion: 6,
      v86Release: SUPPORTED_V86_VERSION,
      profile: "full",
      interface: kind,
      irq: null,
      memorySize: RAM_SIZE,
      identity: (await tpm.snapshot()).identity,
      savedAt: expect.any(Number),
      notes: {},
      size: state.byteLength,
    });
  });

  it("go on in another emulator that starts from it, whose guest does not run before its TPM is there", async () => {
    const { emulator, tpm, client } = await running();
    await extend(client);
    const before = await pcr16(tpm);
    const state = await emulator.save_state();
    await emulator.destroy();
    await tpm.close();
    const again = newTpm();
    const calls: string[] = [];
    const slow = new Proxy(again, {
      get(target, name) {
        if (name === "restore") calls.push(`${next.emulator.get_instruction_counter()}`);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const next = machine(slow, { initial: state });
    await next.attachment.ready;
    expect(await pcr16(again)).toEqual(before);
    // Looked for and called, before the first instruction.
    expect(new Set(calls)).toEqual(new Set(["0"]));
    const seen = next.count();
    await until(() => next.count() > seen);
  });

  it("a guest that would start from a snapshot of a TPM that has moved on does not start", async () => {
    const { emulator, tpm, client } = await running();
    const state = await emulator.save_state();
    await changeAuth(client);
    await emulator.destroy();
    await tpm.close();
    const refused = machine(newTpm(), { initial: state });
    await expect(refused.attachment.ready).rejects.toThrow(RollbackRefusedError);
    await pause();
    expect(refused.emulator.get_instruction_counter()).toBe(0);
  });

  it("finish the guest's command before, with the guest held: it is in the snapshot with its answer, once", async () => {
    const tpm = newTpm();
    let answer = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let executed = 0;
    const slow = new Proxy(tpm, {
      get(target, name) {
        if (name === "execute") {
          return async (...args: Parameters<Tpm["execute"]>) => {
            executed++;
            const response = await target.execute(...args);
            await gate;
            return response;
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...asking) }, autostart: true });
    const attachment = attachTpm(emulator, { tpm: slow });
    await attachment.ready;
    await until(() => attachment.device.busy);
    const saving = attachment.saveState({ hold: true });
    const looks = () => word(emulator, COUNT);
    const seen = looks();
    await pause();
    expect(looks(), "the guest is held").toBe(seen);
    answer();
    const state = await saving;
    expect(attachment.device.busy).toBe(false);
    await pause();
    expect(looks(), "still").toBe(seen);
    attachment.release();
    await until(() => looks() > seen);
    await attachment.restoreState(state);
    await until(() => looks() > seen);
    expect(executed).toBe(1);
    expect(attachment.device.read32(0x18) & 0x10, "dataAvail: the answer is there to be read").toBe(0x10);
  });

  it("wait no longer than they are told, and the guest goes on", async () => {
    const backend = new FakeBackend();
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...asking) }, autostart: true });
    const attachment = attachTpm(emulator, { tpm: backend });
    await attachment.ready;
    await until(() => backend.pending.length === 1);
    const abort = new AbortController();
    const saving = attachment.saveState({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(saving).rejects.toThrow("enough");
    await backend.answer(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0));
    const seen = word(emulator, COUNT);
    await until(() => word(emulator, COUNT) > seen);
  });

  it("have the guest's clocks in them: they stand where they stood", async () => {
    let offset = 0;
    const make = async (autostart: boolean, tpm: Tpm) => {
      const clock = new GuestClock(() => performance.now() + offset);
      const emulator = makeEmulator({
        bios: { buffer: x86.biosOf(...program) },
        autostart,
        wasm_fn: clock.instantiate(v86Wasm),
      });
      const attachment = attachTpm(emulator, { tpm, clock });
      await attachment.ready;
      return { clock, emulator, attachment };
    };
    const tpm = newTpm();
    const first = await make(true, tpm);
    await until(() => word(first.emulator, COUNT) > 0);
    const state = await first.attachment.saveState({ hold: true });
    const stood = first.clock.now();
    await first.emulator.destroy();
    offset = -1000;
    const other = await make(false, newTpm({ store: { kind: "memory" } }));
    await other.attachment.restoreState(state, { hold: true });
    expect(other.clock.now()).toBe(stood);
    offset += 100_000;
    expect(other.clock.now()).toBe(stood);
  });
});

it("gives the TPM in it without a machine, and the guest goes on with that one as if it had never left it", async () => {
  const { attachment, client } = await running();
  await extend(client);
  const state = await attachment.saveState();
  const { permanent, variables, snapshot } = await tpmInSnapshot(state);
  expect(variables).toBeNull();
  expect(snapshot).toEqual(describeSnapshot(state));
  medium = new MemoryMedium();
  const other = newTpm();
  await other.newTpm({ permanent });
  const machineThere = machine(other, { autostart: false });
  await machineThere.attachment.ready;
  expect(await machineThere.attachment.restoreState(state)).toMatchObject({ how: "resumed", keptAs: null });
});

describe("a snapshot is refused, and nothing has changed", () => {
  async function saved(options: MachineOptions = {}) {
    const machine = await running(options);
    return { ...machine, state: await machine.attachment.saveState() };
  }

  it("when its machine had another TPM interface, interrupt or memory", async () => {
    const { state } = await saved();
    const restore = async (options: MachineOptions) => {
      const other = machine(newTpm({ store: { kind: "memory" } }), { autostart: false, ...options });
      await other.attachment.ready;
      return refusal(other.attachment.restoreState(state, { onMovedOn: "rollback" }));
    };
    expect(await restore({ interface: "crb" })).toBe("interface");
    expect(await restore({ irq: 7 })).toBe("interface");
    expect(await restore({ memory: 2 * RAM_SIZE })).toBe("memory");
  });

  it("when its TPM has another profile", async () => {
    const { state } = await saved();
    const other = machine(newTpm({ store: { kind: "memory" }, profile: "libtpms-0.9" }), { autostart: false });
    await other.attachment.ready;
    expect(await refusal(other.attachment.restoreState(state, { onMovedOn: "rollback" }))).toBe("profile");
  });

  it("when it is of another version of v86's or of ours, compressed, without a TPM or none at all", async () => {
    const { state, attachment, tpm } = await saved();
    const before = await tpm.snapshot();
    const with32 = (at: number, value: number) => {
      const copy = state.slice(0);
      new DataView(copy).setUint32(at, value, true);
      return copy;
    };
    const code = (other: ArrayBuffer) => refusal(attachment.restoreState(other, { onMovedOn: "rollback" }));
    const another = with32(4, 7);
    expect(await code(another), "its digest is not of that").toBe("damaged");
    await seal(another);
    expect(await code(another)).toBe("v86");
    expect(await code(with32(0, 0xfd2f_b528))).toBe("compressed");
    expect(await code(with32(0, 1))).toBe("damaged");
    expect(await code(new ArrayBuffer(0))).toBe("damaged");
    expect(await code(state.slice(0, -4))).toBe("damaged");
    expect(await code(replaceText(state, '["tabtpm",1,', '["tabtpm",2,'))).toBe("newer");
    expect(await code(replaceText(state, '["tabtpm",1,', '["tabtpm",0,'))).toBe("damaged");
    const alone = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
    await loaded(alone);
    expect(await code((await alone.save_state()) as ArrayBuffer)).toBe("no-tpm");
    expect((await tpm.snapshot()).permanent).toEqual(before.permanent);
  });

  it("whichever octet of it was changed", async () => {
    const { state, attachment } = await saved();
    const changed = state.slice(0);
    new Uint8Array(changed)[changed.byteLength - 100]! ^= 1;
    expect(await refusal(tpmInSnapshot(changed))).toBe("damaged");
    const octets = new Uint8Array(state);
    const start = octets.length - 40_000;
    const anywhere = fc.oneof(
      fc.nat(octets.length - 1),
      fc.nat(2000),
      fc.integer({ min: start, max: octets.length - 1 }),
    );
    await fc.assert(
      fc.asyncProperty(anywhere, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        octets[at]! ^= flip;
        try {
          // Where its magic, ours or the number of the format is hit, it is something else, as far as anybody can tell.
          expect(["damaged", "newer", "compressed", "no-tpm"]).toContain(
            await refusal(attachment.restoreState(state, { onMovedOn: "rollback" })),
          );
        } finally {
          octets[at]! ^= flip;
        }
      }),
      { numRuns: 60 },
    );
    expect(await attachment.restoreState(state)).toMatchObject({ how: "resumed" });
  });

  it("when the TPM has no power, has failed, or keeps its state itself", async () => {
    const { attachment, tpm } = await saved();
    await attachment.powerOff();
    expect(await refusal(attachment.saveState())).toBe("no-power");
    expect(tpm.power).toBe("off");
    const remote = machine(new FakeBackend(), { autostart: false });
    await remote.attachment.ready;
    expect(await refusal(remote.attachment.saveState())).toBe("backend");
    const failing = new FakeBackend();
    const failed = machine(failing, { autostart: false });
    await failed.attachment.ready;
    failing.power = "failed";
    expect(await refusal(failed.attachment.saveState())).toBe("failed");
  });

  it("when the machine is reset meanwhile", async () => {
    const backend = new FakeBackend();
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...asking) }, autostart: true });
    const attachment = attachTpm(emulator, { tpm: backend });
    await attachment.ready;
    await until(() => backend.pending.length === 1);
    const saving = refusal(attachment.saveState());
    await pause();
    emulator.restart();
    expect(await saving).toBe("interrupted");
  });
});

it("a machine that is off has power again, and its guest goes on", async () => {
  const { attachment, tpm, client, count } = await running();
  await extend(client);
  const before = await pcr16(tpm);
  const state = await attachment.saveState();
  await attachment.powerOff();
  expect([attachment.poweredOff, tpm.power]).toEqual([true, "off"]);
  expect(await attachment.restoreState(state)).toMatchObject({ how: "resumed" });
  expect(attachment.poweredOff).toBe(false);
  expect(await pcr16(tpm)).toEqual(before);
  const seen = count();
  await until(() => count() > seen);
});

it("a rollback is asked for, and a clone is another TPM", async () => {
  const { attachment, tpm, client } = await running();
  const state = await attachment.saveState();
  await changeAuth(client);
  await expect(attachment.restoreState(state)).rejects.toThrow(RollbackRefusedError);
  const rolledBack = await attachment.restoreState(state, { onMovedOn: "rollback" });
  expect(rolledBack).toMatchObject({ how: "rolled-back", identity: describeSnapshot(state).identity });
  expect([...medium.kept.keys()]).toEqual([rolledBack.keptAs]);
  const clone = await attachment.restoreState(state, { onMovedOn: "clone" });
  expect(clone.how).toBe("cloned");
  expect(clone.identity).not.toBe(describeSnapshot(state).identity);
  expect((await tpm.snapshot()).identity).toBe(clone.identity);
});

/** The same state with other text of the same length; its digest is that of before. */
function replaceText(state: ArrayBuffer, from: string, to: string): ArrayBuffer {
  const copy = Buffer.from(state.slice(0));
  const at = copy.indexOf(from);
  expect(at).toBeGreaterThan(0);
  copy.write(to, at);
  return copy.buffer.slice(copy.byteOffset, copy.byteOffset + copy.length) as ArrayBuffer;
}
