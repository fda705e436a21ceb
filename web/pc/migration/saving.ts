/** The PC as it moves: what is told of it, and what goes over. */
import {
  describeSnapshot,
  MIGRATION_PROTOCOL,
  type MigrationHead,
  type MigrationPlace,
  type PassphraseKey,
  sealMachineFile,
  writeMachineFile,
} from "../../../src/index.ts";
import { migrationWords } from "../../words/migration.ts";
import { guestDigest } from "../guestDigest.ts";
import { pageVersion } from "../kept.ts";
import type { MigrationParts } from "./parts.ts";

/** Without drives every PC of the page has as much, in octets. */
const MEMORY = 128 << 20;
/** The guest's memory that a page can have beside all else, in octets. */
const MEMORY_LIMIT = 2047 << 20;

/** @throws where the PC is none that moves: nothing has stopped. */
export async function headOf({ id, store, tpm, computer, images }: MigrationParts): Promise<MigrationHead> {
  const { machine, plan } = computer;
  const say = migrationWords().troubles;
  if (machine === null || plan === null || machine.stage === "off") throw new Error(say.off);
  if (Object.keys(plan.media.files).length > 0) throw new Error(say.drives);
  return {
    ...(await release(await images())),
    ...{ tpm: id, name: store.value.tpmName, profile: tpm.state().profile ?? "" },
    registers: plan.settings.interface,
    memory: MEMORY,
  };
}

/** What comes here has to fit. */
export async function placeOf({ images, computer, store }: MigrationParts): Promise<MigrationPlace> {
  const { machine } = computer;
  const busy = machine !== null && machine.stage !== "off" ? store.value.tpmName : null;
  return {
    ...(await release(await images())),
    ...{ profiles: ["full", "libtpms-0.9"], registers: ["tis", "crb"], memory: MEMORY_LIMIT, busy },
  };
}

export interface SaveOptions {
  readonly migration: string;
  readonly signal: AbortSignal;
  /** That the TPM is encrypted with; null: it is not. */
  key(): Promise<PassphraseKey | null>;
}

/** The guest is held until it is released. @returns a machine file, encrypted as the TPM is. @throws where it is none that can be saved */
export async function saveMachine(
  { computer, store, images }: MigrationParts,
  { migration, signal, key: readKey }: SaveOptions,
): Promise<Blob> {
  const { machine, plan } = computer;
  if (machine === null || plan === null) throw new Error(migrationWords().troubles.off);
  const { stage } = machine;
  const state = await machine.saveState({ hold: true, signal });
  const { v86Release, profile, interface: registerInterface, memorySize, identity, savedAt } = describeSnapshot(state);
  const head = {
    ...{
      name: store.value.tpmName.slice(0, 80) || "PC",
      savedAt,
      v86Release,
      profile,
      registerInterface,
      memorySize,
    },
    ...{ tpmIdentity: identity, boot: { stage, log: "unknown" as const }, pictureType: null },
    guest: await guestDigest(await images()),
    machine: { settings: plan.settings, givenUpTo: migration },
  };
  const console = new TextEncoder().encode(computer.text().slice(-(1 << 16)));
  const file = await writeMachineFile(head, { state: new Uint8Array(state), console }, { signal });
  // It has the TPM in it, and lies in a database or a file until it runs.
  const key = await readKey();
  return key === null ? file : sealMachineFile(file, key, { signal });
}

/** What both pages must have alike. */
async function release(images: Awaited<ReturnType<MigrationParts["images"]>>) {
  const guest = await guestDigest(images);
  return { protocol: MIGRATION_PROTOCOL, version: pageVersion() ?? "", layout: "", v86: "", images: { guest } };
}
