/**
 * The TCG event log in memory (LASA and LAML of the ACPI TPM2 table), after the PC Client Platform Firmware Profile
 * (PFP) 1.06, chapter "Event Logging": the crypto-agile log of a TPM 2.0, which opens with a Spec ID event, and the
 * SHA-1 log of a TPM 1.2. All numbers are little-endian.
 */

import { type AlgorithmRow, algorithms, TPM_ALG } from "../spec/algorithms.ts";
import { EV_NO_ACTION } from "./eventTypes.ts";

/** TPM_ALG_ID values of the hash algorithms that a log may contain, their names and digest sizes in bytes. */
export const HASH_ALGORITHMS: ReadonlyMap<number, { readonly name: string; readonly size: number }> = new Map(
  Object.entries<AlgorithmRow>(algorithms).flatMap(([name, { id, digest }]) =>
    digest === undefined ? [] : [[id, { name: name.slice("TPM_ALG_".length).toLowerCase(), size: digest }]],
  ),
);
const { TPM_ALG_SHA1 } = TPM_ALG;
const SHA1_SIZE = algorithms.TPM_ALG_SHA1.digest;

/** PCRs of a PC Client TPM: 0..23. */
export const PCR_COUNT = 24;

export interface EventDigest {
  /** TPM_ALG_ID. */
  readonly algorithm: number;
  readonly digest: Uint8Array;
}

export interface TcgEvent {
  readonly pcrIndex: number;
  readonly type: number;
  /** One per active bank, in the log's order. */
  readonly digests: readonly EventDigest[];
  /** What was measured or a note about it, depending on the type. */
  readonly data: Uint8Array;
}

/** TCG_EfiSpecIDEvent: the first event of a crypto-agile log, which says how the others are built. */
export interface SpecId {
  /** 0 = client, 1 = server. */
  readonly platformClass: number;
  readonly specVersionMajor: number;
  readonly specVersionMinor: number;
  readonly specErrata: number;
  /** Size of the firmware's UINTN in 32-bit words: 1 or 2. */
  readonly uintnSize: number;
  /** The digests that events may have, with their sizes in bytes. */
  readonly algorithms: readonly { readonly algorithm: number; readonly size: number }[];
  readonly vendorInfo: Uint8Array;
}

/** Where and why a log can't be read any further. */
export class EventLogError extends Error {
  override name = "EventLogError";
  /** Offset in bytes from the start of the log. */
  readonly offset: number;
  constructor(offset: number, problem: string) {
    super(`The event log is damaged at offset 0x${offset.toString(16)}: ${problem}.`);
    this.offset = offset;
  }
}

export interface EventLog {
  /** Of a crypto-agile log; null for a SHA-1 log or an empty one. */
  readonly specId: SpecId | null;
  /** All events before the damage, if there is any; the Spec ID event is the first one. */
  readonly events: readonly TcgEvent[];
  /** Bytes that the events take up; the rest of the area is unused. */
  readonly size: number;
  readonly error: EventLogError | null;
}

const SPEC_ID_SIGNATURE = "Spec ID Event03\0";
/** A PCR index for events that concern no PCR (SP 800-155 platform identification). */
const NO_PCR = 0xffff_ffff;

/** @throws EventLogError for a damaged log; {@link readEventLog} gives the events before the damage. */
export function parseEventLog(log: Uint8Array): EventLog {
  const parsed = readEventLog(log);
  if (parsed.error !== null) throw parsed.error;
  return parsed;
}

/**
 * Reads as far as the log is intact. Never throws.
 * @param log the log area; what follows the last event may be missing or filled with 0x00 or 0xFF.
 */
export function readEventLog(log: Uint8Array): EventLog {
  const reader = new Reader(log);
  const end = Math.min(endOfContent(log, 0x00), endOfContent(log, 0xff));
  const events: TcgEvent[] = [];
  let specId: SpecId | null = null;
  let size = 0;
  try {
    while (reader.offset < end) {
      const event = specId === null ? readSha1Event(reader) : readEvent2(reader, specId);
      if (events.length === 0) specId = readSpecId(event, reader.offset - event.data.length);
      events.push(event);
      size = reader.offset;
    }
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    return { specId, events, size, error };
  }
  return { specId, events, size, error: null };
}

