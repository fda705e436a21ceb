/** Fields of 9P2000.L that describe files: attributes, entries of folders, space. */
import { FileError } from "./errors.ts";
import { type MessageReader, MessageWriter, QID_TYPE, type Qid } from "./messages.ts";
import { LONGEST_NAME } from "./names.ts";
import type { AttributeChange, Attributes, FolderEntry, ServedNode, Space } from "./node.ts";

export const KIND_MASK = 0o170000;
/** Types of directory entries (DT_*). */
const ENTRY_TYPE = { file: 8, directory: 4, link: 10 } as const;
/** P9_GETATTR_BASIC: every field up to the blocks. */
const BASIC_ATTRIBUTES = 0x7ff;
const SET = { MODE: 1, UID: 2, GID: 4, SIZE: 8, MTIME: 0x20, MTIME_SET: 0x100 };
const BLOCK_SIZE = 4096;
const SECTOR_SIZE = 512;
/** V9FS_MAGIC */
const FILE_SYSTEM_TYPE = 0x01021997;
export const KIND_MODE = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;
export const PERMISSIONS = 0o7777;
/** The last millisecond that a Date can be. */
const LATEST = 8.64e15;

export function qidOf({ kind, path }: ServedNode): Qid {
  return { type: QID_TYPE[kind], version: 0, path };
}

/** The body of Rgetattr. */
export function writeAttributes(answer: MessageWriter, node: ServedNode, attributes: Attributes): void {
  const { kind, mode, uid, gid, links, size, modified, changed } = attributes;
  answer.u64(BASIC_ATTRIBUTES).qid(qidOf(node));
  answer
    .u32(KIND_MODE[kind] | mode)
    .u32(uid)
    .u32(gid)
    .u64(links)
    .u64(0)
    .u64(size);
  answer.u64(BLOCK_SIZE).u64(Math.ceil(size / SECTOR_SIZE));
  // When it was read last is not kept: when it was written last is the nearest.
  for (const time of [modified, modified, changed, 0]) {
    const seconds = Math.floor(time / 1000);
    answer.u64(Math.max(0, seconds)).u64(Math.floor((time - 1000 * seconds) * 1e6));
  }
  answer.u64(0).u64(0);
}

/** The rest of Tsetattr behind the fid. */
export function readChange(body: MessageReader): AttributeChange {
  const valid = body.u32();
  // What is not valid may hold anything.
  const [mode, uid, gid, size] = [body.u32(), body.u32(), body.u32(), body.number64()];
  body.number64();
  body.number64();
  const modified = Math.min(body.number64() * 1000 + Math.floor(body.number64() / 1e6), LATEST);
  return {
    ...(valid & SET.MODE ? { mode: mode & PERMISSIONS } : {}),
    ...(valid & SET.UID ? { uid } : {}),
    ...(valid & SET.GID ? { gid } : {}),
    ...(valid & SET.SIZE ? { size } : {}),
    ...(valid & SET.MTIME ? { modified: valid & SET.MTIME_SET ? modified : true } : {}),
  };
}

/**
 * Entries from the `offset`th on, as many as fit: `qid[13] offset[8] type[1] name[s]` each.
 * @throws FileError EINVAL when not even one does
 */
export function writeEntries(listing: readonly FolderEntry[], offset: number, room: number): Uint8Array {
  const all = new MessageWriter();
  let end = 0;
  for (const [index, entry] of [...listing.entries()].slice(offset)) {
    all
      .qid(qidOf(entry.node))
      .u64(index + 1)
      .u8(ENTRY_TYPE[entry.node.kind])
      .text(entry.name);
    if (all.size > room) break;
    end = all.size;
  }
  if (end === 0 && offset < listing.length) throw new FileError("EINVAL", `${room} octets hold no entry`);
  return all.body().subarray(0, end);
}

/** The body of Rstatfs. */
export function writeSpace(answer: MessageWriter, { bytes, freeBytes, files, freeFiles }: Space): void {
  const blocks = Math.floor(bytes / BLOCK_SIZE);
  const free = Math.floor(freeBytes / BLOCK_SIZE);
  answer.u32(FILE_SYSTEM_TYPE).u32(BLOCK_SIZE).u64(blocks).u64(free).u64(free);
  answer.u64(files).u64(freeFiles).u64(0).u32(LONGEST_NAME);
}
