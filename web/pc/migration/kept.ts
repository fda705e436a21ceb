/** What is kept of a machine that moves, seen through before its TPM is taken: what can't go on is found out while nothing has changed yet. */
import {
  describeSnapshot,
  type MachineContents,
  openMachineFile,
  type PassphraseKey,
  SnapshotRefusedError,
} from "../../../src/index.ts";
import { readStored, type Settings } from "../../state/settings.ts";
import type { Arrival, openArrivals } from "./arrivals.ts";

/** Where machines are kept that move. */
export type Arrivals = Pick<ReturnType<typeof openArrivals>, "read" | "forget">;

/**
 * Why a guest can't go on where it stood.
 * - `missing`: nothing is kept of it, or of another move only.
 * - `damaged`, `newer`: what is kept, or the format it is in.
 * - `passphrase`: encrypted with one that the TPM has not.
 * - `images`: of a guest that is made of other images than this page has.
 * - `refused`: it is whole, and no machine of this page, of this release of v86, goes on with it.
 * - `unread`: the browser does not give it.
 */
export type GuestLoss =
  | { readonly kind: "missing" | "damaged" | "newer" | "passphrase" | "images" }
  | { readonly kind: "refused" | "unread"; readonly why: string };

/** The guest can't go on; its TPM is whole, and has nothing to do with it. Nothing that was kept is forgotten. */
export class GuestLostError extends Error {
  override name = "GuestLostError";
  readonly loss: GuestLoss;
  constructor(loss: GuestLoss, cause?: unknown) {
    super(`The PC can't go on where it stood (${loss.kind})${"why" in loss ? `: ${loss.why}` : "."}`, { cause });
    this.loss = loss;
  }
}

/** What a machine of the page needs to go on. */
export interface KeptGuest {
  readonly contents: MachineContents;
  readonly settings: Settings;
}

/**
 * The machine file that is kept of a move.
 * @param tpm its identifier
 * @throws GuestLostError `missing`, `damaged`, `unread`
 */
export async function keptMachine(arrivals: Arrivals, tpm: string, migration: string): Promise<Blob> {
  let record: Arrival | null;
  try {
    record = await arrivals.read(tpm);
  } catch (error) {
    throw new GuestLostError({ kind: "unread", why: wordsOf(error) }, error);
  }
  if (record?.migration !== migration) throw new GuestLostError({ kind: "missing" });
  if (!(record.machine instanceof ArrayBuffer)) throw new GuestLostError({ kind: "damaged" });
  return new Blob([record.machine]);
}

/**
 * Nobody goes on with what is kept of this move, or of none: it is forgotten. What is of another move stays, and is offered where it can go on.
 * Never rejects: a database that does not forget keeps nobody from the PC or its TPM, and what it has left is offered at the next visit.
 */
export async function forgetKept(arrivals: Arrivals, tpm: string, migration: string): Promise<void> {
  try {
    const record: { readonly migration?: unknown } | null = await arrivals.read(tpm);
    if (record === null) return;
    const isOfAnother = typeof record.migration === "string" && record.migration !== migration;
    if (!isOfAnother) await arrivals.forget(tpm);
  } catch (error) {
    console.error(error);
  }
}

/**
 * Opens a machine file, and looks whether there is a guest in it.
 * @param key that the TPM is encrypted with; null: it is not.
 * @throws GuestLostError
 */
export async function openKept(machine: Blob, key: PassphraseKey | null): Promise<KeptGuest> {
  try {
    const contents = await openMachineFile(machine, { passphrase: key ?? undefined });
    describeSnapshot(contents.parts.state.buffer as ArrayBuffer);
    const settings = (contents.head.machine as { settings?: unknown } | null)?.settings;
    const { value, problems } = readStored(settings ?? null, "");
    if (problems.length > 0) throw new GuestLostError({ kind: "damaged" });
    return { contents, settings: value };
  } catch (error) {
    throw error instanceof GuestLostError ? error : new GuestLostError(guestLossOf(error), error);
  }
}

const kinds: Readonly<Record<string, "damaged" | "newer" | "passphrase">> = {
  NotAMachineFileError: "damaged",
  DamagedMachineFileError: "damaged",
  NewerMachineFileError: "newer",
  MachineFilePassphraseError: "passphrase",
  WrongPassphraseError: "passphrase",
};

/** What an error says of a guest that was to go on. */
export function guestLossOf(error: unknown): GuestLoss {
  if (error instanceof SnapshotRefusedError && (error.code === "damaged" || error.code === "newer")) {
    return { kind: error.code };
  }
  const kind = error instanceof Error ? kinds[error.name] : undefined;
  return kind === undefined ? { kind: "refused", why: wordsOf(error) } : { kind };
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
