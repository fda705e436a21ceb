/** What a file server knows of its guest, as JSON: it goes with the guest into a snapshot, and comes from one that anybody may have made. */

export interface SavedFid {
  readonly number: number;
  /** The file's own number, which is the same for as long as the folder is. */
  readonly path: number;
  /** The way to it from the root. */
  readonly names: readonly string[];
  readonly open: "no" | "read" | "write";
}

export interface SavedShare {
  /** What guest and server have agreed on, octets. */
  readonly messageSize: number;
  readonly fids: readonly SavedFid[];
}

/** @throws RangeError, TypeError */
export function checkSavedShare(state: unknown, largestMessage: number): SavedShare {
  const { messageSize, fids } = state as SavedShare;
  const numbers = new Set(fids.map(({ number }) => number));
  const isGood = ({ number, names, open }: SavedFid) =>
    isCount(number, 0xffff_ffff) && names.every((name) => typeof name === "string") && /^(no|read|write)$/.test(open);
  if (!isCount(messageSize, largestMessage) || numbers.size !== fids.length || !fids.every(isGood)) {
    throw new RangeError("This is no state of a file server");
  }
  return { messageSize, fids };
}

const isCount = (value: number, most: number) => Number.isSafeInteger(value) && value >= 0 && value <= most;
