/** Saves a guest with its TPM, and restores both. Loaded when it is asked for. */
import { BUFFER_SIZE } from "../crb/registers.ts";
import { unpackState as unpackCrb } from "../crb/savedState.ts";
import type { RestoreResult, TpmSnapshot } from "../engine/backend.ts";
import { TpmStateError, type TpmStateProblem } from "../engine/errors.ts";
import { unpackState as unpackPresence } from "../ppi/savedState.ts";
import { unpackState as unpackTis } from "../tis/savedState.ts";
import {
  checkSeal,
  packPart,
  readSnapshot,
  type SnapshotDescription,
  type SnapshotHead,
  seal,
  stateVersionOf,
  TPM_INDEX,
  type TpmPart,
} from "./snapshotFormat.ts";
import {
  type RestoreStateOptions,
  requireSame,
  type SaveStateOptions,
  type SnapshotParts,
  type SnapshotProblem,
  SnapshotRefusedError,
} from "./snapshots.ts";

/**
 * The guest is held. A command of its that the TPM has is waited for, so that it is in the snapshot with its answer.
 * @throws SnapshotRefusedError; what `signal` was aborted with.
 */
export async function saveMachine(
  parts: SnapshotParts,
  { signal, notes = {} }: Pick<SaveStateOptions, "signal" | "notes">,
): Promise<ArrayBuffer> {
  const { tpm, device, presence, platform } = parts;
  const turn = parts.turn();
  const within = <T>(work: Promise<T>) => orAborted(work, signal);
  requirePower(parts);
  await within(device.whenNotBusy());
  await within(presence.device.whenStored());
  // Of a guest that is just being reset, the TPM has no _TPM_Init yet.
  await within(parts.settled());
  requireSame(parts, turn);
  requirePower(parts);
  const saved = await within(snapshotOf(parts));
  const variables = (await within(tpm.readVariables?.() ?? Promise.resolve(null))) ?? null;
  requireSame(parts, turn);
  const { cpu } = platform;
  const state = platform.saveGuest(() => {
    const head = headOf(parts, saved, notes);
    const part: TpmPart = {
      ...saved,
      head,
      registers: device.saveState(),
      presence: presence.device.saveState(),
      variables,
    };
    return withEntry(cpu, packPart(part), () => parts.v86.save());
  });
  await within(seal(state));
  return state;
}

function headOf(parts: SnapshotParts, { profile, identity }: TpmSnapshot, notes: Record<string, string>): SnapshotHead {
  return {
    v86Release: parts.v86Release,
    profile,
    interface: parts.interface,
    irq: parts.irq ?? null,
    memorySize: parts.platform.memorySize,
    identity,
    savedAt: Date.now(),
    notes,
    clocks: parts.platform.clocks,
  };
}

/** v86 saves what its processor gives it: that, and one entry more. */
function withEntry<Result>(cpu: SnapshotParts["platform"]["cpu"], entry: unknown[], save: () => Result): Result {
  const own = Object.getOwnPropertyDescriptor(cpu, "get_state");
  const original = cpu.get_state;
  cpu.get_state = () => {
    const state = original.call(cpu);
    state[TPM_INDEX] = entry;
    return state;
  };
  try {
    return save();
  } finally {
    delete (cpu as { get_state?: unknown }).get_state;
    if (own) Object.defineProperty(cpu, "get_state", own);
  }
}

async function snapshotOf({ tpm }: SnapshotParts): Promise<TpmSnapshot> {
  if (tpm.snapshot === undefined || tpm.restore === undefined) throw cannotBeSaved();
  try {
    return await tpm.snapshot();
  } catch (error) {
    // It has stopped, and nothing of it may be used.
    throw error instanceof TpmStateError ? new SnapshotRefusedError(error.message, "failed", { cause: error }) : error;
  }
}

export interface RestoredState extends RestoreResult {
  snapshot: SnapshotDescription;
}

