/** Why something with TPMs was not done, as the dialog has words for it. */
import {
  PassphraseError,
  SealedStateError,
  StateFileError,
  StoreLockedError,
  TpmNameError,
  TpmStateError,
} from "../../../src/index.ts";
import type { TpmsProblem } from "../../state/tpms.ts";
import { isNotLoaded } from "../arrival.ts";
import { UnsettledError } from "../snapshots/vault.ts";

/** A reason that the page finds out itself. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly problem: TpmsProblem;
  constructor(problem: TpmsProblem) {
    super(`${problem.kind}: ${problem.reason}`);
    this.problem = problem;
  }
}

export const refuse = (kind: TpmsProblem["kind"], reason: string): Refusal => new Refusal({ kind, reason });

export function refusalOf(error: unknown): TpmsProblem {
  if (error instanceof Refusal) return error.problem;
  if (error instanceof TpmNameError) return { kind: "name", reason: error.reason };
  if (error instanceof StateFileError || error instanceof TpmStateError) return { kind: "file", reason: error.reason };
  if (error instanceof PassphraseError || error instanceof SealedStateError) {
    return { kind: "passphrase", reason: error.reason };
  }
  if (error instanceof UnsettledError) return { kind: "passphrase", reason: "snapshots" };
  if (error instanceof StoreLockedError) return { kind: "in use", reason: "" };
  const reason = error instanceof Error ? error.message : String(error);
  return isNotLoaded(error) ? { kind: "not loaded", reason } : { kind: "failed", reason };
}
