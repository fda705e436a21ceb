/**
 * What the host needs of the permanent state's blob (asm/tpm/power/blob.ts) to compare two of them: which octets change by themselves, and
 * which NV indices and persistent objects differ. Versions 2 and 3, which the core of now writes; their octets lie alike. Loaded where a
 * snapshot is restored (restorer.ts): it needs the tables of the core's state.
 */
import { BLOB_VERSION, placeBlobFields } from "../spec/layout/permanentBlob.ts";
import { layout, placeLayout } from "../spec/layout/place.ts";
import { limitsOf } from "../spec/limits.ts";
import { TpmCoreError } from "./core.ts";

const VERSIONS: readonly number[] = [BLOB_VERSION.CHUNKED, BLOB_VERSION.DERIVING];
const VERSION_AT = 8;
const NV_SIZE_AT = 16;
const INTEGRITY = 32;
const FIELDS_AT = 20;
/** lockoutAuth's use and Safe; failedTries; Clock, the two timers of dictionary attack protection and the time of the last TPM2_Shutdown. */
const CHANGES_BY_ITSELF = placesOf([
  "LOCKOUT_AUTH_ENABLED",
  "CLOCK_SAFE",
  "FAILED_TRIES",
  "CLOCK",
  "SELF_HEAL_TIMER",
  "LOCKOUT_TIMER",
  "SHUTDOWN_TIME",
]);
const ENTRY_HEADER = 8;

/** The same state, but for what changes by itself with time and need not be stored at once. */
export function isSamePermanent(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [comparable(a), comparable(b)];
  return one.length === other.length && one.every((octet, at) => octet === other[at]);
}

/** An NV index or a persistent object that differs between two states. */
export interface ChangedEntry {
  handle: number;
  /** In the later of the two. */
  change: "made" | "changed" | "gone";
}

/** In the order of handles. Data of orderly NV indices are not looked at. */
export function changedEntries(then: Uint8Array, now: Uint8Array): ChangedEntry[] {
  const [before, after] = [entriesOf(then), entriesOf(now)];
  const handles = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  return handles.flatMap((handle): ChangedEntry[] => {
    const [old, present] = [before.get(handle), after.get(handle)];
    if (old === undefined) return [{ handle, change: "made" }];
    if (present === undefined) return [{ handle, change: "gone" }];
    const isSame = old.length === present.length && old.every((octet, at) => octet === present[at]);
    return isSame ? [] : [{ handle, change: "changed" }];
  });
}

function comparable(blob: Uint8Array): Uint8Array {
  checkVersion(blob);
  const copy = blob.slice(0, blob.length - INTEGRITY);
  for (const [from, to] of CHANGES_BY_ITSELF) copy.fill(0, from, to);
  return copy;
}

function entriesOf(blob: Uint8Array): Map<number, Uint8Array> {
  const view = checkVersion(blob);
  const end = blob.length - INTEGRITY;
  const entries = new Map<number, Uint8Array>();
  for (let at = end - view.getUint32(NV_SIZE_AT); at < end; ) {
    const size = view.getUint32(at + 4);
    entries.set(view.getUint32(at), blob.subarray(at + ENTRY_HEADER, at + ENTRY_HEADER + size));
    at += ENTRY_HEADER + size;
  }
  return entries;
}

function checkVersion(blob: Uint8Array): DataView {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const version = blob.length > NV_SIZE_AT + 4 + INTEGRITY ? view.getUint32(VERSION_AT) : 0;
  if (!VERSIONS.includes(version))
    throw new TpmCoreError(`The core wrote a permanent state of version ${version}, not ${VERSIONS.join(" or ")}.`);
  return view;
}

/** @throws where one has no fixed place: a mistake of this module's. */
function placesOf(names: readonly string[]): [from: number, to: number][] {
  const limits = limitsOf("full");
  const places: [number, number][] = [];
  let at = FIELDS_AT;
  for (const { name, form, size } of placeBlobFields(placeLayout(layout, limits), limits).permanent) {
    // What is behind it lies elsewhere in each blob.
    if (form === "TPM2B" || form === "policy") break;
    if (names.includes(name)) places.push([at, at + size]);
    at += size;
  }
  if (places.length !== names.length)
    throw new Error("A field that changes by itself has no fixed place in the permanent state.");
  return places;
}
