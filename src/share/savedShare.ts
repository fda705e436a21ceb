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

/** More than a guest of some hundred MiB can have open. */
const MOST_FIDS = 1 << 16;
const MOST_NAMES = 4096;

/** @throws RangeError */
export function checkSavedShare(state: unknown, largestMessage: number): SavedShare {
  const { messageSize, fids } = (state ?? {}) as Partial<Record<keyof SavedShare, unknown>>;
  if (!isCount(messageSize, largestMessage) || !Array.isArray(fids) || fids.length > MOST_FIDS || !fids.every(isFid)) {
    throw new RangeError("This is no state of a file server");
  }
  if (new Set(fids.map(({ number }) => number)).size !== fids.length) throw new RangeError("A fid is there twice");
  return { messageSize, fids };
}

function isFid(value: unknown): value is SavedFid {
  const { number, path, names, open } = (value ?? {}) as Partial<Record<keyof SavedFid, unknown>>;
  return (
    isCount(number, 0xffff_ffff) &&
    isCount(path, Number.MAX_SAFE_INTEGER) &&
    Array.isArray(names) &&
    names.length <= MOST_NAMES &&
    names.every((name) => typeof name === "string") &&
    (open === "no" || open === "read" || open === "write")
  );
}

const isCount = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
