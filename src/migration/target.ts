/**
 * The side that a machine comes to, as source.ts has the other: what it does next, as a function of where it is and what comes.
 *
 * It starts nothing before the source has given up durably. Once it has kept the machine, it forgets it only where it is known that it
 * goes on elsewhere, or because a person says so.
 */
import type { FromSource, FromTarget, MigrationReason } from "./messages.ts";

/**
 * - `receiving`: chunks come.
 * - `keeping`: all is there; it is verified and made durable.
 * - `kept`: the source may give up, and is waited for. Nobody can cancel here any more.
 * - `looking`: the source is gone; did it give up?
 * - `taking`: the store is taken over, what came is committed, the guest starts.
 * - `stranded`: the machine is kept, and whether it may start is for a person to say.
 * - `started`, `ended`: it runs here; it was not taken, and nothing is kept of it.
 */
export type TargetPhase = "receiving" | "keeping" | "kept" | "looking" | "taking" | "stranded" | "started" | "ended";

export type TargetTrouble =
  | { readonly kind: "refused"; readonly reasons: readonly MigrationReason[] }
  | { readonly kind: "cancelled"; readonly by: "source" | "target"; readonly why: string }
  | { readonly kind: "gone" }
  /** Before it gave up, as far as can be known. */
  | { readonly kind: "notGivenUp" }
  | { readonly kind: "takenBack" }
  | { readonly kind: "discarded" }
  | { readonly kind: "failed"; readonly at: "judge" | "transfer" | "keep" | "start"; readonly why: string };

export interface TargetState {
  readonly phase: TargetPhase;
  readonly received: number;
  readonly trouble: TargetTrouble | null;
}

export type TargetInput =
  | FromSource
  /** Verified and durable. `digest`: of what was kept. */
  | { readonly type: "keptIt"; readonly digest: string }
  | { readonly type: "keepFailed"; readonly why: string }
  /** null: there is no way to know. */
  | { readonly type: "looked"; readonly isGivenUp: boolean | null }
  | { readonly type: "tookOver" }
  /** `isTakenBack`: the source has it, as the store says. */
  | { readonly type: "takeOverFailed"; readonly why: string; readonly isTakenBack: boolean }
  /** The source is dead: its page was closed. */
  | { readonly type: "gone" }
  /** A person's acts; the last two on a stranded machine. */
  | { readonly type: "stop" }
  | { readonly type: "start" }
  | { readonly type: "discard" };

export type TargetEffect =
  | { readonly do: "send"; readonly message: FromTarget }
  /** Verify what came against `digest`, see that it can be restored, make it durable: keptIt, keepFailed. */
  | { readonly do: "keep"; readonly digest: string }
  /** Did the source give up: looked. */
  | { readonly do: "look" }
  /** Have the store, commit, start: tookOver, takeOverFailed. */
  | { readonly do: "takeOver" }
  /** What came is of no use any more, durable or not. */
  | { readonly do: "forget" };

export type TargetStep = readonly [TargetState, readonly TargetEffect[]];

/** An offer has come. @param reasons why it can't be taken; none: it can. */
export function beginTarget(migration: string, reasons: readonly MigrationReason[], window: number): TargetStep {
  const state: TargetState = { phase: "receiving", received: 0, trouble: null };
  if (reasons.length === 0) return [state, [{ do: "send", message: { type: "accept", migration, window } }]];
  return [
    { ...state, phase: "ended", trouble: { kind: "refused", reasons } },
    [{ do: "send", message: { type: "refuse", migration, reasons } }],
  ];
}

/** Nothing comes of whatever follows. */
export const isTargetOver = ({ phase }: TargetState): boolean => phase === "started" || phase === "ended";

/** A stop would be heard. */
export const canStopTarget = ({ phase }: TargetState): boolean => phase === "receiving" || phase === "keeping";

export function stepTarget(migration: string, state: TargetState, input: TargetInput): TargetStep {
  switch (state.phase) {
    case "receiving":
    case "keeping":
      return beforeKept(migration, state, input);
    case "kept":
      return whileKept(state, input);
    case "looking":
      return whileLooking(state, input);
    case "taking":
      return whileTaking(migration, state, input);
    case "stranded":
      return whileStranded(state, input);
    default:
      return [state, []];
  }
}

