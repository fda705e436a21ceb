/** The rows of a kept folder. */
import type { Key, Transaction } from "./database.ts";
import { FileError } from "./errors.ts";
import type { NodeKind, Owner } from "./node.ts";

/** Files are kept in pieces of this many bytes, each in a row of its own. */
export const BLOCK = 1 << 16;

/** A file, folder or link. */
export interface NodeRow {
  kind: NodeKind;
  mode: number;
  uid: number;
  gid: number;
  /** Names that it has. A file without one lives until it is closed. */
  links: number;
  size: number;
  modified: number;
  changed: number;
  /** A folder's. */
  parent?: number;
  /** A link's. */
  target?: string;
}

/** One for the whole folder. */
export interface TotalsRow {
  /** The next number for a node; none is used twice. */
  next: number;
  /** Sum of all sizes, in bytes. */
  bytes: number;
  /** Nodes without the folder itself. */
  files: number;
}

export const ROOT = 1;
const TOTALS: Key = ["totals"];
const nodeKey = (number: number): Key => ["node", number];
export const namesOf = (folder: number): Key => ["name", folder];
const nameKey = (folder: number, name: string): Key => ["name", folder, name];
const blocksOf = (file: number): Key => ["block", file];
const blockKey = (file: number, index: number): Key => ["block", file, index];

/** What a folder may hold. */
export interface Limits {
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes of all. */
  bytes: number;
  /** Files, folders and links. */
  files: number;
}

/** One transaction's view of a kept folder. */
export class Rows {
  readonly #rows: Transaction;
  readonly #limits: Limits;

  constructor(rows: Transaction, limits: Limits) {
    this.#rows = rows;
    this.#limits = limits;
  }

