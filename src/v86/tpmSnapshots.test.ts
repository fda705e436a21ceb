/** Snapshots of an emulator with the project's own TPM: what v86's state carries, and what is refused. */
import fc from "fast-check";
import type { V86 } from "v86";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { TpmClient } from "../client/index.ts";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { createTpm, type Tpm } from "../node/index.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { type AttachTpmOptions, attachTpm } from "./attach.ts";
import { describeSnapshot } from "./snapshotFormat.ts";
import { SnapshotRefusedError } from "./snapshots.ts";
import { word } from "./testkit/attached.ts";
import { loaded, makeEmulator, pause, RAM_SIZE, until } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const COUNT = 0x600;
/** Counts for ever. */
const program = [x86.loop(x86.increment(COUNT))];

let medium: MemoryMedium;
beforeEach(() => {
  medium = new MemoryMedium();
});

function newTpm(options: Parameters<typeof createTpm>[0] = {}): Tpm {
  const tpm = createTpm({ store: new MemoryStore(medium), ...options });
  onTestFinished(() => tpm.close());
  return tpm;
}

type Options = Partial<AttachTpmOptions> & { memory?: number; initial?: ArrayBuffer; autostart?: boolean };

function machine(
  tpm: AttachTpmOptions["tpm"],
  { memory = RAM_SIZE, initial, autostart = true, ...rest }: Options = {},
) {
  const emulator = makeEmulator({
    bios: { buffer: x86.biosOf(...program) },
    memory_size: memory,
    autostart,
    ...(initial === undefined ? {} : { initial_state: { buffer: initial } }),
  });
  return { emulator, attachment: attachTpm(emulator, { tpm, ...rest }), count: () => word(emulator, COUNT) };
}

/** A machine that counts, and its TPM after TPM2_Startup. */
async function running(options: Options = {}, tpm = newTpm()) {
  const { emulator, attachment, count } = machine(tpm, options);
  await attachment.ready;
  const client = new TpmClient(tpm);
  await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
  await until(() => count() > 0);
  return { emulator, attachment, count, tpm, client };
}

const extend = (client: TpmClient) =>
  client.call("PCR_Event", { handles: { pcrHandle: 16 }, parameters: { eventData: Uint8Array.of(1, 2, 3) } });
const pcr16 = async (tpm: Tpm) =>
  (await tpm.inspect()).pcrs.banks.find(({ hashAlg }) => hashAlg === "TPM_ALG_SHA256")?.values.get(16);
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SnapshotRefusedError);
  return (error as SnapshotRefusedError).code;
};

describe("save_state and restore_state of an emulator", () => {
  it("have the guest and its TPM in them", async () => {
    const { emulator, count, tpm, client } = await running();
    await extend(client);
    const before = await pcr16(tpm);
    const state = await emulator.save_state();
    const counted = count();
    await extend(client);
    expect(await pcr16(tpm)).not.toEqual(before);
    await until(() => count() > counted + 1000);
    await emulator.restore_state(state);
    expect(await pcr16(tpm)).toEqual(before);
    expect(describeSnapshot(state)).toMatchObject({
      format: 1,
      interface: "tis",
      memorySize: RAM_SIZE,
      profile: "full",
    });
  });
});
