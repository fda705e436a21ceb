import { beforeEach, describe, expect, it } from "vitest";
import { attachTpm } from "./attach.ts";
import { snapshotsOf } from "./internals.ts";
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

it("where it is told so a snapshot is refused, with the reason, and works again after the TPM is detached", async () => {
  const { emulator, attachment } = attach(tpm, program, { snapshots: "refused" });
  await attachment.ready;
  await until(() => word(emulator, DONE) === 1);
  await expect(emulator.save_state()).rejects.toThrow(/save_state is refused while a TPM is attached/);
  attachment.detach();
  const state = await emulator.save_state();
  expect(state.byteLength).toBeGreaterThan(1 << 20);

  const other = attach(tpm, program, { snapshots: "refused" });
  await other.attachment.ready;
  await until(() => word(other.emulator, DONE) === 1);
  await expect(other.emulator.restore_state(state)).rejects.toThrow(/restore_state is refused/);
});

it("is refused, too, where the TPM was attached to an emulator that had loaded", async () => {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(emulator);
  await attachTpm(emulator, { tpm, snapshots: "refused" }).ready;
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
  await expect(attachTpm(emulator, { tpm, snapshots: "refused" }).ready).rejects.toThrow(/initial_state is refused/);
  await pause();
  expect(emulator.get_instruction_counter()).toBe(0);
});

it("who asks for it gets v86's own behaviour", async () => {
  const { emulator, attachment } = attach(tpm, program, { snapshots: "guest-only" });
  await attachment.ready;
  await until(() => word(emulator, DONE) === 1);
  expect((await emulator.save_state()).byteLength).toBeGreaterThan(1 << 20);
});

describe("with guest-only snapshots, a guest that is held for its TPM", () => {
  const LOOKS = 0x604;
  const waiting = [
    ...[x86.store8At(0xfed4_0000, 0x02), x86.store8At(0xfed4_0018, 0x40)],
    ...[0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x7b].map((byte) => x86.store8At(0xfed4_0024, byte)),
    x86.store8At(0xfed4_0018, 0x20),
    x86.loop(x86.load8(0xfed4_0018), x86.increment(LOOKS)),
  ];
  /** v86 restores no IDE controller that has a channel without a drive. */
  const machine = (instructions: number[][], autostart: boolean) =>
    makeEmulator({
      bios: { buffer: x86.biosOf(...instructions) },
      hda: { buffer: new ArrayBuffer(65_536) },
      cdrom: { buffer: new ArrayBuffer(65_536) },
      autostart,
    });
  async function held() {
    const emulator = machine(waiting, true);
    const attachment = attachTpm(emulator, { tpm, snapshots: "guest-only" });
    await attachment.ready;
    await until(() => tpm.pending.length === 1);
    await pause();
    return { emulator, looks: () => word(emulator, LOOKS) };
  }

  it("executes on in the machine that gets its snapshot: being held is no HLT", async () => {
    const { emulator, looks } = await held();
    const state = await emulator.save_state();
    const other = machine(waiting, false);
    await loaded(other);
    await other.restore_state(state);
    const seen = word(other, LOOKS);
    void other.run();
    await until(() => word(other, LOOKS) > seen);

    const before = looks();
    await pause();
    expect(looks(), "the first is held as before").toBe(before);
    await tpm.answer(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0));
    await until(() => looks() > before);
  });

  it("sleeps on when it gets that of one in HLT", async () => {
    const HLT = [0xf4];
    const asleep = machine([x86.increment(DONE), HLT, x86.increment(DONE)], true);
    await loaded(asleep);
    await until(() => word(asleep, DONE) === 1);
    await pause();
    const state = await asleep.save_state();
    const { emulator } = await held();
    await emulator.restore_state(state);
    await tpm.answer(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0));
    await pause();
    expect(word(emulator, DONE)).toBe(1);
  });

  it("its emulator has its own methods again after the TPM is detached", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
    await loaded(emulator);
    const inner = snapshotsOf(emulator);
    const own = () => new ArrayBuffer(4);
    inner.save_state = own;
    for (const snapshots of ["guest-only", "refused"] as const) {
      const attachment = attachTpm(emulator, { tpm, snapshots });
      await attachment.ready;
      expect(inner.save_state).not.toBe(own);
      attachment.detach();
      expect(inner.save_state).toBe(own);
      expect(Object.hasOwn(inner, "restore_state")).toBe(false);
    }
  });
});

it("an interface that there is not is refused by name", async () => {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(emulator);
  const options = { tpm, interface: "spi" } as unknown as { tpm: SlowBackend };
  expect(() => attachTpm(emulator, options)).toThrow(
    new TypeError('There is no TPM with the interface "spi": it has "tis" and "crb".'),
  );
});