  async totals(): Promise<TotalsRow> {
    return ((await this.#rows.get(TOTALS)) as TotalsRow | undefined) ?? { next: ROOT + 1, bytes: 0, files: 0 };
  }

  async hasRoot(): Promise<boolean> {
    return (await this.#rows.get(nodeKey(ROOT))) !== undefined;
  }

  /** @throws FileError ENOENT when it is gone */
  async node(number: number): Promise<NodeRow> {
    const row = (await this.#rows.get(nodeKey(number))) as NodeRow | undefined;
    if (row === undefined) throw new FileError("ENOENT", "The file is gone");
    return row;
  }

  async putNode(number: number, row: NodeRow): Promise<void> {
    await this.#rows.put(nodeKey(number), row);
  }

  /** Every node's number and row. */
  async nodes(): Promise<[number, NodeRow][]> {
    return (await this.#rows.list(["node"])).map(({ key, value }) => [key[1] as number, value as NodeRow]);
  }

  /** @returns the number, or undefined when the folder has no such name */
  async lookup(folder: number, name: string): Promise<number | undefined> {
    return (await this.#rows.get(nameKey(folder, name))) as number | undefined;
  }

  /** A folder's names and numbers, in the order of the names. */
  async names(folder: number): Promise<[string, number][]> {
    return (await this.#rows.list(namesOf(folder))).map(({ key, value }) => [key[2] as string, value as number]);
  }

  /** Sets or, with `undefined`, removes a name; the folder counts as changed. */
  async putName(folder: number, name: string, number: number | undefined): Promise<void> {
    const key = nameKey(folder, name);
    await (number === undefined ? this.#rows.delete(key) : this.#rows.put(key, number));
    const row = await this.node(folder);
    const now = Date.now();
    await this.putNode(folder, { ...row, modified: now, changed: now });
  }

  /** Makes a node without a name. @returns its number @throws FileError ENOSPC when there are too many */
  async add(row: NodeRow): Promise<number> {
    const totals = await this.totals();
    if (totals.files >= this.#limits.files) {
      throw new FileError("ENOSPC", `The folder has ${totals.files} files, folders and links: more can't be kept`);
    }
    const number = totals.next;
    await this.#rows.put(TOTALS, { ...totals, next: number + 1, files: totals.files + 1 });
    await this.putNode(number, row);
    return number;
  }

  /** Deletes a node and its content. */
  async purge(number: number, { size }: NodeRow): Promise<void> {
    const totals = await this.totals();
    await this.#rows.deleteAll(blocksOf(number));
    await this.#rows.delete(nodeKey(number));
    await this.#rows.put(TOTALS, { ...totals, bytes: totals.bytes - size, files: totals.files - 1 });
  }

  /** @returns at most `count` bytes from `offset` on; fewer at the end */
  async read(number: number, row: NodeRow, offset: number, count: number): Promise<Uint8Array> {
    const end = Math.min(offset + count, row.size);
    if (offset >= end) return new Uint8Array(0);
    const data = new Uint8Array(end - offset);
    for (const { index, from, to } of pieces(offset, end)) {
      const block = await this.#block(number, index);
      data.set(block.subarray(from, to), index * BLOCK + from - offset);
    }
    return data;
  }

  /** @throws FileError EFBIG, ENOSPC */
  async write(number: number, row: NodeRow, offset: number, data: Uint8Array): Promise<void> {
    const end = offset + data.length;
    const now = Date.now();
    const size = Math.max(row.size, end);
    await this.#grow(size, row.size);
    for (const { index, from, to } of pieces(offset, end)) {
      const start = index * BLOCK + from - offset;
      const part = data.subarray(start, start + to - from);
      // A copy: the row must not change with what was given.
      if (part.length === BLOCK) await this.#rows.put(blockKey(number, index), part.slice());
      else {
        const old = await this.#block(number, index);
        const block = new Uint8Array(Math.max(to, Math.min(BLOCK, old.length)));
        block.set(old);
        block.set(part, from);
        await this.#rows.put(blockKey(number, index), block);
      }
    }
    await this.putNode(number, { ...row, size, modified: now, changed: now });
  }

  /** @returns the row with the new size, stored @throws FileError EFBIG, ENOSPC */
  async resize(number: number, row: NodeRow, size: number): Promise<NodeRow> {
    await this.#grow(size, row.size);
    if (size < row.size) {
      const last = Math.floor(size / BLOCK);
      const kept = (await this.#block(number, last)).slice(0, size - last * BLOCK);
      await this.#rows.deleteAll(blocksOf(number), last);
      if (kept.length > 0) await this.#rows.put(blockKey(number, last), kept);
    }
    const now = Date.now();
    const changed = { ...row, size, modified: now, changed: now };
    await this.putNode(number, changed);
    return changed;
  }

  /** What was never written reads as zeros. */
  async #block(number: number, index: number): Promise<Uint8Array> {
    return ((await this.#rows.get(blockKey(number, index))) as Uint8Array | undefined) ?? new Uint8Array(0);
  }

  async #grow(size: number, before: number): Promise<void> {
    if (size === before) return;
    const { fileBytes, bytes } = this.#limits;
    if (size > fileBytes) throw new FileError("EFBIG", `A file may have ${amount(fileBytes)}, not ${amount(size)}`);
    const totals = await this.totals();
    const sum = totals.bytes + size - before;
    if (size > before && sum > bytes) {
      throw new FileError("ENOSPC", `The folder may hold ${amount(bytes)}; this would make it ${amount(sum)}`);
    }
    await this.#rows.put(TOTALS, { ...totals, bytes: sum });
  }
}

/** A node's row without content, and without a name unless it is a folder. */
export function freshRow(kind: NodeKind, { mode, uid, gid }: Owner, parent?: number): NodeRow {
  const now = Date.now();
  const links = kind === "directory" ? 1 : 0;
  return {
    kind,
    mode,
    uid,
    gid,
    links,
    size: 0,
    modified: now,
    changed: now,
    ...(parent === undefined ? {} : { parent }),
  };
}

/** The parts of blocks that a range of a file covers. */
function* pieces(offset: number, end: number): Generator<{ index: number; from: number; to: number }> {
  for (let index = Math.floor(offset / BLOCK); index * BLOCK < end; index++) {
    yield {
      index,
      from: Math.max(0, offset - index * BLOCK),
      to: Math.min(BLOCK, end - index * BLOCK),
    };
  }
}

function amount(bytes: number): string {
  return bytes < 1e6 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}
