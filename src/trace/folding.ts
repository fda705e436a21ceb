/**
 * A resource manager, such as that of Linux behind /dev/tpmrm0, loads the contexts of a program before each of its commands
 * and saves and flushes them after it. Here this traffic is folded into the command that it served.
 *
 * What the wire shows is the order of commands, not who sent them: a program that uses the TPM without a resource manager and
 * saves and flushes what it has made looks the same.
 */
import { TPM_CC } from "../spec/commands.ts";
import { TPM_HT } from "../spec/handles.ts";
import { codeOf, HEADER_SIZE, TPM_RC_SUCCESS } from "../spec/header.ts";
import { responseCodes } from "../spec/responseCodes.ts";
import { contextKey } from "./contexts.ts";

/** A command that was answered. */
export interface FoldableEntry {
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  /** The host's own: no resource manager of the guest's has to do with it. */
  readonly own?: boolean;
}

export interface Folded<Entry> {
  readonly main: Entry;
  /** Contexts that were loaded for it. */
  readonly before: readonly Entry[];
  /** Contexts that were saved and flushed after it. */
  readonly after: readonly Entry[];
}

type Traffic =
  | { readonly kind: "load"; readonly key: string; readonly handle: number | undefined }
  | { readonly kind: "save"; readonly key: string | null; readonly handle: number }
  | { readonly kind: "flush"; readonly handle: number };

/** The answer by which a resource manager learns that the context of a session is gone. Nothing is wrong then. */
const [GONE] = responseCodes.TPM_RC_REFERENCE_H0;

const handleAt = (octets: Uint8Array): number | undefined =>
  octets.length < HEADER_SIZE + 4
    ? undefined
    : new DataView(octets.buffer, octets.byteOffset, octets.length).getUint32(HEADER_SIZE);

const isSession = (handle: number) =>
  handle >>> 24 === TPM_HT.TPM_HT_HMAC_SESSION || handle >>> 24 === TPM_HT.TPM_HT_POLICY_SESSION;

function trafficOf({ command, response }: FoldableEntry): Traffic | null {
  const succeeded = codeOf(response) === TPM_RC_SUCCESS;
  switch (codeOf(command)) {
    case TPM_CC.TPM_CC_ContextLoad: {
      const key = contextKey(command);
      if (key === null || (!succeeded && codeOf(response) !== GONE)) return null;
      return { kind: "load", key, handle: succeeded ? handleAt(response) : undefined };
    }
    case TPM_CC.TPM_CC_ContextSave: {
      const handle = handleAt(command);
      return !succeeded || handle === undefined ? null : { kind: "save", key: contextKey(response), handle };
    }
    case TPM_CC.TPM_CC_FlushContext: {
      const handle = handleAt(command);
      return !succeeded || handle === undefined ? null : { kind: "flush", handle };
    }
    default:
      return null;
  }
}

/** @param entries in their order, the oldest first. @returns every entry once, in the order of the commands that were served. */
export function foldTraffic<Entry extends FoldableEntry>(entries: readonly Entry[]): Folded<Entry>[] {
  const folder = new Folder<Entry>();
  for (const entry of entries) folder.take(entry);
  return folder.end();
}

interface Group<Entry> {
  readonly main: Entry;
  readonly before: Entry[];
  readonly after: Entry[];
  /** Handles that were loaded for the command, or saved after it. */
  readonly moved: Set<number>;
}

class Folder<Entry extends FoldableEntry> {
  readonly #groups: Group<Entry>[] = [];
  /** Contexts that were saved after a command: who loads them again is who saved them. */
  readonly #saved = new Set<string>();
  readonly #savedSessions = new Set<number>();
  #loads: Entry[] = [];
  #loaded = new Set<number>();
  /** The command that contexts may be saved for; null while they are loaded for the next one. */
  #served: Group<Entry> | null = null;

  take(entry: Entry): void {
    if (entry.own) {
      this.#groups.push({ main: entry, before: [], after: [], moved: new Set() });
      return;
    }
    const traffic = trafficOf(entry);
    if (traffic?.kind === "load" && this.#saved.has(traffic.key)) {
      this.#loads.push(entry);
      this.#served = null;
      if (traffic.handle === undefined) return;
      this.#loaded.add(traffic.handle);
      this.#savedSessions.delete(traffic.handle);
      return;
    }
    const served = this.#served;
    if (served !== null && traffic !== null && this.#follows(served, traffic)) {
      served.after.push(entry);
      return;
    }
    this.#served = { main: entry, before: this.#loads, after: [], moved: this.#loaded };
    this.#groups.push(this.#served);
    this.#loads = [];
    this.#loaded = new Set();
  }

  /** What was loaded for a command that has not come is shown by itself. */
  end(): Folded<Entry>[] {
    const alone = this.#loads.map((main) => ({ main, before: [], after: [] }));
    return [...this.#groups.map(({ main, before, after }) => ({ main, before, after })), ...alone];
  }

  /** Whether this is done after a command for the program that sent it. */
  #follows({ moved }: Group<Entry>, traffic: Traffic): boolean {
    if (traffic.kind === "save") {
      if (traffic.key !== null) this.#saved.add(traffic.key);
      if (isSession(traffic.handle)) this.#savedSessions.add(traffic.handle);
      moved.add(traffic.handle);
      return true;
    }
    if (traffic.kind !== "flush") return false;
    // A session that is saved is flushed when its program closes the device.
    return moved.has(traffic.handle) || this.#savedSessions.delete(traffic.handle);
  }
}
