import type { MigrationReason, SourceTrouble, TargetTrouble } from "../../../src/index.ts";
import type { Problem } from "../../state/model.ts";
import { migrationWords } from "../../words/migration.ts";
import { problemOf } from "../problems.ts";
import type { GuestLoss } from "./kept.ts";

/** What the page shows of an error of that name. */
export const problemNamed = (name: "MovedError" | "StoreGivenUpError"): Problem =>
  problemOf(Object.assign(new Error(""), { name }));

type Trouble = SourceTrouble | TargetTrouble | { readonly kind: "failed"; readonly why: string };

/** What became of a move, in the page's words. */
export function sentenceOfTrouble(trouble: Trouble): string | null {
  const { troubles } = migrationWords();
  switch (trouble.kind) {
    case "refused":
      return troubles.refused(trouble.reasons.map(sentenceOfReason).join("; "));
    case "failed":
      return "at" in trouble && trouble.at === "giveUp" ? troubles.stays(trouble.why) : troubles.failed(trouble.why);
    case "discarded":
      return null;
    default:
      return troubles[trouble.kind];
  }
}

/** Why a guest can't go on where it stood. */
export function sentenceOfLoss(loss: GuestLoss): string {
  const { losses } = migrationWords();
  return "why" in loss ? losses[loss.kind](loss.why) : losses[loss.kind];
}

function sentenceOfReason({ code, source, target }: MigrationReason): string {
  const { reason, reasons } = migrationWords();
  return reason(reasons[code], source, target);
}
