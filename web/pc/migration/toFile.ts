/** The PC as a file, for another browser or computer. */
import { newMigrationId, type PassphraseKey } from "../../../src/index.ts";
import type { MigrationState } from "../../state/migration.ts";
import type { Store } from "../../state/store.ts";
import { saveFile } from "../download.ts";
import { noteStart } from "../snapshots/startNote.ts";
import { arrivals } from "./arrivals.ts";
import { forgetKept } from "./kept.ts";
import type { MigrationParts } from "./parts.ts";
import { headOf, saveMachine } from "./saving.ts";
import { sentenceOfTrouble } from "./troubles.ts";

export interface ToFileOptions {
  /** Of the move, as its dialog shows it. */
  readonly moving: Store<MigrationState>;
  readonly signal: AbortSignal;
  /** That the TPM is encrypted with; null: it is not. */
  key(): Promise<PassphraseKey | null>;
  /** @throws where it is known that the TPM is not given up */
  giveUp(migration: string): Promise<void>;
}

/** In order: kept here, so that it is not lost with the download; given up; handed out. Never rejects: what went wrong is shown. */
export async function moveToFile(pc: MigrationParts, { moving, signal, key, giveUp }: ToFileOptions): Promise<void> {
  const migration = newMigrationId();
  let at: "save" | "giveUp" | "start" = "save";
  try {
    moving.set({ phase: "leaving", done: 0, total: 0, trouble: null });
    await headOf(pc);
    const file = await saveMachine(pc, { migration, signal, key });
    const machine = await file.arrayBuffer();
    signal.throwIfAborted();
    await arrivals.keep(pc.id, { migration, machine });
    noteStart(pc.id, true);
    moving.set({ phase: "late" });
    at = "giveUp";
    await giveUp(migration);
    at = "start";
    await handOut(pc, file);
    pc.store.set({ asking: null });
    moving.set({ phase: "ready" });
  } catch (error) {
    if (at !== "start") {
      await forgetKept(arrivals, pc.id, migration);
      pc.computer.machine?.release();
    }
    const trouble = sentenceOfTrouble({ kind: "failed", at, why: (error as Error).message });
    moving.set({ phase: "ready", done: 0, total: 0, trouble });
  }
}

/** The browser saves it, under the TPM's name. */
export async function handOut({ store }: MigrationParts, machine: Blob): Promise<void> {
  const name = `${store.value.tpmName.replace(/[^\p{L}\p{N} ._-]/gu, "_")}.tabtpm`;
  saveFile(name, new Uint8Array(await machine.arrayBuffer()));
}
