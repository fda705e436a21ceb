/** Code of the page's that is fetched when it is wanted, and may not arrive. */
import { TpmPlatformError } from "../../src/index.ts";

/** Browsers say in words of their own that a module of the page did not arrive; all of them throw a TypeError. */
export const isNotLoaded = (error: unknown): boolean =>
  error instanceof TpmPlatformError || (error instanceof TypeError && /module|import|fetch|load/i.test(error.message));

/** A script or module that never arrives can't be cancelled, only no longer waited for. @throws the signal's reason */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return Promise.race([work, aborted]);
}
