import { beforeEach, expect, it } from "vitest";
import { attachTpm } from "./attach.ts";
import { attach, SlowBackend, word } from "./testkit/attached.ts";
import { loaded, makeEmulator, pause, until } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const DONE = 0x600;
const program = [x86.increment(DONE)];

let tpm: SlowBackend;
beforeEach(() => {
  tpm = new SlowBackend();
  tpm.becomeReady();
});

it("a snapshot without the TPM is refused, with the reason, and works again after the TPM is detached", async () => {
  const { emulator, attachment } = attach(tpm, program);
  await attachment.ready;
  await until(() => word(emulator, DONE) === 1);
  await expect(emulator.save_state()).rejects.toThrow(/save_state is refused while a TPM is attached/);
  attachment.detach();
  const state = await emulator.save_state();
  expect(state.byteLength).toBeGreaterThan(1 << 20);

  const other = attach(tpm, program);
  await other.attachment.ready;
  await until(() => word(other.emulator, DONE) === 1);
  await expect(other.emulator.restore_state(state)).rejects.toThrow(/restore_state is refused/);
});

it("is refused, too, where the TPM was attached to an emulator that had loaded", async () => {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(emulator);
  await attachTpm(emulator, { tpm }).ready;
  await expect(emulator.restore_state(new ArrayBuffer(16))).rejects.toThrow(/restore_state is refused/);
});

it("a guest that would start from a snapshot does not start", async () => {
  const first = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(first);
  const state = await first.save_state();
  const emulator = makeEmulator({
    bios: { buffer: x86.biosOf(...program) },
    initial_state: { buffer: state },
    autostart: true,
  });
  await expect(attachTpm(emulator, { tpm }).ready).rejects.toThrow(/initial_state is refused/);
  await pause();
  expect(emulator.get_instruction_counter()).toBe(0);
});

it("who asks for it gets v86's own behaviour", async () => {
  const { emulator, attachment } = attach(tpm, program, { snapshots: "guest-only" });
  await attachment.ready;
  await until(() => word(emulator, DONE) === 1);
  expect((await emulator.save_state()).byteLength).toBeGreaterThan(1 << 20);
});

it("an interface that there is not is refused by name", async () => {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(emulator);
  const options = { tpm, interface: "crb" } as unknown as { tpm: SlowBackend };
  expect(() => attachTpm(emulator, options)).toThrow(
    new TypeError('There is no TPM with the interface "crb": it has "tis" (FIFO) only.'),
  );
});