function beforeKept(migration: string, state: TargetState, input: TargetInput): TargetStep {
  switch (input.type) {
    case "stop":
      return refused(migration, state, { kind: "cancelled", by: "target", why: "" }, "");
    case "cancel":
      return forgotten(state, { kind: "cancelled", by: "source", why: input.why });
    case "gone":
      return forgotten(state, { kind: "gone" });
    case "chunk":
      if (state.phase !== "receiving") return [state, []];
      if (input.index !== state.received) return lost(migration, state);
      return [
        { ...state, received: state.received + 1 },
        [{ do: "send", message: { type: "got", migration, chunks: state.received + 1 } }],
      ];
    case "end":
      if (state.phase !== "receiving") return [state, []];
      if (input.chunks !== state.received) return lost(migration, state);
      return [{ ...state, phase: "keeping" }, [{ do: "keep", digest: input.digest }]];
    case "keptIt":
      if (state.phase !== "keeping") return [state, []];
      return [
        { ...state, phase: "kept" },
        [{ do: "send", message: { type: "kept", migration, digest: input.digest } }],
      ];
    case "keepFailed":
      return refused(migration, state, { kind: "failed", at: "keep", why: input.why }, input.why);
    default:
      return [state, []];
  }
}

function lost(migration: string, state: TargetState): TargetStep {
  const why = "Parts of the machine were lost on the way.";
  return refused(migration, state, { kind: "failed", at: "transfer", why }, why);
}

function refused(migration: string, state: TargetState, trouble: TargetTrouble, why: string): TargetStep {
  const [next, effects] = forgotten(state, trouble);
  return [next, [...effects, { do: "send", message: { type: "cancel", migration, why } }]];
}

function forgotten(state: TargetState, trouble: TargetTrouble): TargetStep {
  return [{ ...state, phase: "ended", trouble }, [{ do: "forget" }]];
}

function whileKept(state: TargetState, input: TargetInput): TargetStep {
  switch (input.type) {
    case "givenUp":
      return [{ ...state, phase: "taking" }, [{ do: "takeOver" }]];
    case "cancel":
      return forgotten(state, { kind: "cancelled", by: "source", why: input.why });
    case "gone":
      return [{ ...state, phase: "looking" }, [{ do: "look" }]];
    default:
      return [state, []];
  }
}

function whileLooking(state: TargetState, input: TargetInput): TargetStep {
  switch (input.type) {
    // It had said so before it went.
    case "givenUp":
      return [{ ...state, phase: "taking" }, [{ do: "takeOver" }]];
    case "cancel":
      return forgotten(state, { kind: "cancelled", by: "source", why: input.why });
    case "looked":
      if (input.isGivenUp === true) return [{ ...state, phase: "taking" }, [{ do: "takeOver" }]];
      return [{ ...state, phase: "stranded", trouble: { kind: input.isGivenUp === null ? "gone" : "notGivenUp" } }, []];
    default:
      return [state, []];
  }
}

function whileTaking(migration: string, state: TargetState, input: TargetInput): TargetStep {
  switch (input.type) {
    case "tookOver":
      return [
        { ...state, phase: "started", trouble: null },
        [{ do: "send", message: { type: "started", migration } }, { do: "forget" }],
      ];
    case "takeOverFailed": {
      // Also of one that was taken back: the source says so, and then it is forgotten.
      const trouble: TargetTrouble = input.isTakenBack
        ? { kind: "takenBack" }
        : { kind: "failed", at: "start", why: input.why };
      const message: FromTarget = { type: "failed", migration, why: input.why };
      return [{ ...state, phase: "stranded", trouble }, [{ do: "send", message }]];
    }
    default:
      return [state, []];
  }
}

/** Messages that come late start nothing: a person may have taken the machine back since. */
function whileStranded(state: TargetState, input: TargetInput): TargetStep {
  switch (input.type) {
    case "cancel":
      return forgotten(state, { kind: "takenBack" });
    case "start":
      return [{ ...state, phase: "taking", trouble: null }, [{ do: "takeOver" }]];
    case "discard":
      return forgotten(state, { kind: "discarded" });
    default:
      return [state, []];
  }
}