/**
 * Writes events as they stand in memory. A log whose first event is a Spec ID event ({@link specIdEvent}) becomes
 * crypto-agile, any other a SHA-1 log.
 * @throws RangeError for an event that such a log can't hold.
 */
export function serializeEventLog(events: readonly TcgEvent[]): Uint8Array {
  const writer = new Writer();
  let specId: SpecId | null = null;
  for (const [index, event] of events.entries()) {
    if (specId === null) writeSha1Event(writer, event, index);
    else writeEvent2(writer, event, specId, index);
    if (index === 0) specId = readSpecId(event, 0);
  }
  return writer.bytes();
}

/** The event that opens a crypto-agile log. */
export function specIdEvent(specId: SpecId): TcgEvent {
  const writer = new Writer();
  for (const character of SPEC_ID_SIGNATURE) writer.u8(character.charCodeAt(0));
  writer.u32(specId.platformClass);
  writer.u8(specId.specVersionMinor);
  writer.u8(specId.specVersionMajor);
  writer.u8(specId.specErrata);
  writer.u8(specId.uintnSize);
  writer.u32(specId.algorithms.length);
  for (const { algorithm, size } of specId.algorithms) {
    writer.u16(algorithm);
    writer.u16(size);
  }
  if (specId.vendorInfo.length > 0xff) throw new RangeError("The vendor information has more than 255 bytes.");
  writer.u8(specId.vendorInfo.length);
  writer.append(specId.vendorInfo);
  const digests = [{ algorithm: TPM_ALG_SHA1, digest: new Uint8Array(SHA1_SIZE) }];
  return { pcrIndex: 0, type: EV_NO_ACTION, digests, data: writer.bytes() };
}

/** TCG_PCClientPCREvent: the only form of a SHA-1 log, and of the first event of a crypto-agile one. */
function readSha1Event(reader: Reader): TcgEvent {
  const start = reader.offset;
  const pcrIndex = reader.u32("PCR index");
  const type = reader.u32("event type");
  const digest = reader.take(20, "SHA-1 digest");
  const data = reader.take(reader.u32("size of the event data"), "event data");
  checkPcr(start, pcrIndex, type);
  return { pcrIndex, type, digests: [{ algorithm: TPM_ALG_SHA1, digest }], data };
}

/** TCG_PCR_EVENT2, with TPML_DIGEST_VALUES in little-endian. */
function readEvent2(reader: Reader, specId: SpecId): TcgEvent {
  const start = reader.offset;
  const pcrIndex = reader.u32("PCR index");
  const type = reader.u32("event type");
  checkPcr(start, pcrIndex, type);
  const countOffset = reader.offset;
  const count = reader.u32("digest count");
  if (count === 0 || count > specId.algorithms.length) {
    throw new EventLogError(countOffset, `${count} digests, but the log's header names ${specId.algorithms.length}`);
  }
  const digests: EventDigest[] = [];
  for (let i = 0; i < count; i++) {
    const offset = reader.offset;
    const algorithm = reader.u16("hash algorithm");
    const declared = specId.algorithms.find((entry) => entry.algorithm === algorithm);
    if (declared === undefined) {
      throw new EventLogError(offset, `hash algorithm ${hex16(algorithm)}, which the log's header does not name`);
    }
    digests.push({ algorithm, digest: reader.take(declared.size, `${hashName(algorithm)} digest`) });
  }
  const data = reader.take(reader.u32("size of the event data"), "event data");
  return { pcrIndex, type, digests, data };
}

function checkPcr(offset: number, pcrIndex: number, type: number): void {
  if (pcrIndex < PCR_COUNT || (type === EV_NO_ACTION && pcrIndex === NO_PCR)) return;
  throw new EventLogError(offset, `PCR ${pcrIndex}, but a TPM has PCRs 0 to ${PCR_COUNT - 1}`);
}

