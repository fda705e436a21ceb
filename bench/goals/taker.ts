/** One of those who take turns: a subject with one thing to do. */

import { callsFor, setupOn, type Timed, timed } from "../tpm/measure.ts";
import type { Row } from "../tpm/row.ts";
import type { Subject } from "../tpm/subjects.ts";
import type { Sample } from "./tasks.ts";

export interface Taker {
  turn(): Promise<Sample>;
  /** Takes away what it needed. */
  done(): Promise<void>;
}

/** A row of commands on a TPM. @param single one call a turn: its time is a matter of luck */
export async function commandTaker(subject: Subject, row: Row, single: boolean): Promise<Taker> {
  const setup = setupOn(subject);
  const call = await row.prepare(setup);
  const calls = single || row.before ? 1 : await callsFor(subject, call);
  return {
    async turn() {
      await row.before?.(subject);
      return { ...(await timed(subject, call, calls)) };
    },
    done: () => setup.undone(),
  };
}

/** Something that this process does; its CPU time is what counts. */
export async function ownTaker(repeat: (times: number) => Promise<void> | void, done = async () => {}): Promise<Taker> {
  const clock: Timed = {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    repeat: (_call, times) => repeat(times),
  };
  const calls = await callsFor(clock, []);
  return { turn: async () => ({ ...(await timed(clock, [], calls)) }), done };
}
