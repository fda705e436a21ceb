import type { Disk, DiskProcess, Fault, SystemCall } from "./disk.ts";

/** Of the calls of one operation. */
const MOST_CALLS = 60;

/** Every process that fails, or dies, at one call of `work`: until `work` has no more calls. */
export async function* faultsOf(
  fault: Fault,
  setUp: () => Disk,
  work: (fs: DiskProcess) => Promise<unknown>,
): AsyncGenerator<{ disk: Disk; fs: DiskProcess; call: SystemCall; error: unknown }> {
  for (let at = 0; at < MOST_CALLS; at++) {
    const disk = setUp();
    const fs = disk.process({ fault: ({ index }) => (index === at ? fault : undefined) });
    const outcome = work(fs).then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = await Promise.race([outcome, fs.died]);
    const call = fs.calls[at];
    if (!call) return;
    yield { disk, fs, call, error };
  }
  throw new Error("There are more calls than that.");
}
