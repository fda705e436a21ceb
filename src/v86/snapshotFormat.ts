/**
 * A snapshot of a guest with its TPM: v86's own state, with the TPM at an index that v86 does not use, and a SHA-256 of all before it as its
 * last 32 octets. A v86 without a TPM restores it too, and takes no notice of what it does not know.
 *
 *   16  magic 86768676h, v86's version of the state, size of all, size of the text; 32-bit, little-endian
 *       text: JSON { buffer_infos: [{ offset, length }], state: [...] }; typed arrays are buffers, by their number
 *       buffers, each on a multiple of 4; the last is the SHA-256
 *
 * `state[TPM_INDEX]` is [MAGIC, FORMAT, head, registers, physical presence, permanent, volatile, variables or null, SHA-256]; the head is
 * JSON again, of {@link SnapshotHead}. Registers are those of src/tis or src/crb, the two states the core's blobs.
 */
import type { TpmProfile } from "../engine/core.ts";
import type { TpmInterface } from "../firmware/tpm2Table.ts";
import type { GuestClocks } from "./platform.ts";
import { SnapshotRefusedError } from "./snapshots.ts";

/** Of v86's state; it has 92 entries of its own. */
export const TPM_INDEX = 200;
const MAGIC = "tabtpm";
/** Of what is at that index. */
export const SNAPSHOT_FORMAT = 1;

const STATE_MAGIC = 0x8676_8676;
const ZSTD_MAGIC = 0xfd2f_b528;
const HEADER = 16;
const DIGEST = 32;

/** What is told of a snapshot without restoring it. */
export interface SnapshotDescription {
  /** Of the TPM's part. */
  format: number;
  /** v86's version of its own part. */
  v86StateVersion: number;
  /** The tested release of v86 that wrote it; null for another one. */
  v86Release: string | null;
  profile: TpmProfile;
  /** The TPM's register interface, and its interrupt where it has one. */
  interface: TpmInterface;
  irq: number | null;
  /** Guest RAM, bytes. */
  memorySize: number;
  /** By which the TPM is known from others: 64 hexadecimal digits, no secret. */
  identity: string;
  /** Milliseconds since 1970. */
  savedAt: number;
  /** What whoever saved it has noted beside it. */
  notes: Readonly<Record<string, string>>;
  /** Of the whole snapshot, bytes. */
  size: number;
}

/** What a head has besides. */
export interface SnapshotHead extends Omit<SnapshotDescription, "format" | "v86StateVersion" | "size"> {
  clocks: GuestClocks | null;
}

/** The TPM's part. */
export interface TpmPart {
  head: SnapshotHead;
  registers: unknown;
  presence: unknown;
  permanent: Uint8Array;
  volatile: Uint8Array;
  variables: Uint8Array | null;
}

/** For v86's state: arrays, scalars and typed arrays, and room for the digest. */
export function packPart({ head, registers, presence, permanent, volatile, variables }: TpmPart): unknown[] {
  const text = JSON.stringify(head);
  return [MAGIC, SNAPSHOT_FORMAT, text, registers, presence, permanent, volatile, variables, new Uint8Array(DIGEST)];
}

/** Writes the digest where {@link packPart} has left room. */
export async function seal(state: ArrayBuffer): Promise<void> {
  new Uint8Array(state).set(await digestOf(state), state.byteLength - DIGEST);
}

/** @throws SnapshotRefusedError (`damaged`) when an octet is not as it was saved. */
export async function checkSeal(state: ArrayBuffer): Promise<void> {
  const digest = await digestOf(state);
  const sealed = new Uint8Array(state, state.byteLength - DIGEST);
  if (!digest.every((octet, at) => octet === sealed[at])) {
    throw new SnapshotRefusedError("The snapshot is damaged: it is not as it was saved.", "damaged");
  }
}

async function digestOf(state: ArrayBuffer): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) {
    const why = "Snapshots need a secure context (HTTPS or localhost): the browser has no crypto.subtle here.";
    throw new SnapshotRefusedError(why, "unavailable");
  }
  return new Uint8Array(await subtle.digest("SHA-256", new Uint8Array(state, 0, state.byteLength - DIGEST)));
}

/**
 * Reads what a snapshot says of itself. It is not restored, and only {@link TpmAttachment.restoreState} looks whether it is damaged as a whole.
 * @throws SnapshotRefusedError when it is no snapshot with a TPM, or of a newer format.
 */
export function describeSnapshot(state: ArrayBuffer): SnapshotDescription {
  return readSnapshot(state).description;
}

