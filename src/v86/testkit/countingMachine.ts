/** A machine whose guest counts for ever, with the project's own TPM: for snapshots, after which it goes on counting. */
import { onTestFinished } from "vitest";
import { TpmClient } from "../../client/index.ts";
import { startup } from "../../client/testkit/usedTpm.ts";
import { createTpm, type Tpm } from "../../node/index.ts";
import { attachTpm } from "../attach.ts";
import type { AttachTpmOptions } from "../attachOptions.ts";
import { word } from "./attached.ts";
import { makeEmulator, RAM_SIZE, until } from "./emulator.ts";
import * as x86 from "./program.ts";

/** Where the number is. */
export const COUNT = 0x600;
export const program = [x86.loop(x86.increment(COUNT))];

/** Closed at the end of the test. */
export function openTpm(options: Parameters<typeof createTpm>[0]): Tpm {
  const tpm = createTpm(options);
  onTestFinished(() => tpm.close());
  return tpm;
}

export type MachineOptions = Partial<AttachTpmOptions> & {
  /** In octets. */
  memory?: number;
  /** A state to start from. */
  initial?: ArrayBuffer;
  autostart?: boolean;
};

export function machine(
  tpm: AttachTpmOptions["tpm"],
  { memory = RAM_SIZE, initial, autostart = true, ...rest }: MachineOptions = {},
) {
  const emulator = makeEmulator({
    bios: { buffer: x86.biosOf(...program) },
    memory_size: memory,
    autostart,
    ...(initial === undefined ? {} : { initial_state: { buffer: initial } }),
  });
  return { emulator, attachment: attachTpm(emulator, { tpm, ...rest }), count: () => word(emulator, COUNT) };
}

/** It counts, and its TPM is after TPM2_Startup. */
export async function runningMachine(tpm: Tpm, options: MachineOptions = {}) {
  const made = machine(tpm, options);
  await made.attachment.ready;
  const client = new TpmClient(tpm);
  await startup(client);
  await until(() => made.count() > 0);
  return { ...made, tpm, client };
}
