/** What is measured: an operation, done by tabtpm and by others. */

export interface Goal {
  /** Of time: microseconds at most. Of throughput: MB/s at least. */
  value: number;
  text: string;
}

export interface Row {
  group: string;
  name: string;
  /** Bytes that a call works through, where throughput is what matters. */
  bytes?: number;
  /** Operations whose time is a matter of luck: so many calls of each, and means. */
  samples?: number;
  goal?: Goal;
  tabtpm: () => unknown;
  node?: () => unknown;
  noble?: () => unknown;
  bigint?: () => unknown;
}

export const OTHERS = ["node", "noble", "bigint"] as const;

/** Fails unless both give the same bytes: what is timed must be the same operation. */
export function same(name: string, a: Uint8Array, b: Uint8Array): void {
  if (Buffer.compare(a, b) !== 0) throw new Error(`${name}: tabtpm and the other don't agree`);
}

/** Fails unless `status` says success. */
export function succeed(name: string, status: number, wanted = 0): void {
  if (status !== wanted) throw new Error(`${name} answered ${status}`);
}
