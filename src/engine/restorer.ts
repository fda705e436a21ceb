/** A TPM that is put back to a snapshot: everything is looked at first, then one commit decides. */
import type { RestoreOptions, SavedTpm } from "./backend.ts";
import { toHex } from "./bytes.ts";
import type { Core, TpmProfile } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { hasSucceeded, shutdownCommand } from "./orderlyShutdown.ts";
import { PowerCycle } from "./powerCycle.ts";
import type { RestoreOutcome } from "./rollback.ts";
import type { StateKeeper } from "./stateKeeper.ts";
import { loadGiven } from "./stateLoader.ts";

export interface RestorerParts {
  newCore(): Promise<Core>;
  keeper: StateKeeper;
}

type Restored = Extract<RestoreOutcome, { kind: "restored" }> & { powerCycle: PowerCycle; profile: TpmProfile };

/** A core for one look, which leaves nothing behind. */
async function look<T>(newCore: () => Promise<Core>, work: (core: Core) => T): Promise<T> {
  const core = await newCore();
  let hasTrapped = true;
  try {
    const result = work(core);
    hasTrapped = false;
    return result;
  } finally {
    core.wipe({ hasTrapped });
  }
}

/** The state of a snapshot, or of now. */
interface Seen {
  /** As a core of now writes it. */
  permanent: Uint8Array;
  profile: TpmProfile;
  identity: string;
  /** It was ever started, or has something in NV. */
  isUsed: boolean;
  /** The core's account of it. */
  record: Uint8Array;
  /** What an orderly shutdown would have made of it; null where there can be none. */
  shutDown: Uint8Array | null;
}

/**
 * Between two commands of a TPM with power.
 * @param running the power cycle of now, which stays as it is; whoever calls ends it when another one is in its place.
 * @throws TpmStateError when the snapshot does not fit, StoreError when it can't be stored: nothing has changed then.
 */
export async function restoreSnapshot(
  { newCore, keeper }: RestorerParts,
  running: PowerCycle,
  snapshot: SavedTpm,
  { onMovedOn = "refuse", bufferSize }: RestoreOptions,
): Promise<Restored | Extract<RestoreOutcome, { kind: "moved-on" }>> {
  const then = await look(newCore, (core) => seeSnapshot(core, snapshot));
  const permanent = running.permanent() ?? keeper.committed ?? new Uint8Array();
  const now = await look(newCore, (core) => {
    loadGiven(core, permanent);
    return { ...seen(core), shutDown: null };
  });
  if (now.profile !== then.profile) {
    throw new TpmStateError(
      `The snapshot is of a TPM with profile "${then.profile}"; this one has "${now.profile}", which is fixed at manufacture.`,
      "profile",
    );
  }
  // Only who restores loads it.
  const { changedEntries, isSamePermanent } = await import("./permanentBlob.ts");
  const isSameTpm = now.identity === then.identity;
  const hasMovedOn =
    now.isUsed &&
    !(isSameTpm && [then.permanent, then.shutDown].some((state) => state && isSamePermanent(state, permanent)));
  if (hasMovedOn && onMovedOn === "refuse") {
    const entries = changedEntries(then.permanent, permanent);
    return { kind: "moved-on", isSameTpm, entries, before: then.record, after: running.record() ?? now.record };
  }
  // It outlives whatever happens next, and the state of now is what a restart finds until the commit below.
  const keptAs = hasMovedOn ? await keeper.keepCopy() : null;
  const core = await newCore();
  try {
    if (isSameTpm) {
      loadGiven(core, permanent);
      core.noteLater();
    }
    loadGiven(core, snapshot.permanent);
    const isClone = onMovedOn === "clone";
    const options = { volatile: snapshot.volatile, ...(bufferSize === undefined ? {} : { bufferSize }) };
    const powerCycle = await PowerCycle.restore(core, keeper, newCore, options, isClone);
    const how = isClone ? "cloned" : hasMovedOn ? "rolled-back" : now.isUsed ? "resumed" : "adopted";
    return {
      kind: "restored",
      result: { how, keptAs, identity: toHex(core.identify().identity) },
      powerCycle,
      profile: then.profile,
    };
  } catch (error) {
    core.wipe({ hasTrapped: true });
    throw error;
  }
}

function seeSnapshot(core: Core, { permanent, volatile }: SavedTpm): Seen {
  loadGiven(core, permanent);
  const saved = seen(core);
  core.powerOn();
  PowerCycle.resume(core, volatile);
  const record = core.inspect();
  const response = core.execute(shutdownCommand(), 0);
  return { ...saved, record, shutDown: response && hasSucceeded(response) ? core.saveState() : null };
}

function seen(core: Core): Omit<Seen, "shutDown"> {
  const { identity, isUsed } = core.identify();
  return {
    permanent: core.saveState(),
    profile: core.profile,
    identity: toHex(identity),
    isUsed,
    record: core.inspect(),
  };
}
