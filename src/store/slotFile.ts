/**
 * A file of two slots on a disk (slots.ts): who writes it, and when it may be written in place.
 *
 * The invariant: the slot of the last acknowledged commit is touched by nothing until a later commit is whole and flushed
 * in the other one. A file is written in place only where this process knows that its last slot is on the disk: when it
 * wrote the file itself, or found it as a clean end left it. Everything else (a file of earlier versions, one whose process
 * was killed, one whose lock was taken from somebody who may still write, another one under its name, one with two names,
 * a content that is too large) is replaced by a new file, as durableFile.ts replaces any.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { type Permissions, readFile, replaceFile, syncFolder, withFile } from "./durableFile.ts";
import { type FileHandle, type FileStats, type FileSystem, READ_WRITE } from "./fileSystem.ts";
import {
  BLOCK,
  capacityFor,
  END_AT,
  endRecord,
  fileSize,
  isSlotFile,
  newSlotFile,
  other,
  readSlotFile,
  type Sha256,
  type SlotFileContent,
  type SlotIndex,
  slotAt,
  slotBytes,
} from "./slots.ts";

/** What a commit stores, made for the slot and number that it gets. */
export type Content = (index: SlotIndex, number: number) => Uint8Array;

export const sha256: Sha256 = (parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** So many commits a file counts: half of the numbers that are whole in a double. */
const MOST_COMMITS = 2 ** 52;

/** What is under the name of the file. */
export interface FoundFile {
  readonly bytes: Uint8Array;
  /** Null for a file of earlier versions, whose bytes are the state. */
  readonly slots: SlotFileContent | null;
  readonly stats: FileStats;
}

/** Null when there is none. @throws NewerSlotsError, and as `readFile` does. */
export async function findFile(fs: FileSystem, path: string): Promise<FoundFile | null> {
  const found = await withFile(fs, path, async (file) => {
    const stats = await file.stat();
    return { bytes: new Uint8Array(await file.readFile()), stats };
  });
  return found && { ...found, slots: isSlotFile(found.bytes) ? await readSlotFile(found.bytes, sha256) : null };
}

interface InPlace {
  /** Of the file that is known; another one under its name is none of ours. */
  readonly stats: Pick<FileStats, "ino" | "dev">;
  readonly capacity: number;
  /** Opened at the first commit. */
  handle: FileHandle | null;
  newest: SlotIndex;
  /** Of the commits in the slots; 0 for one that is not whole. */
  numbers: [number, number];
  /** Octets that may be in the slots, of whatever commit. */
  used: [number, number];
  /** The record on the disk says something else. */
  isEndStale: boolean;
  /** No commit that failed is in a slot. */
  isSpoilt: boolean;
}

/** One process's view of the file, as long as it has the lock. One call at a time. */
export class SlotFile {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #permissions: Permissions;
  /** There was none, and has been none. */
  #isNew: boolean;
  /** Null: the next commit makes a new file. */
  #inPlace: InPlace | null = null;
  /** Of the last commit that was tried. */
  #number: number;
  /** A crash may have left in the file what its last commit was to erase. */
  #hasRemains: boolean;

  /**
   * @param found what {@link findFile} gave.
   * @param mayBeWritten by another process still: then it is replaced by another file.
   */
  constructor(fs: FileSystem, path: string, found: FoundFile | null, mayBeWritten: boolean, permissions: Permissions) {
    this.#fs = fs;
    this.#path = path;
    this.#permissions = permissions;
    this.#isNew = found === null;
    const { slots, stats } = found ?? {};
    const last = Math.max(...(slots?.numbers ?? [0]));
    // Nobody gets that far; a file that says so is replaced by one that counts anew.
    this.#number = last < MOST_COMMITS ? last : 0;
    this.#hasRemains = slots?.isClean === false && slots.newest !== null;
    if (!slots?.newest || !stats || !slots.isClean || mayBeWritten) return;
    const { capacity, newest, numbers } = slots;
    if (found?.bytes.length !== fileSize(capacity) || this.#number === 0) return;
    const used: [number, number] = [capacity, capacity];
    used[newest.index] = newest.content.length;
    this.#inPlace = {
      stats,
      capacity,
      handle: null,
      newest: newest.index,
      numbers: [...numbers],
      used,
      isEndStale: false,
      isSpoilt: true,
    };
  }

  /** What may be in the page cache only, its process having been killed, is on the disk then, under its name. */
  static async flush(fs: FileSystem, path: string): Promise<void> {
    await syncFolder(fs, dirname(path));
    let handle: FileHandle;
    try {
      handle = await fs.open(path, READ_WRITE | fs.noFollow);
    } catch {
      // Not to be written, so that nobody has.
      return;
    }
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /**
   * @param before what is put back where the new content can't be stored as it should; null when that is not known.
   * @param erases nothing of what was there before may be left in the file.
   * @throws errors of the file system; then the last commit, or what it was, is there.
   */
  async commit(content: Content, before: Content | null, erases: boolean): Promise<void> {
    const place = await this.#placeToWrite();
    if (!place) return this.#replace(content, before, erases);
    const index = other(place.newest);
    const bytes = content(index, this.#number + 1);
    if (bytes.length > place.capacity) return this.#replace(content, before, erases);
    await this.#write(place, index, bytes);
    if (!erases) return;
    try {
      const spare = other(index);
      await this.#write(place, spare, content(spare, this.#number + 1));
    } catch (error) {
      // It is said to have failed: the state of before comes back, into the slot whose content nobody needs.
      if (before) await this.#write(place, other(index), before(other(index), this.#number + 1)).catch(() => {});
      throw error;
    }
  }

  /** @param isInOrder it ends in good order, which is recorded: nobody else has the file by now, and what was written is on the disk. */
  async close(isInOrder: boolean): Promise<void> {
    const place = this.#inPlace;
    this.#inPlace = null;
    if (!place?.handle) return;
    try {
      if (isInOrder && place.isEndStale && this.#isThere(place)) {
        if (!place.isSpoilt) await spoil(place, other(place.newest));
        writeAll(place.handle, endRecord(place.numbers, sha256), END_AT);
        await place.handle.datasync();
      }
    } catch {
      // As after a crash, then: everything that was acknowledged is there.
    } finally {
      await place.handle.close().catch(() => {});
    }
  }

  /** Its descriptor is given up, and what is under its name stays as it is: the next commit makes a new file. */
  async letGo(): Promise<void> {
    const handle = this.#inPlace?.handle;
    this.#inPlace = null;
    await handle?.close().catch(() => {});
  }

  /**
   * Under its name is the file that is written, and it has no other name: a copy made with a link stays what it is. Nor
   * has somebody put another content into it (a backup, copied over it), where a slot of ours would be out of place.
   */
  #isThere({ stats, capacity }: InPlace): boolean {
    const now = this.#fs.lstatNow(this.#path);
    return now.isFile() && isSame(now, stats) && now.nlink === 1 && now.size === fileSize(capacity);
  }

  async #placeToWrite(): Promise<InPlace | null> {
    const place = this.#inPlace;
    if (!place) return null;
    try {
      if (this.#isThere(place)) {
        place.handle ??= await this.#openFound();
        if (place.isEndStale || isSame(await place.handle.stat(), place.stats)) return place;
      }
    } catch {
      // To make a new file meets the same, and says so.
    }
    await this.letGo();
    return null;
  }

  /** It was made by another process, perhaps with other permissions. */
  async #openFound(): Promise<FileHandle> {
    const handle = await this.#fs.open(this.#path, READ_WRITE | this.#fs.noFollow);
    try {
      if (this.#permissions.mode !== undefined) await handle.chmod(this.#permissions.mode);
    } catch (error) {
      await handle.close().catch(() => {});
      throw error;
    }
    return handle;
  }

  /** One write, one flush. */
  async #write(place: InPlace, index: SlotIndex, content: Uint8Array): Promise<void> {
    const handle = place.handle as FileHandle;
    const number = ++this.#number;
    const bytes = slotBytes(index, number, content, place.used[index], sha256);
    place.isEndStale = true;
    place.numbers[index] = 0;
    place.used[index] = Math.max(place.used[index], content.length);
    try {
      writeAll(handle, bytes, slotAt(index, place.capacity));
      await handle.datasync();
    } catch (error) {
      place.isSpoilt = false;
      // As far as the disk still lets one; close tries again.
      await spoil(place, index).catch(() => {});
      throw error;
    }
    place.isSpoilt = true;
    place.numbers[index] = number;
    place.used[index] = content.length;
    place.newest = index;
  }

  async #replace(content: Content, before: Content | null, erases: boolean): Promise<void> {
    const isErased = (erases || this.#hasRemains) && this.#fs.replacesOpenFiles;
    const old = isErased ? await this.#openToErase() : null;
    try {
      await this.letGo();
      const backup = await this.#backup(before);
      const { bytes, capacity, size } = this.#newFile(content);
      await replaceFile(this.#fs, this.#path, bytes, backup, this.#permissions);
      this.#isNew = false;
      if (old && erases) await this.#erase(old, backup);
      // Nobody was told that it is gone.
      else if (old) await overwrite(old).catch(() => {});
      this.#hasRemains = false;
      await this.#goOnWith(capacity, size);
    } finally {
      await old?.close().catch(() => {});
    }
  }

  /** What was there; of a TPM that is not known, as it is found. */
  async #backup(before: Content | null): Promise<Uint8Array | null> {
    if (before) return this.#newFile(before).bytes;
    return this.#isNew ? null : readFile(this.#fs, this.#path);
  }

  #newFile(content: Content): { bytes: Uint8Array; capacity: number; size: number } {
    const number = ++this.#number;
    const first = content(0, number);
    const capacity = capacityFor(first.length);
    return { bytes: newSlotFile(number, first, capacity, sha256), capacity, size: first.length };
  }

  /** What the new file replaces goes from the disk, and not only its name. */
  async #erase(old: FileHandle, backup: Uint8Array | null): Promise<void> {
    try {
      await overwrite(old);
    } catch (error) {
      if (backup) await replaceFile(this.#fs, this.#path, backup, null, this.#permissions);
      throw error;
    }
  }

  /** One that can't be written can't be erased either: it is replaced all the same. */
  async #openToErase(): Promise<FileHandle | null> {
    try {
      const file = await this.#fs.open(this.#path, READ_WRITE | this.#fs.noFollow);
      const stats = await file.stat();
      // What has another name is somebody's copy.
      if (stats.isFile() && stats.nlink === 1) return file;
      await file.close();
    } catch {
      // There is none, perhaps.
    }
    return null;
  }

  /** With the file that was just made. Should it not open, the next commit makes another one. */
  async #goOnWith(capacity: number, size: number): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      handle = await this.#fs.open(this.#path, READ_WRITE | this.#fs.noFollow);
      this.#inPlace = {
        stats: await handle.stat(),
        capacity,
        handle,
        newest: 0,
        numbers: [this.#number, 0],
        used: [size, 0],
        isEndStale: true,
        isSpoilt: true,
      };
    } catch {
      await handle?.close().catch(() => {});
    }
  }
}

type Identity = Pick<FileStats, "ino" | "dev">;
const isSame = (a: Identity, b: Identity) => a.ino === b.ino && a.dev === b.dev;

async function overwrite(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  writeAll(file, new Uint8Array(size), 0);
  await file.datasync();
}

/** A commit that failed must not be found whole after all by the next process. */
async function spoil(place: InPlace, index: SlotIndex): Promise<void> {
  const handle = place.handle as FileHandle;
  writeAll(handle, new Uint8Array(BLOCK), slotAt(index, place.capacity));
  await handle.datasync();
  place.isSpoilt = true;
}

function writeAll(file: FileHandle, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const written = file.writeNow(bytes.subarray(done), at + done);
    if (written === 0) throw Object.assign(new Error("nothing could be written"), { code: "EIO" });
    done += written;
  }
}
