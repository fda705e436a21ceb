/**
 * The side that a machine leaves: what it does next, as a function of where it is and what comes. It waits for nobody and touches nothing;
 * who carries out the effects is in runSource.ts.
 *
 * The guest is held from `save` to `release`. Between `giveUp` and `takeBack` nothing here starts it again: not a lost channel, not a
 * closed page, which finds the mark in the store.
 */
import type { FromSource, FromTarget, MigrationReason } from "./messages.ts";

/**
 * - `offered`: the guest runs; the other side looks at the head.
 * - `saving`, `sending`: the guest is held; whatever goes wrong lets it go on.
 * - `givingUp`: the mark is being made durable. Nobody can cancel any more.
 * - `givenUp`: the other side may start. `why` is there once it is not known to do so: it said that it failed, or is gone.
 * - `takingBack`: a person has asked for it; the store says whether it still can be had.
 * - `released`, `moved`, `takenBack`: the end. It runs here as before; it runs there; it runs here again.
 */
export type SourcePhase =
  | "offered"
  | "saving"
  | "sending"
  | "givingUp"
  | "givenUp"
  | "takingBack"
  | "released"
  | "moved"
  | "takenBack";

/** Why it did not move, or is not known to have. */
export type SourceTrouble =
  | { readonly kind: "refused"; readonly reasons: readonly MigrationReason[] }
  | { readonly kind: "cancelled"; readonly by: "source" | "target"; readonly why: string }
  | { readonly kind: "gone" }
  | { readonly kind: "failed"; readonly at: "save" | "verify" | "giveUp" | "start" | "takeBack"; readonly why: string };

export interface SourceState {
  readonly phase: SourcePhase;
  /** Of the saved machine; 0 until it is saved. */
  readonly chunks: number;
  readonly digest: string;
  /** Chunks that were sent, and that the other side has said to have. */
  readonly sent: number;
  readonly got: number;
  readonly window: number;
  readonly trouble: SourceTrouble | null;
}

export type SourceInput =
  | FromTarget
  | { readonly type: "saved"; readonly chunks: number; readonly digest: string }
  | { readonly type: "saveFailed"; readonly why: string }
  | { readonly type: "gaveUp" }
  /** Nothing was made durable: that is known. */
  | { readonly type: "giveUpFailed"; readonly why: string }
  | { readonly type: "tookBack" }
  /** `isTaken`: the other side has it, as the store says. */
  | { readonly type: "takeBackFailed"; readonly why: string; readonly isTaken: boolean }
  /** The other side is dead: its page was closed. */
  | { readonly type: "gone" }
  /** A person's acts. */
  | { readonly type: "stop" }
  | { readonly type: "takeBack" };

/** Carried out one after the other, each when the one before is done. */
export type SourceEffect =
  | { readonly do: "send"; readonly message: FromSource }
  /** Hold the guest and save the machine: saved, saveFailed. */
  | { readonly do: "save" }
  | { readonly do: "sendChunks"; readonly from: number; readonly to: number }
  /** Durably: gaveUp, giveUpFailed. */
  | { readonly do: "giveUp" }
  /** Let the guest go on. */
  | { readonly do: "release" }
  /** tookBack, takeBackFailed. */
  | { readonly do: "takeBack" }
  /** What is left of the machine here is of no use any more. */
  | { readonly do: "leave" };

export type SourceStep = readonly [SourceState, readonly SourceEffect[]];

export const offered: SourceState = {
  ...{ phase: "offered", chunks: 0, digest: "", sent: 0, got: 0, window: 0, trouble: null },
};

/** Nothing comes of whatever follows. */
export const isSourceOver = ({ phase }: SourceState): boolean =>
  phase === "released" || phase === "moved" || phase === "takenBack";

/** A stop would be heard. */
export const canStop = ({ phase }: SourceState): boolean =>
  phase === "offered" || phase === "saving" || phase === "sending";

/** The other side is not known to start: a person may take the machine back, unless it runs there. */
export const canTakeBack = ({ phase, trouble }: SourceState): boolean => phase === "givenUp" && trouble !== null;

/** @param migration its name, for the messages. */
export function stepSource(migration: string, state: SourceState, input: SourceInput): SourceStep {
  switch (state.phase) {
    case "offered":
    case "saving":
    case "sending":
      return beforeGivingUp(migration, state, input);
    case "givingUp":
      return whileGivingUp(migration, state, input);
    case "givenUp":
      return afterGivingUp(state, input);
    case "takingBack":
      return whileTakingBack(migration, state, input);
    default:
      return [state, []];
  }
}

