/** Snapshots that meet a reset, a loss of power, each other or a store that fails: guest and TPM stay of one time. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { changeAuth, extend, pcr16, startup } from "../client/testkit/usedTpm.ts";
import type { Tpm } from "../node/index.ts";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreError } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { seal } from "./snapshotFormat.ts";
import { SnapshotRefusedError } from "./snapshots.ts";
import { machine, openTpm, runningMachine } from "./testkit/countingMachine.ts";
import { pause, until } from "./testkit/emulator.ts";

let medium: MemoryMedium;
beforeEach(() => {
  medium = new MemoryMedium();
});

const newTpm = (options: Parameters<typeof openTpm>[0] = {}) => openTpm({ store: new MemoryStore(medium), ...options });
const running = () => runningMachine(newTpm());

/** The TPM's next orderly shutdown lasts until the function that is returned is called. */
function slowShutdown(tpm: Tpm): () => void {
  const shutDown = tpm.shutDown.bind(tpm);
  let end = () => {};
  const gate = new Promise<void>((resolve) => {
    end = resolve;
  });
  tpm.shutDown = async () => {
    await gate;
    return shutDown();
  };
  return end;
}

describe("a snapshot is restored", () => {
  it("after a reset that is under way, whose _TPM_Init comes before it and never after", async () => {
    const { emulator, attachment, tpm, client, count } = await running();
    await extend(client);
    const before = await pcr16(tpm);
    const state = await attachment.saveState();
    const end = slowShutdown(tpm);
    emulator.restart();
    const restoring = attachment.restoreState(state, { onMovedOn: "rollback" });
    await pause();
    end();
    await restoring;
    const seen = count();
    await until(() => count() > seen);
    expect(await pcr16(tpm)).toEqual(before);
    // TPM2_Startup was in the snapshot.
    expect(await errorOf(startup(client))).toMatchObject({ message: expect.stringContaining("TPM_RC_INITIALIZE") });
  });

  it("after a power-off that is under way, and has power again", async () => {
    const { attachment, tpm, client, count } = await running();
    await extend(client);
    const before = await pcr16(tpm);
    const state = await attachment.saveState();
    const off = attachment.powerOff();
    expect(await attachment.restoreState(state)).toMatchObject({ how: "resumed" });
    await off;
    expect([attachment.poweredOff, tpm.power]).toEqual([false, "on"]);
    expect(await pcr16(tpm)).toEqual(before);
    const seen = count();
    await until(() => count() > seen);
  });

  it("twice at once, and saved twice at once: each is whole, one after the other", async () => {
    const { attachment, tpm, client, count } = await running();
    await extend(client);
    const before = await pcr16(tpm);
    const [one, other] = await Promise.all([attachment.saveState(), attachment.saveState()]);
    await extend(client);
    const restored = await Promise.all([attachment.restoreState(one), attachment.restoreState(other)]);
    expect(restored).toEqual([
      expect.objectContaining({ how: "resumed" }),
      expect.objectContaining({ how: "resumed" }),
    ]);
    expect(await pcr16(tpm)).toEqual(before);
    const seen = count();
    await until(() => count() > seen);
  });

  it("with its guest where the firmware's variables find no room: the TPM is the snapshot's already", async () => {
    const saved = await running();
    await saved.tpm.storeVariables?.(Uint8Array.of(1));
    await extend(saved.client);
    const [state, before] = [await saved.attachment.saveState(), await pcr16(saved.tpm)];
    class Full extends FaultyStore {
      override async commitVariables(variables: Uint8Array | null): Promise<void> {
        if (variables !== null) throw new StoreError("There is no room.", { code: "full" });
      }
    }
    const tpm = newTpm({ store: new Full(new MemoryStore()) });
    const { attachment, count } = machine(tpm);
    await attachment.ready;
    const failures: unknown[] = [];
    attachment.on("variables-failed", (error) => failures.push(error));
    expect(await attachment.restoreState(state)).toMatchObject({ how: "adopted" });
    expect(failures).toEqual([expect.objectContaining({ code: "full" })]);
    expect(await pcr16(tpm)).toEqual(before);
    const seen = count();
    await until(() => count() > seen);
  });
});

describe("a snapshot is not taken", () => {
  it("of a guest that is being reset and a TPM that is not, but of both afterwards", async () => {
    const { emulator, attachment, tpm, client } = await running();
    const end = slowShutdown(tpm);
    emulator.restart();
    const saving = attachment.saveState({ hold: true });
    await pause();
    end();
    await attachment.restoreState(await saving);
    await startup(client);
  });

  it("of a machine that is just being switched off", async () => {
    const { attachment, tpm } = await running();
    const off = attachment.powerOff();
    expect(await errorOf(attachment.saveState())).toMatchObject({ code: "no-power" });
    await off;
    expect(tpm.power).toBe("off");
  });
});

describe("a guest that was to stay held", () => {
  it("is gone with its power: what boots next executes", async () => {
    const { attachment, count } = await running();
    await attachment.saveState({ hold: true });
    await attachment.powerOff();
    await attachment.powerOn();
    await until(() => count() > 0);
  });

  it("and loses its power while its snapshot is sealed is in none, and what boots next executes", async () => {
    const { attachment, count } = await running();
    const { subtle } = crypto;
    const digest = subtle.digest.bind(subtle);
    const sealing = vi.spyOn(subtle, "digest").mockImplementation(async (...given) => {
      await attachment.pullPlug();
      return digest(...given);
    });
    const saving = errorOf(attachment.saveState({ hold: true }));
    expect(await saving).toMatchObject({ code: "interrupted" });
    sealing.mockRestore();
    await attachment.powerOn();
    await until(() => count() > 0);
  });
});

it("whoever switches a machine on while a restore fails has it on", async () => {
  const { attachment, tpm, client, count } = await running();
  const state = await attachment.saveState();
  await changeAuth(client);
  await attachment.powerOff();
  const restore = tpm.restore?.bind(tpm) as NonNullable<Tpm["restore"]>;
  tpm.restore = async (...given) => {
    const result = errorOf(restore(...given));
    await attachment.powerOn();
    await until(() => tpm.power === "on");
    throw await result;
  };
  expect(await errorOf(attachment.restoreState(state))).toBeInstanceOf(Error);
  const seen = count();
  await until(() => count() > seen);
  expect([attachment.poweredOff, tpm.power]).toEqual([false, "on"]);
  await startup(client);
});

describe("a guest that would start from a snapshot does not start, and its TPM stays what it is", () => {
  it.each([
    ["is damaged", "damaged", (state: ArrayBuffer) => (new Uint8Array(state)[state.byteLength >> 1]! ^= 1)],
    ["is none", "damaged", (state: ArrayBuffer) => new Uint8Array(state).fill(0)],
    ["is of another v86", "v86", (state: ArrayBuffer) => new DataView(state).setUint32(4, 7, true)],
  ] as const)("where that %s", async (_what, code, damage) => {
    const { attachment, tpm } = await running();
    const state = await attachment.saveState();
    await tpm.close();
    damage(state);
    if (code === "v86") await seal(state);
    const before = medium.blob?.slice();
    const again = newTpm();
    const next = machine(again, { initial: state });
    const error = await errorOf(next.attachment.ready);
    expect(error).toBeInstanceOf(SnapshotRefusedError);
    expect(error).toMatchObject({ code });
    await pause();
    expect(next.emulator.get_instruction_counter()).toBe(0);
    expect([again.power, medium.blob]).toEqual(["off", before]);
  });
});