/** @throws SnapshotRefusedError */
export function readSnapshot(state: ArrayBuffer): { description: SnapshotDescription; part: TpmPart } {
  const { version, info, buffers } = readContainer(state);
  const record = info.state[TPM_INDEX];
  if (!Array.isArray(record) || record[0] !== MAGIC) {
    throw new SnapshotRefusedError(
      'The snapshot has no TPM in it: it was saved without one, or with snapshots: "guest-only".',
      "no-tpm",
    );
  }
  const format: unknown = record[1];
  if (format !== SNAPSHOT_FORMAT) {
    const isNewer = typeof format === "number" && format > SNAPSHOT_FORMAT;
    const what = `The snapshot has format ${String(format)}; this tabtpm reads format ${SNAPSHOT_FORMAT}.`;
    throw new SnapshotRefusedError(isNewer ? `${what} Update tabtpm.` : what, isNewer ? "newer" : "damaged");
  }
  const [, , text, registers, presence, permanent, volatile, variables, digest] = record.map((value) =>
    withBuffers(value, buffers),
  );
  const head = readHead(text);
  const areBytes = [permanent, volatile, digest].every((value) => value instanceof Uint8Array);
  const isLast = digest instanceof Uint8Array && digest.byteOffset === state.byteLength - DIGEST;
  if (!areBytes || !isLast || !(variables === null || variables instanceof Uint8Array)) throw damaged("the TPM's part");
  const { clocks: _, ...told } = head;
  return {
    description: { format, v86StateVersion: version, ...told, size: state.byteLength },
    part: {
      head,
      registers,
      presence,
      permanent: permanent as Uint8Array,
      volatile: volatile as Uint8Array,
      variables,
    },
  };
}

/** v86's version of a state. @throws SnapshotRefusedError when it is none. */
export function stateVersionOf(state: ArrayBuffer): number {
  if (!(state instanceof ArrayBuffer)) throw damaged("it is no ArrayBuffer", "The snapshot can't be read");
  const view = new DataView(state);
  const magic = state.byteLength < HEADER + DIGEST ? null : view.getUint32(0, true);
  if (magic === ZSTD_MAGIC) {
    throw new SnapshotRefusedError("The snapshot is compressed with zstd: unpack it first.", "compressed");
  }
  if (magic !== STATE_MAGIC) throw damaged("it does not begin as one of v86's", "This is no snapshot");
  return view.getInt32(4, true);
}

interface Info {
  buffer_infos: { offset: number; length: number }[];
  state: unknown[];
}

function readContainer(state: ArrayBuffer): { version: number; info: Info; buffers: Uint8Array[] } {
  const version = stateVersionOf(state);
  const view = new DataView(state);
  const [size, textSize] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (size !== state.byteLength) throw damaged(`it has ${state.byteLength} bytes of ${size}`);
  if (textSize > size - HEADER) throw damaged("its size of text");
  let info: Info;
  try {
    info = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(state, HEADER, textSize)));
  } catch {
    throw damaged("its text");
  }
  if (!Array.isArray(info?.state) || !Array.isArray(info.buffer_infos)) throw damaged("its text");
  const base = (HEADER + textSize + 3) & ~3;
  const buffers = info.buffer_infos.map((place: Partial<Info["buffer_infos"][number]> | null) => {
    const { offset = -1, length = -1 } = place ?? {};
    const isThere = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0;
    if (!isThere || base + offset + length > size) throw damaged("its list of buffers");
    return new Uint8Array(state, base + offset, length);
  });
  return { version, info, buffers };
}

/** As v86 reads its own: a typed array is a buffer by its number. All of the TPM's are of octets. */
function withBuffers(value: unknown, buffers: readonly Uint8Array[]): unknown {
  if (Array.isArray(value)) return value.map((each) => withBuffers(each, buffers));
  if (typeof value !== "object" || value === null) return value;
  const { __state_type__: type, buffer_id: id } = value as { __state_type__?: unknown; buffer_id?: unknown };
  const buffer = typeof id === "number" ? buffers[id] : undefined;
  if (type !== "Uint8Array" || buffer === undefined) throw damaged("the TPM's part");
  return buffer;
}

function readHead(text: unknown): SnapshotHead {
  let head: Partial<SnapshotHead> | null = null;
  try {
    head = JSON.parse(String(text));
  } catch {
    // Said below.
  }
  const isHead =
    typeof head === "object" &&
    head !== null &&
    (head.interface === "tis" || head.interface === "crb") &&
    typeof head.profile === "string" &&
    typeof head.identity === "string" &&
    typeof head.memorySize === "number" &&
    typeof head.savedAt === "number" &&
    typeof head.notes === "object" &&
    head.notes !== null &&
    isClocks(head.clocks);
  if (!isHead) throw damaged("the TPM's part");
  return head as SnapshotHead;
}

function isClocks(clocks: unknown): boolean {
  if (clocks === null) return true;
  const { clock, wallTime } = (clocks ?? {}) as Partial<GuestClocks>;
  return Number.isFinite(clock) && Number.isFinite(wallTime);
}

function damaged(what: string, head = "The snapshot is damaged"): SnapshotRefusedError {
  return new SnapshotRefusedError(`${head}: ${what}.`, "damaged");
}