function beforeGivingUp(migration: string, state: SourceState, input: SourceInput): SourceStep {
  switch (input.type) {
    case "stop":
      return giveItUp(migration, state, { kind: "cancelled", by: "source", why: "" }, "");
    case "cancel":
      return ended(state, { kind: "cancelled", by: "target", why: input.why });
    case "gone":
      return ended(state, { kind: "gone" });
    case "refuse":
      if (state.phase !== "offered") return [state, []];
      return ended(state, { kind: "refused", reasons: input.reasons });
    case "accept":
      if (state.phase !== "offered") return [state, []];
      return [{ ...state, phase: "saving", window: input.window }, [{ do: "save" }]];
    case "saveFailed":
      if (state.phase !== "saving") return [state, []];
      return giveItUp(migration, state, { kind: "failed", at: "save", why: input.why }, input.why);
    case "saved":
      if (state.phase !== "saving") return [state, []];
      return more(migration, { ...state, phase: "sending", chunks: input.chunks, digest: input.digest });
    case "got":
      if (state.phase !== "sending" || input.chunks > state.sent || input.chunks < state.got) return [state, []];
      return more(migration, { ...state, got: input.chunks });
    case "kept": {
      if (state.phase !== "sending") return [state, []];
      const isSame = state.sent === state.chunks && input.digest === state.digest;
      if (isSame) return [{ ...state, phase: "givingUp", got: state.chunks }, [{ do: "giveUp" }]];
      const why = "What the other side has kept is not what was sent.";
      return giveItUp(migration, state, { kind: "failed", at: "verify", why }, why);
    }
    default:
      return [state, []];
  }
}

/** As many chunks as the window lets, and the end behind the last. */
function more(migration: string, state: SourceState): SourceStep {
  const to = Math.min(state.chunks, state.got + state.window);
  if (to === state.sent) return [state, []];
  const chunks: SourceEffect = { do: "sendChunks", from: state.sent, to };
  if (to < state.chunks) return [{ ...state, sent: to }, [chunks]];
  const end: FromSource = { type: "end", migration, chunks: state.chunks, digest: state.digest };
  return [{ ...state, sent: to }, [chunks, { do: "send", message: end }]];
}

/** The migration, that is: the machine goes on here. */
function giveItUp(migration: string, state: SourceState, trouble: SourceTrouble, why: string): SourceStep {
  const [next, effects] = ended(state, trouble);
  return [next, [...effects, { do: "send", message: { type: "cancel", migration, why } }]];
}

function ended(state: SourceState, trouble: SourceTrouble): SourceStep {
  const wasHeld = state.phase !== "offered";
  return [{ ...state, phase: "released", trouble }, wasHeld ? [{ do: "release" }] : []];
}

function whileGivingUp(migration: string, state: SourceState, input: SourceInput): SourceStep {
  switch (input.type) {
    case "gaveUp":
      return [{ ...state, phase: "givenUp" }, [{ do: "send", message: { type: "givenUp", migration } }]];
    case "giveUpFailed":
      return giveItUp(migration, state, { kind: "failed", at: "giveUp", why: input.why }, input.why);
    case "gone":
      return [{ ...state, trouble: { kind: "gone" } }, []];
    default:
      return [state, []];
  }
}

function afterGivingUp(state: SourceState, input: SourceInput): SourceStep {
  switch (input.type) {
    case "started":
      return [{ ...state, phase: "moved", trouble: null }, [{ do: "leave" }]];
    case "failed":
      return [{ ...state, trouble: { kind: "failed", at: "start", why: input.why } }, []];
    case "gone":
      return [{ ...state, trouble: state.trouble ?? { kind: "gone" } }, []];
    case "takeBack":
      // Of a target that lives and has said nothing yet it is known that it is about to start.
      if (!canTakeBack(state)) return [state, []];
      return [{ ...state, phase: "takingBack" }, [{ do: "takeBack" }]];
    default:
      return [state, []];
  }
}

function whileTakingBack(migration: string, state: SourceState, input: SourceInput): SourceStep {
  switch (input.type) {
    case "tookBack": {
      const message: FromSource = { type: "cancel", migration, why: "It was taken back." };
      return [{ ...state, phase: "takenBack" }, [{ do: "send", message }]];
    }
    case "takeBackFailed":
      if (input.isTaken) return [{ ...state, phase: "moved" }, [{ do: "leave" }]];
      return [{ ...state, phase: "givenUp", trouble: { kind: "failed", at: "takeBack", why: input.why } }, []];
    default:
      // Where both have one store, it has decided; where not, the person has.
      return [state, []];
  }
}
