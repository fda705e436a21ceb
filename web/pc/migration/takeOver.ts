/** The TPM of a machine that moves becomes this page's, and its guest goes on. */
import type { PassphraseKey } from "../../../src/index.ts";
import { noMedia } from "../../state/media.ts";
import { migrationWords } from "../../words/migration.ts";
import { RESET_TERMINAL } from "../follower.ts";
import { GuestLostError, guestLossOf, type KeptGuest } from "./kept.ts";
import type { MigrationParts } from "./parts.ts";

/** What of the PC has to do with it. */
export type TakeOverParts = Pick<MigrationParts, "store" | "tpm" | "computer" | "screen" | "prepare" | "start">;

export interface TakeOverOptions {
  readonly migration: string;
  /** That the TPM is encrypted with; null: it is not. */
  readonly key: PassphraseKey | null;
  /** null: it boots. */
  readonly guest: KeptGuest | null;
  /** The TPM is this page's by now, and nothing has started. */
  readonly onTaken?: () => Promise<void>;
}

/**
 * @returns false where somebody else has the TPM; nothing has changed then
 * @throws GuestLostError where the TPM is this page's, and the guest does not go on: a boot is what is left. What keeps the TPM from being opened.
 */
export async function takeOver(parts: TakeOverParts, options: TakeOverOptions): Promise<boolean> {
  const { store, tpm, start } = parts;
  const { migration, key, guest, onTaken } = options;
  // It does not open, given up as it is; but it knows the key then, and opens below.
  if (key !== null) await tpm.unlock(key).catch(() => {});
  try {
    await tpm.takeOver({ migration });
  } catch (error) {
    if (["NotGivenUpError", "StoreLockedError"].includes((error as Error).name)) return false;
    throw error;
  }
  await onTaken?.();
  store.set({ problem: null, asking: null });
  if (guest === null) await start();
  else await goOn(parts, guest);
  return true;
}

async function goOn({ store, tpm, computer, screen, prepare }: TakeOverParts, { contents, settings }: KeptGuest) {
  store.set({ power: "starting", step: "tpm" });
  let isRefused = false;
  try {
    await prepare();
    await computer.resume({ settings, media: noMedia }, async (machine) => {
      try {
        await machine.restoreState(contents.parts.state.buffer as ArrayBuffer, { hold: true });
      } catch (error) {
        isRefused = true;
        throw error;
      }
      screen.write(RESET_TERMINAL);
      screen.write(contents.parts.console ?? "");
      machine.release();
    });
  } catch (error) {
    store.set({ power: "off" });
    // What keeps the machine from being made has nothing to do with the guest: the next visit offers it. Of a TPM that failed no boot makes another.
    if (!isRefused || tpm.power === "failed") throw error;
    throw new GuestLostError(guestLossOf(error), error);
  }
  const { stage } = contents.head.boot;
  if (stage === "bios" || stage === "kernel" || stage === "shell") store.set({ step: stage });
  store.set({ running: computer.plan, power: "on", announcement: migrationWords().arrived });
}
