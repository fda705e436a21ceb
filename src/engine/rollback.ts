/** What would be lost if a TPM was put back to a snapshot, and the refusal that names it. */
import { attributeField, hasAttribute } from "../spec/attributes.ts";
import { TPM_NT } from "../spec/constants.ts";
import { TPM_HT } from "../spec/handles.ts";
import type { RestoreResult } from "./backend.ts";
import type { InspectedNvIndex, TpmInspection } from "./inspection.ts";
import { readInspection } from "./inspectionRecord.ts";
import type { ChangedEntry } from "./permanentBlob.ts";

/** What {@link TpmBackend.restore} came to, in the thread of the TPM: the records of both states are decoded in that of its user. */
export type RestoreOutcome =
  | { kind: "restored"; result: RestoreResult }
  | { kind: "moved-on"; isSameTpm: boolean; entries: ChangedEntry[]; before: Uint8Array; after: Uint8Array };

export interface ChangedNvIndex extends ChangedEntry {
  /** Of the later state; where it is gone, of the earlier. */
  index: InspectedNvIndex;
}

export interface ChangedCounter {
  /** Of the NV index. */
  handle: number;
  /** Null where it was not written, or an authValue protects it. */
  before: bigint | null;
  after: bigint | null;
}

/** What has changed in a TPM since a snapshot, and would be undone. Nothing in it is secret. */
export interface RollbackLoss {
  /** It is another TPM than that of the snapshot: all that it has would be lost. */
  otherTpm: boolean;
  /** Persistent objects. */
  keys: readonly ChangedEntry[];
  /** NV indices, counters among them. */
  nvIndices: readonly ChangedNvIndex[];
  /** NV counters that would fall back. */
  counters: readonly ChangedCounter[];
  /** How often it was started (TPM Reset) since. */
  resets: number;
  /** Authorization values, policies, seeds or settings have changed, or may have: what of it can't be told. */
  settings: boolean;
}

/** The TPM has changed since the snapshot; nothing was restored. `lost` names what a rollback would undo. */
export class RollbackRefusedError extends Error {
  override name = "RollbackRefusedError";
  readonly lost: RollbackLoss;
  constructor(lost: RollbackLoss) {
    super(
      `${describeLoss(lost)} Nothing was restored. Ask for onMovedOn: "rollback" to put it back all the same (the state of now is kept aside), or "clone" for another TPM.`,
    );
    this.lost = lost;
  }
}

/** @throws RollbackRefusedError */
export function resultOf(outcome: RestoreOutcome): RestoreResult {
  if (outcome.kind === "restored") return outcome.result;
  const { isSameTpm, entries, before, after } = outcome;
  throw new RollbackRefusedError(lossOf(readInspection(before), readInspection(after), entries, isSameTpm));
}

function lossOf(
  then: TpmInspection,
  now: TpmInspection,
  entries: readonly ChangedEntry[],
  isSameTpm: boolean,
): RollbackLoss {
  const before = indicesOf(then);
  const after = indicesOf(now);
  const changed = new Map(entries.map((entry) => [entry.handle, entry]));
  // Data of orderly indices are in RAM: the core's account has them, the stored run has not.
  for (const [handle, index] of after) {
    const old = before.get(handle);
    if (!changed.has(handle) && old !== undefined && differs(old, index))
      changed.set(handle, { handle, change: "changed" });
  }
  const sorted = [...changed.values()].sort((a, b) => a.handle - b.handle);
  const nvIndices = sorted.flatMap((entry) => {
    const index = after.get(entry.handle) ?? before.get(entry.handle);
    return index === undefined ? [] : [{ ...entry, index }];
  });
  const counters = nvIndices.flatMap(({ handle, index, change }): ChangedCounter[] => {
    if (change === "gone" || attributeField("TPMA_NV", index.attributes, "TPM_NT") !== TPM_NT.TPM_NT_COUNTER) return [];
    return [{ handle, before: valueIn(before.get(handle)), after: valueIn(after.get(handle)) }];
  });
  // Where the snapshot is of a later state than that of now, it was not started since.
  const resets = isSameTpm ? Math.max(0, now.clock.resetCount - then.clock.resetCount) : now.clock.resetCount;
  return {
    otherTpm: !isSameTpm,
    keys: sorted.filter(({ handle }) => handle >>> 24 === TPM_HT.TPM_HT_PERSISTENT),
    nvIndices,
    counters,
    resets,
    settings: sorted.length === 0 && resets === 0,
  };
}

const indicesOf = (inspection: TpmInspection) => new Map(inspection.nvIndices.map((index) => [index.handle, index]));

function differs(old: InspectedNvIndex, now: InspectedNvIndex): boolean {
  if (old.attributes !== now.attributes) return true;
  const [a, b] = [old.contents.data, now.contents.data];
  return a !== null && b !== null && (a.length !== b.length || a.some((octet, at) => octet !== b[at]));
}

function valueIn(index: InspectedNvIndex | undefined): bigint | null {
  const data = index?.contents.data ?? null;
  if (
    index === undefined ||
    data === null ||
    data.length !== 8 ||
    !hasAttribute("TPMA_NV", index.attributes, "WRITTEN")
  )
    return null;
  return new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0);
}

const CHANGES = { made: "would be gone", changed: "would be as it was", gone: "would be back" } as const;

function describeLoss({ otherTpm, keys, nvIndices, counters, resets, settings }: RollbackLoss): string {
  const counted = new Map(counters.map((counter) => [counter.handle, counter]));
  const named = (what: string, { handle, change }: ChangedEntry) => {
    const counter = counted.get(handle);
    const values =
      counter && counter.after !== null
        ? ` (counter, ${counter.before ?? "not written"} then, ${counter.after} now)`
        : "";
    return `${what} 0x${handle.toString(16).padStart(8, "0")}${values} ${CHANGES[change]}`;
  };
  const parts = [
    ...keys.map((key) => named("persistent key", key)),
    ...nvIndices.map((index) => named("NV index", index)),
    ...(resets > 0 ? [`it was started ${resets} times${otherTpm ? "" : " since"}`] : []),
    ...(settings ? ["authorization values, policies or settings were changed"] : []),
  ];
  const head = otherTpm
    ? "The snapshot is of another TPM than the one that is here, which would be replaced"
    : "The TPM has changed since the snapshot";
  return `${head}: ${parts.join(", ")}.`;
}
