/** Puts what is written down beside what was extended: the event of each step that is the firmware's. IMA's entries: imaSources.ts. */

import { describeEvent } from "../firmware/description/index.ts";
import type { TcgEvent } from "../firmware/eventLog.ts";
import { EV_NO_ACTION } from "../firmware/eventTypes.ts";
import { eventKinds } from "./eventKind.ts";
import { isExtend, type PcrStep, type StepDigest, toHex } from "./steps.ts";

export interface JoinedSteps {
  readonly steps: readonly PcrStep[];
  /** Numbers of the events, or entries, that no step of the TPM belongs to although their type asks for one. */
  readonly unextended: readonly number[];
}

const isMeasured = (step: PcrStep) => isExtend(step) || step.kind === "hash sequence";

/** Whether two lists name a bank in common, and the same digest in each of those. */
export function agree(a: readonly StepDigest[], b: readonly StepDigest[]): boolean {
  let common = 0;
  for (const one of a) {
    const other = b.find(({ algorithm }) => algorithm === one.algorithm);
    if (other === undefined) continue;
    if (other.digest !== one.digest) return false;
    common++;
  }
  return common > 0;
}

/** The steps of each PCR in their order, each given away once. */
export class Steps {
  readonly #positions = new Map<number, number[]>();
  constructor(steps: readonly PcrStep[]) {
    for (const [at, step] of steps.entries()) {
      if (step.pcr === null || !isMeasured(step) || step.source !== undefined) continue;
      const of = this.#positions.get(step.pcr);
      if (of === undefined) this.#positions.set(step.pcr, [at]);
      else of.push(at);
    }
  }

  /** The first that is left of the PCR and fits; it is taken. */
  take(pcr: number, fits: (position: number) => boolean): number | undefined {
    const positions = this.#positions.get(pcr) ?? [];
    const index = positions.findIndex(fits);
    return index < 0 ? undefined : positions.splice(index, 1)[0];
  }
}

/** @param events of a firmware's log from its beginning, as {@link readEventLog} gives them. */
export function joinEvents(steps: readonly PcrStep[], events: readonly TcgEvent[]): JoinedSteps {
  const joined = [...steps];
  const left = new Steps(steps);
  const kinds = eventKinds(events);
  const unextended: number[] = [];
  for (const [index, event] of events.entries()) {
    if (event.type === EV_NO_ACTION) continue;
    const digests = event.digests.map(({ algorithm, digest }) => ({ algorithm, digest: toHex(digest) }));
    const at = left.take(event.pcrIndex, (position) => agree(steps[position]!.digests, digests));
    if (at === undefined) {
      unextended.push(index);
      continue;
    }
    const { type } = event;
    joined[at] = {
      ...steps[at]!,
      source: { kind: "firmware", index, type, event: kinds[index]!, text: describeEvent(event) },
    };
  }
  return { steps: joined, unextended };
}
