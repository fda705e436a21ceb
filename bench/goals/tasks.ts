/** What a checkout's process is asked for, and what it answers. */

/** Figures of a turn, by name; times are microseconds for a call. */
export type Sample = Readonly<Record<string, number>>;

export type Task =
  /** A row of bench/crypto: the kernel, or the other that does the same. */
  | { kind: "kernel"; file: "symmetric" | "ecc"; row: string; who: "tabtpm" | "node" }
  /** A row of bench/tpm or of ./rows.ts, in process. */
  | { kind: "command"; row: string; single: boolean }
  /** Commits of `size` octets to a file. */
  | { kind: "commit"; size: number }
  /** createTpm until it is ready, and not the first one of the process. */
  | { kind: "ready" };

/** A message to the process; `task` is the number that "prepare" was answered with. */
export type Request = { id: number } & ({ ask: "prepare"; what: Task } | { ask: "turn" | "done"; task: number });

export interface Answer {
  id: number;
  /** Of "prepare": its number, or undefined where this checkout does not have it. */
  task?: number;
  /** Of "turn". */
  sample?: Sample;
  /** A message, where it failed. */
  error?: string;
}
