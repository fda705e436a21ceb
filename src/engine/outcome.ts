import { fromWire, toWire, type WireError } from "./errors.ts";

/** How a call ended, in a form that survives a structured clone. */
export type Outcome = { ok: true; value: unknown } | { ok: false; error: WireError };

export async function toOutcome(promise: Promise<unknown>): Promise<Outcome> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    return { ok: false, error: toWire(error) };
  }
}

/** @throws the error, with its class. */
export function fromOutcome(outcome: Outcome): unknown {
  if (outcome.ok) return outcome.value;
  throw fromWire(outcome.error);
}
