/** Why something with snapshots was not done, as the dialog has words for it. */
import {
  DamagedMachineFileError,
  MachineFilePassphraseError,
  NewerMachineFileError,
  NotAMachineFileError,
  type RollbackLoss,
  SnapshotRefusedError,
  TpmStateError,
  WrongPassphraseError,
} from "../../../src/index.ts";
import type { SnapshotLoss, SnapshotsProblem, SnapshotsProblemKind } from "../../state/snapshots.ts";

/** A reason that the page finds out itself. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly kind: SnapshotsProblemKind;
  constructor(kind: SnapshotsProblemKind, message = "") {
    super(message);
    this.kind = kind;
  }
}

const kinds: readonly (readonly [new (...given: never[]) => Error, SnapshotsProblemKind])[] = [
  [NotAMachineFileError, "none"],
  [DamagedMachineFileError, "damaged"],
  [NewerMachineFileError, "newer"],
  [MachineFilePassphraseError, "passphrase needed"],
  [WrongPassphraseError, "passphrase"],
  [SnapshotRefusedError, "refused"],
  [TpmStateError, "refused"],
];

export function refusalOf(error: unknown): SnapshotsProblem {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal) return { kind: error.kind, reason };
  if (error instanceof Error && error.name === "QuotaExceededError") return { kind: "full", reason };
  const kind = kinds.find(([type]) => error instanceof type)?.[1] ?? "failed";
  return { kind, reason };
}

const hex = (handle: number) => `0x${handle.toString(16).padStart(8, "0")}`;

export const lossOf = ({ otherTpm, keys, nvIndices, counters, resets, settings }: RollbackLoss): SnapshotLoss => ({
  ...{ otherTpm, resets, settings },
  keys: keys.map(({ handle }) => hex(handle)),
  nvIndices: nvIndices.map(({ handle }) => hex(handle)),
  counters: counters.map(({ handle }) => hex(handle)),
});
