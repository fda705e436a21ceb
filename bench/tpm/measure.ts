/**
 * The runner. All TPMs take turns in short batches, in an order that changes from round to round, so that the drift of a shared
 * machine falls on all of them; what is counted is the CPU time of the TPM's process, and beside it the time until the answer
 * is there.
 */
import type { Response } from "../../asm/testkit/harness.ts";
import { mean, median, turnsOf } from "../crypto/interleave.ts";
import type { Call, Row, Setup } from "./row.ts";
import { checked, type Subject } from "./subjects.ts";

/** Microseconds of a batch. */
const BATCH = 20_000;

/** Microseconds for a call. */
export interface Times {
  cpu: number;
  wall: number;
}

/** What a row needs on a subject; `undone` takes it away again. */
export function setupOn(
  subject: Pick<Subject, "run" | "init" | "setPhysicalPresence">,
): Setup & { undone(): Promise<void> } {
  const commands: Uint8Array[] = [];
  const send = async (bytes: Uint8Array): Promise<Response> => checked(await subject.run(bytes));
  return {
    platform: subject,
    send,
    undo: (bytes) => commands.push(bytes),
    async undone() {
      for (let bytes = commands.pop(); bytes; bytes = commands.pop()) await send(bytes);
    },
  };
}

interface Prepared {
  subject: Subject;
  setup: ReturnType<typeof setupOn>;
  call: Call;
  /** In a batch. */
  calls: number;
  times: Times[];
}

/** @returns times of each subject, undefined where it does not have the row */
export async function measure(row: Row, subjects: readonly Subject[], rounds: number): Promise<(Times | undefined)[]> {
  const prepared: Prepared[] = [];
  for (const subject of subjects.filter((one) => one.has(row))) {
    const setup = setupOn(subject);
    const call = await row.prepare(setup);
    const calls = row.samples ? 1 : await callsFor(subject, call);
    prepared.push({ subject, setup, call, calls, times: [] });
  }
  for (let round = 0; round < (row.samples ?? rounds); round++) {
    for (const turn of turnsOf(prepared.length, round)) {
      const one = prepared[turn] as Prepared;
      await row.before?.(one.subject);
      one.times.push(await timed(one.subject, one.call, one.calls));
    }
  }
  for (const { setup } of prepared) await setup.undone();
  const middle = row.samples ? mean : median;
  return subjects.map((subject) => {
    const times = prepared.find((one) => one.subject === subject)?.times;
    return times && { cpu: middle(times.map(({ cpu }) => cpu)), wall: middle(times.map(({ wall }) => wall)) };
  });
}

/** All that the clock needs. */
export type Timed = Pick<Subject, "cpu" | "repeat">;

export async function timed(subject: Timed, call: Call, calls: number): Promise<Times> {
  const [cpu, start] = [subject.cpu(), performance.now()];
  const pending = subject.repeat(call, calls);
  if (pending) await pending;
  const wall = (performance.now() - start) * 1000;
  return { cpu: (subject.cpu() - cpu) / calls, wall: wall / calls };
}

/** Twice, so that compilers have done their work before the second count. */
export async function callsFor(subject: Timed, call: Call): Promise<number> {
  let calls = 1;
  for (let i = 0; i < 2; i++) {
    for (calls = 1; ; calls *= 2) {
      const { wall } = await timed(subject, call, calls);
      if (wall * calls >= BATCH) break;
    }
  }
  return calls;
}