/** @param offset where the event's data lie in the log. */
function readSpecId(event: TcgEvent, offset: number): SpecId | null {
  const signature = String.fromCharCode(...event.data.subarray(0, SPEC_ID_SIGNATURE.length));
  if (event.type !== EV_NO_ACTION || signature !== SPEC_ID_SIGNATURE) return null;
  const reader = new Reader(event.data, offset);
  reader.take(SPEC_ID_SIGNATURE.length, "signature");
  const platformClass = reader.u32("platform class");
  const specVersionMinor = reader.u8("minor version");
  const specVersionMajor = reader.u8("major version");
  const specErrata = reader.u8("errata");
  const uintnSize = reader.u8("size of UINTN");
  const count = reader.u32("number of algorithms");
  const algorithms: { algorithm: number; size: number }[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + reader.offset;
    const algorithm = reader.u16("hash algorithm");
    const size = reader.u16("digest size");
    const known = HASH_ALGORITHMS.get(algorithm);
    if (size === 0 || (known !== undefined && known.size !== size)) {
      throw new EventLogError(at, `a ${hashName(algorithm)} digest of ${size} bytes`);
    }
    if (algorithms.some((entry) => entry.algorithm === algorithm)) {
      throw new EventLogError(at, `${hashName(algorithm)} named twice`);
    }
    algorithms.push({ algorithm, size });
  }
  const vendorInfo = reader.take(reader.u8("size of the vendor information"), "vendor information");
  return { platformClass, specVersionMajor, specVersionMinor, specErrata, uintnSize, algorithms, vendorInfo };
}

/** The specification's short name of a hash algorithm, or its number. */
export function hashName(algorithm: number): string {
  return HASH_ALGORITHMS.get(algorithm)?.name ?? hex16(algorithm);
}

function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}

function writeSha1Event(writer: Writer, event: TcgEvent, index: number): void {
  const [digest, ...others] = event.digests;
  if (digest?.algorithm !== TPM_ALG_SHA1 || digest.digest.length !== SHA1_SIZE || others.length > 0) {
    throw new RangeError(`Event ${index}: an event of this form has a SHA-1 digest and no other.`);
  }
  writer.u32(event.pcrIndex);
  writer.u32(event.type);
  writer.append(digest.digest);
  writer.u32(event.data.length);
  writer.append(event.data);
}

function writeEvent2(writer: Writer, event: TcgEvent, specId: SpecId, index: number): void {
  if (event.digests.length === 0 || event.digests.length > specId.algorithms.length) {
    throw new RangeError(
      `Event ${index} has ${event.digests.length} digests; the log's header names ${specId.algorithms.length}.`,
    );
  }
  writer.u32(event.pcrIndex);
  writer.u32(event.type);
  writer.u32(event.digests.length);
  for (const { algorithm, digest } of event.digests) {
    const size = specId.algorithms.find((entry) => entry.algorithm === algorithm)?.size;
    if (digest.length !== size) {
      throw new RangeError(
        `Event ${index}: a ${hashName(algorithm)} digest of ${digest.length} bytes does not fit the log's header.`,
      );
    }
    writer.u16(algorithm);
    writer.append(digest);
  }
  writer.u32(event.data.length);
  writer.append(event.data);
}

/** Where the bytes at the end begin that are nothing but filling. An event never begins there: its type would be 0. */
function endOfContent(log: Uint8Array, filling: number): number {
  let end = log.length;
  while (end > 0 && log[end - 1] === filling) end--;
  return end;
}

/** Reads little-endian numbers; running off the end is damage. */
class Reader {
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the bytes lie in the log, for messages. */
  readonly #base: number;

  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }
  u16(what: string): number {
    return this.#view.getUint16(this.#advance(2, what), true);
  }
  u32(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), true);
  }
  take(size: number, what: string): Uint8Array {
    const start = this.#advance(size, what);
    return this.#bytes.slice(start, start + size);
  }

  #advance(size: number, what: string): number {
    const start = this.offset;
    const left = this.#bytes.length - start;
    if (size > left) throw new EventLogError(this.#base + start, `${what} needs ${size} bytes, ${left} are left`);
    this.offset += size;
    return start;
  }
}

class Writer {
  #bytes: number[] = [];

  u8(value: number): void {
    this.#bytes.push(value & 0xff);
  }
  u16(value: number): void {
    this.u8(value);
    this.u8(value >>> 8);
  }
  u32(value: number): void {
    this.u16(value);
    this.u16(value >>> 16);
  }
  append(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
