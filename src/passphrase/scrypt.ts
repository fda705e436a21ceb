/** scrypt: Node's own where there is one, which is faster; else that of @noble/hashes, in slices, so that a page stays alive. [RFC 7914] */
import type { ScryptCost } from "./head.ts";

export interface DerivationOptions {
  /** Hears how far it is, 0 to 1; of Node's own only the end. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Between two slices; Node's own is through before it is looked at. */
  readonly signal?: AbortSignal | undefined;
}

export type Scrypt = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  size: number,
  cost: ScryptCost,
  options?: DerivationOptions,
) => Promise<Uint8Array>;

/** Milliseconds that a slice takes at most: less than a frame's. */
const SLICE_MS = 10;

export const scryptInScript: Scrypt = async (passphrase, salt, dkLen, { logN, r, p }, options = {}) => {
  const { onProgress, signal } = options;
  // Only who needs it loads it.
  const { scryptAsync } = await import("@noble/hashes/scrypt.js");
  signal?.throwIfAborted();
  return scryptAsync(passphrase, salt, {
    N: 2 ** logN,
    r,
    p,
    dkLen,
    asyncTick: SLICE_MS,
    maxmem: memoryOf({ logN, r, p }),
    onProgress(done) {
      signal?.throwIfAborted();
      onProgress?.(done);
    },
  });
};

/** What of Node is used: the page's modules are checked without its types. */
interface NodeGlobals {
  readonly process: { getBuiltinModule?(name: "node:crypto"): { readonly scrypt: NodeScrypt } | undefined };
}
type NodeScrypt = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  size: number,
  options: { N: number; r: number; p: number; maxmem: number },
  callback: (error: Error | null, key: Uint8Array) => void,
) => void;

/** Undefined where this is not Node. No import of `node:crypto`: this module is the page's too. */
export function nativeScrypt(): Scrypt | undefined {
  const { process } = globalThis as unknown as Partial<NodeGlobals>;
  const native = process?.getBuiltinModule?.("node:crypto")?.scrypt;
  if (native === undefined) return undefined;
  return (passphrase, salt, size, cost, { onProgress, signal } = {}) =>
    new Promise((resolve, reject) => {
      const { logN, r, p } = cost;
      signal?.throwIfAborted();
      native(passphrase, salt, size, { N: 2 ** logN, r, p, maxmem: memoryOf(cost) }, (error, key) => {
        if (error !== null || signal?.aborted) return reject(error ?? signal?.reason);
        onProgress?.(1);
        resolve(new Uint8Array(key));
      });
    });
}

export const scrypt: Scrypt = (...given) => (nativeScrypt() ?? scryptInScript)(...given);

/** What it may take: its table, and something for the blocks beside it. */
export const memoryOf = ({ logN, r, p }: ScryptCost) => 128 * r * (2 ** logN + p + 64);
