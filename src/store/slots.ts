/**
 * The layout of a state's file that has two slots: a commit goes into the one that does not have the last state, in one
 * write and one flush, so that a crash at any moment leaves a whole slot.
 *
 * | at | |
 * |---|---|
 * | 0 | the file's head: "TABTPMFS", version (4), the slots' capacity in octets (4), SHA-256 of these; written once |
 * | 4,096 | the record of a clean end: "TABTPMFE", number of the commit in each slot (8 each, 0 for none), SHA-256 of these |
 * | 8,192 | the first slot's head: "TABTPMFC", its number in the file (4), size of its content (4), number of the commit (8), SHA-256 of these and the content |
 * | 12,288 | the first slot's content; zeros up to its capacity |
 * | 12,288 + capacity | the second slot's head, and 4,096 octets later its content |
 *
 * Numbers are big-endian. Each head is alone in a block, so that a torn write of one touches no other. Pure: it knows
 * neither Node nor a browser, and a page reads such a file as Node does.
 */

/** No disk writes less than a sector, none that is known has larger ones than this. */
export const BLOCK = 4096;
const VERSION = 1;
const FILE_MAGIC = "TABTPMFS";
const END_MAGIC = "TABTPMFE";
const SLOT_MAGIC = "TABTPMFC";
const MAGIC_SIZE = 8;
const DIGEST_SIZE = 32;
/** What the digest of a head covers of it. */
const FILE_FIELDS = 16;
const END_FIELDS = 24;
const SLOT_FIELDS = 24;
const SMALLEST_CAPACITY = 4 * BLOCK;

export type SlotIndex = 0 | 1;
/** Of the commits in the slots; 0: there is none. */
export type SlotNumbers = readonly [number, number];
/** The digest of the parts, one after the other. */
export type Sha256 = (parts: readonly Uint8Array[]) => Uint8Array;
export type AnySha256 = (parts: readonly Uint8Array[]) => Uint8Array | Promise<Uint8Array>;

/** A slot whose content is whole. */
export interface Slot {
  readonly index: SlotIndex;
  readonly number: number;
  readonly content: Uint8Array;
}

/** What is in a file, and what it means. */
export interface SlotFileContent {
  readonly capacity: number;
  readonly numbers: SlotNumbers;
  /** The last commit; null when that is lost. */
  readonly newest: Slot | null;
  /** The file was closed, and is what it was then. */
  readonly isClean: boolean;
  /** What is wrong, as a clause; with a newest slot it concerns nothing that was acknowledged. */
  readonly problem: string | null;
}

/** It was written by a later version of tabtpm. */
export class NewerSlotsError extends Error {
  override name = "NewerSlotsError";
}

export const slotAt = (index: SlotIndex, capacity: number): number => 2 * BLOCK + index * (BLOCK + capacity);
export const fileSize = (capacity: number): number => slotAt(1, capacity) + BLOCK + capacity;
export const END_AT = BLOCK;
export const other = (index: SlotIndex): SlotIndex => (index === 0 ? 1 : 0);
export const wholeBlocks = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** Of a new file whose content has `size` octets: it may double before it needs another one. */
export function capacityFor(size: number): number {
  let capacity = SMALLEST_CAPACITY;
  while (capacity < 2 * size) capacity *= 2;
  return capacity;
}

/** Whether it begins as such a file does, whole or not. */
export const isSlotFile = (bytes: Uint8Array): boolean => begins(bytes, FILE_MAGIC);

/** A file whose first slot has this content; the second one is empty. */
export function newSlotFile(number: number, content: Uint8Array, capacity: number, sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array(fileSize(capacity));
  const head = headOf(FILE_MAGIC, FILE_FIELDS, (view) => {
    view.setUint32(8, VERSION);
    view.setUint32(12, capacity);
  });
  bytes.set(head);
  bytes.set(sha256([head]), FILE_FIELDS);
  bytes.set(slotBytes(0, number, content, 0, sha256), slotAt(0, capacity));
  return bytes;
}

/** The block that records a clean end. */
export function endRecord([first, second]: SlotNumbers, sha256: Sha256): Uint8Array {
  const fields = headOf(END_MAGIC, END_FIELDS, (view) => {
    view.setBigUint64(8, BigInt(first));
    view.setBigUint64(16, BigInt(second));
  });
  const block = new Uint8Array(BLOCK);
  block.set(fields);
  block.set(sha256([fields]), END_FIELDS);
  return block;
}

/**
 * What a commit writes, from {@link slotAt} on.
 * @param used octets of content that the slot may have from before: what is longer is overwritten with zeros.
 */
export function slotBytes(
  index: SlotIndex,
  number: number,
  content: Uint8Array,
  used: number,
  sha256: Sha256,
): Uint8Array {
  const bytes = new Uint8Array(BLOCK + wholeBlocks(Math.max(content.length, used)));
  const fields = headOf(SLOT_MAGIC, SLOT_FIELDS, (view) => {
    view.setUint32(8, index);
    view.setUint32(12, content.length);
    view.setBigUint64(16, BigInt(number));
  });
  bytes.set(fields);
  bytes.set(sha256([fields, content]), SLOT_FIELDS);
  bytes.set(content, BLOCK);
  return bytes;
}

