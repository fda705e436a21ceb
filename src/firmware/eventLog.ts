/**
 * The TCG event log in memory (LASA and LAML of the ACPI TPM2 table), after the PC Client Platform Firmware Profile
 * (PFP) 1.06, chapter "Event Logging": the crypto-agile log of a TPM 2.0, which opens with a Spec ID event, and the
 * SHA-1 log of a TPM 1.2. All numbers are little-endian.
 */

import { type AlgorithmRow, algorithms, TPM_ALG } from "../spec/algorithms.ts";
import { EventLogError, Reader, Writer } from "./eventLogBytes.ts";
import { EV_NO_ACTION } from "./eventTypes.ts";

export { EventLogError };

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
/** PCRs 17 to 22, of the dynamic launch: ones until a launch, and zeros from it on. */
export const isDynamicPcr = (pcr: number): boolean => pcr >= 17 && pcr <= 22;

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

export interface EventLog {
  /** Of a crypto-agile log; null for a SHA-1 log or an empty one. */
  readonly specId: SpecId | null;
  /** All events before the damage, if there is any; the Spec ID event is the first one. */
  readonly events: readonly TcgEvent[];
  /** Bytes that the events take up; the rest of the area is unused. */
  readonly size: number;
  readonly error: EventLogError | null;
  /** What is wrong with the log although it could be read; absent when nothing is. */
  readonly note?: string;
}

const SPEC_ID_SIGNATURE = "Spec ID Event03\0";
/** Octets of TCG_EfiSpecIDEvent before its algorithms, and of each of these. */
const [SPEC_ID_HEAD, ALGORITHM_SIZE] = [28, 4];
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
  let note: string | undefined;
  let size = 0;
  let error: EventLogError | null = null;
  try {
    while (reader.offset < end) {
      let event = specId === null ? readSha1Event(reader) : readEvent2(reader, specId);
      if (events.length === 0) {
        specId = readSpecId(event, reader.offset - event.data.length);
        if (specId !== null) ({ event, specId, note } = completeHeader(event, specId, reader, log, end));
      }
      events.push(event);
      size = reader.offset;
    }
  } catch (thrown) {
    if (!(thrown instanceof EventLogError)) throw thrown;
    error = thrown;
  }
  return { specId, events, size, error, ...(note === undefined ? {} : { note }) };
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

/**
 * Firmware exists that counts the vendor information out of the header event's size. Whether it follows all the same or
 * is missing shows in where the next event begins.
 * @param end where the log's filling begins.
 */
function completeHeader(
  event: TcgEvent,
  specId: SpecId,
  reader: Reader,
  log: Uint8Array,
  end: number,
): { event: TcgEvent; specId: SpecId; note?: string } {
  const { data } = event;
  const sizeAt = SPEC_ID_HEAD + ALGORITHM_SIZE * specId.algorithms.length;
  const { offset } = reader;
  const whole = sizeAt + 1 + (data[sizeAt] ?? log[offset] ?? 0);
  const missing = whole - data.length;
  if (missing <= 0) return { event, specId };
  if (beginsEvent(log, offset, end, specId) || !beginsEvent(log, offset + missing, end, specId)) {
    return { event, specId, note: "The log's header event ends before its vendor information." };
  }
  reader.take(missing, "vendor information");
  const completed = { ...event, data: log.slice(offset - data.length, offset + missing) };
  const note = `The size of the log's header event leaves out ${missing} bytes of vendor information, which follow it.`;
  return { event: completed, specId: readSpecId(completed, offset - data.length) ?? specId, note };
}

/** Whether nothing but filling follows, or what an event of the log begins with. */
function beginsEvent(log: Uint8Array, offset: number, end: number, specId: SpecId): boolean {
  if (offset >= end) return offset <= log.length;
  const reader = new Reader(log.subarray(offset));
  try {
    checkPcr(0, reader.u32("PCR index"), reader.u32("event type"));
    const count = reader.u32("digest count");
    const algorithm = reader.u16("hash algorithm");
    return (
      count > 0 && count <= specId.algorithms.length && specId.algorithms.some((one) => one.algorithm === algorithm)
    );
  } catch (error) {
    if (error instanceof EventLogError) return false;
    throw error;
  }
}

/**
 * null for an event that is none. Its vendor information may be missing.
 * @param offset where the event's data lie in the log.
 */
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
  const announced = event.data[reader.offset] ?? 0;
  const vendorInfo = event.data.slice(reader.offset + 1, reader.offset + 1 + announced);
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
