/** What a round does, and when it kills whom: all of it follows from the seed and the round's number. */
import { randomOfRow } from "../../../src/testkit/random.ts";

export type Side = "source" | "target";
export type Victim = Side | "both" | "browser";

export interface Round {
  /** Counts that are acknowledged before anything else. */
  readonly counts: number;
  /** - `move`: to another tab. - `file`: given up, and saved as a file. - `snapshot`: a state is kept beside it. */
  readonly act: "move" | "file" | "snapshot";
  /** A snapshot is kept before the act; `offered`: the next start offers it. */
  readonly keeps: "nothing" | "snapshot" | "offered";
  /** The thread that has to come to its moment so often, from the begin of the act on. */
  readonly moment: { readonly side: Side; readonly thread: "page" | "worker"; readonly count: number };
  /** The thread stands still while others are killed, or goes on for so many milliseconds before the kill. */
  readonly delay: number | "held";
  readonly victim: Victim;
  /** `crash`: the process of the tab. `close`: as by the tab's cross, without asking the page. */
  readonly how: "crash" | "close";
  /** What the person does, who has a choice afterwards. */
  readonly starts: boolean;
  readonly takesOffer: boolean;
  /** Who wants the TPM back where nobody has it: the tab that lives, a new one, or both at once. */
  readonly claimants: "survivor" | "new" | "both";
  /** The new tab takes the TPM away from whoever has it. */
  readonly takesOver: boolean;
}

/** As many as a move has in each of these threads. */
const MOMENTS = { source: { page: 30, worker: 24 }, target: { page: 40, worker: 12 } } as const;
const COUNTS = 5;
const DELAYS_MS = [0, 0, 1, 2, 5, 10, 20, 50];
/** One of so many kills is of the whole browser. */
const BROWSER_EACH = 20;
const GOLDEN = 0x9e3779b9;

export function roundOf(seed: number, number: number): Round {
  const random = randomOfRow(Math.imul(seed + 1, GOLDEN) + number);
  const oneOf = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value;
  const act = oneOf(["move", "move", "move", "move", "move", "file", "snapshot"] as const);
  const side = act === "move" ? oneOf(["source", "target"] as const) : "source";
  const thread = oneOf(["page", "worker"] as const);
  const victim =
    random(BROWSER_EACH) === 0 ? "browser" : oneOf(["source", "target", "source", "target", "both"] as const);
  return {
    counts: 1 + random(COUNTS),
    act,
    keeps: oneOf(["nothing", "nothing", "nothing", "nothing", "snapshot", "offered"] as const),
    moment: { side, thread, count: 1 + random(MOMENTS[side][thread]) },
    delay: random(2) === 0 ? "held" : oneOf(DELAYS_MS),
    // Of a single tab it is the one.
    victim: act === "move" || victim === "browser" ? victim : "source",
    how: oneOf(["crash", "crash", "close"] as const),
    starts: random(2) === 0,
    takesOffer: random(2) === 0,
    claimants: oneOf(["survivor", "new", "both"] as const),
    takesOver: random(8) === 0,
  };
}
