/**
 * What the two sides of a migration say to each other, over any channel that keeps their order: messages of plain data that the structured
 * clone algorithm takes. The other end may be an older or newer page, or none of ours: everything is looked at before it is believed.
 *
 * ```
 * source: offer            → target: refuse, or accept
 * source: chunk ..., end   → target: got ...            at most `window` chunks are under way
 *                            target: kept               verified, durable, not started
 * source: givenUp                                       durably: it starts this machine no more
 *                            target: started, or failed
 * either: cancel           before the source gives up
 * ```
 */
export const MIGRATION_PROTOCOL = 1;
/** Octets of a chunk, but for the last. */
export const CHUNK_SIZE = 1 << 18;
/** Chunks that may be under way. */
export const WINDOW = 8;
/** A machine has at most this many chunks: 4 GiB. */
export const CHUNK_LIMIT = 1 << 14;
const WORDS_LIMIT = 2000;
const REASONS_LIMIT = 16;

/** What is to move, told before anything stops. */
export interface MigrationHead {
  /** Of the protocol, {@link MIGRATION_PROTOCOL}. */
  readonly protocol: number;
  /** tabtpm's version. */
  readonly version: string;
  /** The volatile state's layout, and v86's release: only the same ones go on with it. */
  readonly layout: string;
  readonly v86: string;
  /** The store's name of the TPM, the user's name of it, and its profile. */
  readonly tpm: string;
  readonly name: string;
  readonly profile: string;
  /** Of the TPM's device: "tis" or "crb". */
  readonly registers: string;
  /** Octets of the guest's memory. */
  readonly memory: number;
  /** SHA-256 of the guest's and firmware's images, hex, by their names: after a reset they are needed again. */
  readonly images: Readonly<Record<string, string>>;
}

/** Why a machine can't go on elsewhere: what it has there, and what there is here. */
export interface MigrationReason {
  readonly code: ReasonCode;
  readonly source: string;
  readonly target: string;
}
export const reasonCodes = [
  ...(["protocol", "version", "layout", "v86", "profile", "registers", "memory", "images", "busy"] as const),
];
export type ReasonCode = (typeof reasonCodes)[number];

export type FromSource =
  | { readonly type: "offer"; readonly migration: string; readonly head: MigrationHead }
  | { readonly type: "chunk"; readonly migration: string; readonly index: number; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly migration: string; readonly chunks: number; readonly digest: string }
  | { readonly type: "givenUp"; readonly migration: string }
  | { readonly type: "cancel"; readonly migration: string; readonly why: string };

export type FromTarget =
  | { readonly type: "accept"; readonly migration: string; readonly window: number }
  | { readonly type: "refuse"; readonly migration: string; readonly reasons: readonly MigrationReason[] }
  | { readonly type: "got"; readonly migration: string; readonly chunks: number }
  | { readonly type: "kept"; readonly migration: string; readonly digest: string }
  | { readonly type: "started"; readonly migration: string }
  | { readonly type: "failed"; readonly migration: string; readonly why: string }
  | { readonly type: "cancel"; readonly migration: string; readonly why: string };

/** @returns null for what is no such message: nobody answers it. */
export function readFromSource(value: unknown): FromSource | null {
  const message = asRecord(value);
  if (message === null || !isMigrationId(message.migration)) return null;
  const migration = message.migration;
  switch (message.type) {
    case "offer": {
      const head = readHead(message.head);
      return head && { type: "offer", migration, head };
    }
    case "chunk": {
      const { index, bytes } = message;
      if (!isCount(index, CHUNK_LIMIT) || !(bytes instanceof Uint8Array)) return null;
      return bytes.length === 0 || bytes.length > CHUNK_SIZE ? null : { type: "chunk", migration, index, bytes };
    }
    case "end": {
      const { chunks, digest } = message;
      return isCount(chunks, CHUNK_LIMIT) && isDigest(digest) ? { type: "end", migration, chunks, digest } : null;
    }
    case "givenUp":
      return { type: "givenUp", migration };
    case "cancel":
      return { type: "cancel", migration, why: asWords(message.why) };
    default:
      return null;
  }
}

/** As {@link readFromSource}, of the other side. */
export function readFromTarget(value: unknown): FromTarget | null {
  const message = asRecord(value);
  if (message === null || !isMigrationId(message.migration)) return null;
  const migration = message.migration;
  switch (message.type) {
    case "accept": {
      const { window } = message;
      return isCount(window, CHUNK_LIMIT) && window > 0 ? { type: "accept", migration, window } : null;
    }
    case "refuse": {
      const { reasons } = message;
      if (!Array.isArray(reasons)) return null;
      return { type: "refuse", migration, reasons: reasons.slice(0, REASONS_LIMIT).flatMap(readReason) };
    }
    case "got": {
      const { chunks } = message;
      return isCount(chunks, CHUNK_LIMIT) ? { type: "got", migration, chunks } : null;
    }
    case "kept": {
      const { digest } = message;
      return isDigest(digest) ? { type: "kept", migration, digest } : null;
    }
    case "started":
      return { type: "started", migration };
    case "failed":
    case "cancel":
      return { type: message.type, migration, why: asWords(message.why) };
    default:
      return null;
  }
}

/** A migration's name: 128 random bits in hex. */
export function newMigrationId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const isMigrationId = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{32}$/.test(value);

const isDigest = (value: unknown): value is string => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

/** A head from elsewhere; null where it is none. A protocol of another number has its number only looked at. */
export function readHead(value: unknown): MigrationHead | null {
  const head = asRecord(value);
  if (head === null || !isCount(head.protocol, Number.MAX_SAFE_INTEGER)) return null;
  const isKnown = head.protocol === MIGRATION_PROTOCOL;
  const texts = ["version", "layout", "v86", "tpm", "name", "profile", "registers"] as const;
  const isText = (text: unknown) => typeof text === "string" && text.length <= WORDS_LIMIT;
  if (isKnown && !texts.every((name) => isText(head[name]))) return null;
  if (isKnown && !isCount(head.memory, Number.MAX_SAFE_INTEGER)) return null;
  const images = Object.entries(asRecord(head.images) ?? {}).filter(
    (entry): entry is [string, string] => isText(entry[0]) && isDigest(entry[1]),
  );
  const text = (name: (typeof texts)[number]) => (isText(head[name]) ? (head[name] as string) : "");
  return {
    protocol: head.protocol,
    version: text("version"),
    layout: text("layout"),
    v86: text("v86"),
    tpm: text("tpm"),
    name: text("name"),
    profile: text("profile"),
    registers: text("registers"),
    memory: isCount(head.memory, Number.MAX_SAFE_INTEGER) ? head.memory : 0,
    images: Object.fromEntries(images),
  };
}

function readReason(value: unknown): MigrationReason[] {
  const reason = asRecord(value);
  const code = reasonCodes.find((known) => known === reason?.code);
  if (code === undefined) return [];
  return [{ code, source: asWords(reason?.source), target: asWords(reason?.target) }];
}

/** Whatever fields it has. */
type Loose<Name extends string> = { readonly [name in Name]?: unknown };
type Field =
  | keyof MigrationHead
  | keyof MigrationReason
  | "type"
  | "migration"
  | "head"
  | "index"
  | "bytes"
  | "chunks"
  | "digest"
  | "why"
  | "window"
  | "reasons";

function asRecord(value: unknown): Loose<Field> | null {
  return typeof value === "object" && value !== null ? (value as Loose<Field>) : null;
}

const isCount = (value: unknown, limit: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= limit;

const asWords = (value: unknown): string => (typeof value === "string" ? value.slice(0, WORDS_LIMIT) : "");