/** @param bytes that {@link isSlotFile}. @throws NewerSlotsError */
export async function readSlotFile(bytes: Uint8Array, sha256: AnySha256): Promise<SlotFileContent> {
  const capacity = await capacityOf(bytes, sha256);
  if (capacity === null) return lost(0, [0, 0], "its head is damaged");
  const slots = [await readSlot(bytes, 0, capacity, sha256), await readSlot(bytes, 1, capacity, sha256)] as const;
  const numbers: SlotNumbers = [slots[0]?.number ?? 0, slots[1]?.number ?? 0];
  const newest = numbers[1] > numbers[0] ? slots[1] : slots[0];
  const end = await readEnd(bytes, sha256);
  // A commit never touches the slot of the one before: what was there at a clean end stays until a newer one is whole.
  const last = Math.max(...(end ?? [0]));
  if (newest === null || newest.number < last) {
    const words = last > 0 ? `the slot of commit ${last}, the last before a clean end,` : "neither of its slots";
    return lost(capacity, numbers, `${words} is ${last > 0 ? "not " : ""}whole`);
  }
  if (numbers[0] === numbers[1]) return lost(capacity, numbers, `both slots have the number ${newest.number}`);
  const isClean = end !== null && end[0] === numbers[0] && end[1] === numbers[1];
  const spare = other(newest.index);
  const wasEmpty = (end?.[spare] ?? 0) === 0 && isEmpty(bytes, spare, capacity);
  const isTorn = !isClean && numbers[spare] === 0 && !wasEmpty;
  const problem = "the other slot is not whole, as after a crash in the middle of a commit";
  return { capacity, numbers, newest, isClean, problem: isTorn ? problem : null };
}

const lost = (capacity: number, numbers: SlotNumbers, problem: string): SlotFileContent => ({
  capacity,
  numbers,
  newest: null,
  isClean: false,
  problem,
});

async function capacityOf(bytes: Uint8Array, sha256: AnySha256): Promise<number | null> {
  if (bytes.length < FILE_FIELDS + DIGEST_SIZE) return null;
  const fields = bytes.subarray(0, FILE_FIELDS);
  if (!equal(await sha256([fields]), bytes.subarray(FILE_FIELDS, FILE_FIELDS + DIGEST_SIZE))) return null;
  const view = viewOf(fields);
  if (view.getUint32(8) !== VERSION) throw new NewerSlotsError("It was written by a newer tabtpm; update tabtpm.");
  return view.getUint32(12);
}

async function readEnd(bytes: Uint8Array, sha256: AnySha256): Promise<SlotNumbers | null> {
  const block = bytes.subarray(END_AT, END_AT + BLOCK);
  if (!begins(block, END_MAGIC) || block.length < END_FIELDS + DIGEST_SIZE) return null;
  const fields = block.subarray(0, END_FIELDS);
  if (!equal(await sha256([fields]), block.subarray(END_FIELDS, END_FIELDS + DIGEST_SIZE))) return null;
  const view = viewOf(fields);
  return [Number(view.getBigUint64(8)), Number(view.getBigUint64(16))];
}

async function readSlot(
  bytes: Uint8Array,
  index: SlotIndex,
  capacity: number,
  sha256: AnySha256,
): Promise<Slot | null> {
  const at = slotAt(index, capacity);
  const head = bytes.subarray(at, at + BLOCK);
  if (head.length < BLOCK || !begins(head, SLOT_MAGIC)) return null;
  const view = viewOf(head);
  const size = view.getUint32(12);
  const number = Number(view.getBigUint64(16));
  const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
  if (view.getUint32(8) !== index || size > capacity || content.length < size) return null;
  if (number < 1 || !Number.isSafeInteger(number)) return null;
  const digest = await sha256([head.subarray(0, SLOT_FIELDS), content]);
  if (!equal(digest, head.subarray(SLOT_FIELDS, SLOT_FIELDS + DIGEST_SIZE))) return null;
  return { index, number, content: content.slice() };
}

/** As in a new file, and after a commit that failed. */
function isEmpty(bytes: Uint8Array, index: SlotIndex, capacity: number): boolean {
  const at = slotAt(index, capacity);
  const head = bytes.subarray(at, at + BLOCK);
  return head.length === BLOCK && head.every((byte) => byte === 0);
}

function headOf(magic: string, size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < MAGIC_SIZE; i++) bytes[i] = magic.charCodeAt(i);
  fill(viewOf(bytes));
  return bytes;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const begins = (bytes: Uint8Array, magic: string) =>
  bytes.length >= magic.length && [...magic].every((character, index) => bytes[index] === character.charCodeAt(0));
const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, index) => byte === b[index]);
