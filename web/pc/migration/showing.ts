/** How far a move is, as its dialog and the page behind it show it. */
import { canStop, canStopTarget, canTakeBack, type SourceProgress, type TargetProgress } from "../../../src/index.ts";
import type { MigrationState } from "../../state/migration.ts";
import type { PageState } from "../../state/model.ts";
import type { Store } from "../../state/store.ts";
import { migrationWords } from "../../words/migration.ts";
import { sentenceOfTrouble } from "./troubles.ts";

export interface Shown {
  readonly moving: Store<MigrationState>;
  readonly page: Store<PageState>;
  /** Somebody is asked something: that stays. */
  isAsking(): boolean;
}

const ready: MigrationState = { phase: "ready", done: 0, total: 0, trouble: null };

/** Where the PC leaves. */
export function showSource({ moving, page, isAsking }: Shown, progress: SourceProgress): void {
  const { phase, done, total, trouble } = progress;
  const sentence = trouble === null ? null : sentenceOfTrouble(trouble);
  if (phase === "released" || phase === "moved" || phase === "takenBack") {
    moving.set({ ...ready, trouble: sentence });
    if (phase === "moved") page.set({ asking: null, announcement: migrationWords().left });
  } else if (canTakeBack(progress)) {
    // The page behind the dialog offers it.
    if (isAsking()) return;
    moving.set({ ...ready, trouble: sentence });
    page.set({ asking: null });
  } else if (phase !== "offered") {
    page.set({ asking: "move" });
    moving.set({ phase: canStop(progress) ? "leaving" : "late", done, total, trouble: null });
  }
}

/** Where it comes. */
export function showTarget({ moving, page, isAsking }: Shown, progress: TargetProgress): void {
  const { phase, done, trouble } = progress;
  const sentence = trouble === null ? null : sentenceOfTrouble(trouble);
  if (isAsking()) return;
  if (phase === "started") moving.set(ready);
  else if (phase === "ended") moving.set({ ...ready, trouble: sentence });
  else if (phase === "stranded") {
    page.set({ asking: "move" });
    moving.set({ phase: "kept", trouble: sentence });
  } else moving.set({ phase: canStopTarget(progress) ? "coming" : "late", done, total: 0, trouble: null });
}