/** The guest is held. Nothing has changed when it rejects with SnapshotRefusedError or RollbackRefusedError. */
export async function restoreMachine(
  parts: SnapshotParts,
  state: ArrayBuffer,
  { onMovedOn = "refuse", signal }: Pick<RestoreStateOptions, "onMovedOn" | "signal">,
): Promise<RestoredState> {
  const { tpm, device, presence, platform } = parts;
  const turn = parts.turn();
  const within = <T>(work: Promise<T>) => orAborted(work, signal);
  const { description, part } = readSnapshot(state);
  // What is damaged is said to be that, and not of another machine.
  await within(checkSeal(state));
  checkFits(parts, description);
  checkRegisters(part);
  if (tpm.snapshot === undefined || tpm.restore === undefined) throw cannotBeSaved();
  await within(device.whenNotBusy());
  await within(presence.device.whenStored());
  await within(parts.settled());
  requireSame(parts, turn);
  if (tpm.power === "failed") throw hasFailed();
  const wasOff = tpm.power === "off";
  // Of the device, where it is smaller than the TPM's.
  const bufferSize = parts.interface === "crb" ? { bufferSize: BUFFER_SIZE } : {};
  let result: RestoreResult;
  try {
    if (wasOff) await tpm.powerOn(bufferSize);
    result = await tpm.restore(part, { onMovedOn, ...bufferSize });
  } catch (error) {
    // Somebody may have switched it on meanwhile.
    if (wasOff && parts.turn() === turn) await tpm.powerOff();
    throw refusalOf(error);
  }
  await keepVariables(parts, part);
  await presence.load();
  requireSame(parts, turn, "The TPM is as in the snapshot; its guest is not there, because the machine");
  try {
    platform.restoreGuest(part.head.clocks, () => parts.v86.restore(state));
    device.restoreState(part.registers);
    presence.device.restoreState(part.presence);
  } catch (error) {
    await parts.cutPower();
    throw new SnapshotRefusedError(
      `v86 could not restore the guest, whose TPM is restored; the machine is off now: ${String(error)}`,
      "v86",
      { cause: error },
    );
  }
  parts.restored();
  return { ...result, snapshot: description };
}

/**
 * What a snapshot has of the TPM, each in memory of its own, without a machine: so that a TPM can be made of it before the guest runs.
 * It has all of the TPM's secrets in it.
 * @throws SnapshotRefusedError where the snapshot is damaged, newer, or its registers are laid out in another way.
 */
export async function tpmInSnapshot(
  state: ArrayBuffer,
): Promise<Pick<TpmPart, "permanent" | "volatile" | "variables"> & { snapshot: SnapshotDescription }> {
  const { description, part } = readSnapshot(state);
  await checkSeal(state);
  checkRegisters(part);
  const { permanent, volatile, variables } = part;
  return {
    permanent: permanent.slice(),
    volatile: volatile.slice(),
    variables: variables?.slice() ?? null,
    snapshot: description,
  };
}

/**
 * A new place has no variables yet; where there are some, they are the user's of now. The TPM is the snapshot's by then, so that its guest has to
 * be there too: without its variables it has the defaults after a reset, which are the safe ones.
 */
async function keepVariables({ tpm, variablesFailed }: SnapshotParts, { variables }: TpmPart): Promise<void> {
  try {
    if (variables && (await tpm.readVariables?.()) === null) await tpm.storeVariables?.(variables);
  } catch (error) {
    variablesFailed(error);
  }
}

/** A processor without anything, whose state is v86's version of it. */
class Nothing {
  get_state(): unknown[] {
    return [];
  }
}

function checkFits(parts: SnapshotParts, snapshot: SnapshotDescription): void {
  const version = stateVersionOf(parts.v86.save({ cpu: new Nothing() }));
  const differ = (what: string, saved: unknown, here: unknown, code: SnapshotProblem) => {
    if (saved === here) return;
    throw new SnapshotRefusedError(`The snapshot is of a machine with ${what} ${saved}; this one has ${here}.`, code);
  };
  differ("v86's state version", snapshot.v86StateVersion, version, "v86");
  differ("the TPM interface", snapshot.interface, parts.interface, "interface");
  differ("the TPM interrupt", snapshot.irq ?? "none", parts.irq ?? "none", "interface");
  differ("memory of", `${snapshot.memorySize} bytes`, `${parts.platform.memorySize} bytes`, "memory");
}

/** Before anything changes. @throws SnapshotRefusedError */
function checkRegisters({ head, registers, presence }: TpmPart): void {
  try {
    if (head.interface === "crb") unpackCrb(registers);
    else unpackTis(registers);
    unpackPresence(presence);
  } catch (error) {
    throw new SnapshotRefusedError(`The snapshot can't be restored: ${(error as Error).message}`, "layout", {
      cause: error,
    });
  }
}

const PROBLEMS: Record<TpmStateProblem, SnapshotProblem> = {
  damaged: "damaged",
  newer: "newer",
  profile: "profile",
  volatile: "layout",
};

/** What the TPM says, in the words of snapshots; what is neither stays as it is. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof TpmStateError)) return error;
  return new SnapshotRefusedError(error.message, PROBLEMS[error.reason], { cause: error });
}

function requirePower({ tpm }: SnapshotParts): void {
  if (tpm.power === "failed") throw hasFailed();
  if (tpm.power === "off")
    throw new SnapshotRefusedError("The TPM has no power: there is nothing to save.", "no-power");
}

const hasFailed = () =>
  new SnapshotRefusedError("The TPM's back end has failed: without it there is no state of the TPM.", "failed");

const cannotBeSaved = () =>
  new SnapshotRefusedError(
    "This TPM's state stays where it is (a TPM behind a bridge, or hardware), so that no snapshot can have it: only a TPM of this page or process can be saved.",
    "backend",
  );

/** @throws what the signal was aborted with, whatever becomes of the work. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
