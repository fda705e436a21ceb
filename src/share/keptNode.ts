/** One file, folder or link of a kept folder. */
import { FileError } from "./errors.ts";
import { freshRow, type NodeRow, ROOT, type Rows } from "./layout.ts";
import {
  type AttributeChange,
  type Attributes,
  type FolderEntry,
  type NodeKind,
  type Owner,
  ServedNode,
  type Space,
} from "./node.ts";

/** What a node needs of the folder that it is in. */
export interface NodeHome {
  read<Result>(work: (rows: Rows) => Promise<Result>): Promise<Result>;
  /** `safe`: on the disk, with all that was written before, when it resolves. */
  change<Result>(work: (rows: Rows) => Promise<Result>, mode?: "write" | "safe"): Promise<Result>;
  hold(number: number): void;
  release(number: number): Promise<void>;
  /** A node that lost a name goes when it has no other, and nobody holds it. */
  dropWhenLost(rows: Rows, number: number): Promise<void>;
  space(): Promise<Space>;
}

/** One node of a kept folder; as many objects as the guest has numbers for it. */
export class KeptNode extends ServedNode {
  readonly #folder: NodeHome;
  readonly path: number;
  readonly kind: NodeKind;

  constructor(folder: NodeHome, path: number, kind: NodeKind) {
    super();
    this.#folder = folder;
    this.path = path;
    this.kind = kind;
  }

  override hold(): void {
    this.#folder.hold(this.path);
  }

  override release(): Promise<void> {
    return this.#folder.release(this.path);
  }

  override space(): Promise<Space> {
    return this.#folder.space();
  }

  async attributes(): Promise<Attributes> {
    const row = await this.#folder.read((rows) => rows.node(this.path));
    const { kind, mode, uid, gid, links, size, modified, changed } = row;
    return { kind, mode, uid, gid, links, size, modified, changed };
  }

  override lookup(name: string): Promise<ServedNode> {
    return this.#folder.read(async (rows) => {
      const { parent } = await this.#asFolder(rows);
      const number = name === ".." ? parent : await rows.lookup(this.path, name);
      if (number === undefined) throw new FileError("ENOENT", `There is no ${JSON.stringify(name)}`);
      return new KeptNode(this.#folder, number, (await rows.node(number)).kind);
    });
  }

  override entries(): Promise<FolderEntry[]> {
    return this.#folder.read(async (rows) => {
      await this.#asFolder(rows);
      const entries: FolderEntry[] = [];
      for (const [name, number] of await rows.names(this.path)) {
        entries.push({ name, node: new KeptNode(this.#folder, number, (await rows.node(number)).kind) });
      }
      return entries;
    });
  }

  override async read(offset: number, count: number): Promise<Uint8Array> {
    if (this.kind !== "file") return super.read(offset, count);
    return this.#folder.read(async (rows) => rows.read(this.path, await rows.node(this.path), offset, count));
  }

  override async write(offset: number, data: Uint8Array): Promise<void> {
    if (this.kind !== "file") throw new FileError("EISDIR", "Only a file has content");
    await this.#folder.change(async (rows) => rows.write(this.path, await rows.node(this.path), offset, data));
  }

  override async target(): Promise<string> {
    const { target } = await this.#folder.read((rows) => rows.node(this.path));
    return target ?? super.target();
  }

  override async set({ mode, uid, gid, size, modified }: AttributeChange): Promise<void> {
    await this.#folder.change(async (rows) => {
      let row = await rows.node(this.path);
      if (size !== undefined) {
        if (row.kind !== "file") throw new FileError("EISDIR", "Only a file has a size");
        row = await rows.resize(this.path, row, size);
      }
      const now = Date.now();
      await rows.putNode(this.path, {
        ...row,
        mode: mode ?? row.mode,
        uid: uid ?? row.uid,
        gid: gid ?? row.gid,
        modified: modified === undefined ? row.modified : modified === true ? now : modified,
        changed: now,
      });
    });
  }

  override async create(name: string, kind: NodeKind, owner: Owner, target?: string): Promise<ServedNode> {
    const number = await this.#folder.change(async (rows) => {
      await this.#asFolder(rows);
      await isFree(rows, this.path, name);
      const row = freshRow(kind, owner, kind === "directory" ? this.path : undefined);
      const made = await rows.add({ ...row, links: 1, ...(target === undefined ? {} : { target }) });
      await rows.putName(this.path, name, made);
      return made;
    });
    return new KeptNode(this.#folder, number, kind);
  }

  override async link(name: string, node: ServedNode): Promise<void> {
    const { path, kind } = this.#own(node);
    if (kind === "directory") throw new FileError("EPERM", "A folder has one name");
    await this.#folder.change(async (rows) => {
      await this.#asFolder(rows);
      await isFree(rows, this.path, name);
      const row = await rows.node(path);
      await rows.putNode(path, { ...row, links: row.links + 1, changed: Date.now() });
      await rows.putName(this.path, name, path);
    });
  }

  override async unlink(name: string, folder: boolean): Promise<void> {
    await this.#folder.change(async (rows) => {
      await this.#asFolder(rows);
      const number = await existing(rows, this.path, name);
      const { kind } = await rows.node(number);
      if (folder && kind !== "directory") throw new FileError("ENOTDIR", `${name} is no folder`);
      if (!folder && kind === "directory") throw new FileError("EISDIR", `${name} is a folder`);
      await this.#loseName(rows, this.path, name, number);
    });
  }

  override async rename(name: string, to: ServedNode, newName: string): Promise<void> {
    const target = this.#own(to);
    await this.#folder.change(async (rows) => {
      await this.#asFolder(rows);
      await target.#asFolder(rows);
      const number = await existing(rows, this.path, name);
      const row = await rows.node(number);
      const replaced = await rows.lookup(target.path, newName);
      if (replaced === number) return;
      if (row.kind === "directory") await isNotBelow(rows, target.path, number);
      if (replaced !== undefined) {
        const { kind } = await rows.node(replaced);
        if (row.kind === "directory" && kind !== "directory") throw new FileError("ENOTDIR", `${newName} is no folder`);
        if (row.kind !== "directory" && kind === "directory") throw new FileError("EISDIR", `${newName} is a folder`);
        await this.#loseName(rows, target.path, newName, replaced);
      }
      await rows.putName(this.path, name, undefined);
      await rows.putName(target.path, newName, number);
      const parent = row.kind === "directory" ? { parent: target.path } : {};
      await rows.putNode(number, { ...row, ...parent, changed: Date.now() });
    });
  }

  override async sync(): Promise<void> {
    // Written again for the sake of being on the disk; with it comes what was written before.
    await this.#folder.change(async (rows) => rows.putNode(this.path, await rows.node(this.path)), "safe");
  }

  async #asFolder(rows: Rows): Promise<NodeRow> {
    const row = await rows.node(this.path);
    if (row.kind !== "directory") throw new FileError("ENOTDIR", "Only a folder has entries");
    // It is held, but has no name any more.
    if (row.links === 0) throw new FileError("ENOENT", "The folder is gone");
    return row;
  }

  #own(node: ServedNode): KeptNode {
    if (node instanceof KeptNode && node.#folder === this.#folder) return node;
    throw new FileError("EPERM", "The other folder is not part of this one");
  }

  async #loseName(rows: Rows, folder: number, name: string, number: number): Promise<void> {
    const row = await rows.node(number);
    if (row.kind === "directory" && (await rows.names(number)).length > 0) {
      throw new FileError("ENOTEMPTY", `${name} is not empty`);
    }
    await rows.putName(folder, name, undefined);
    await rows.putNode(number, { ...row, links: row.links - 1, changed: Date.now() });
    await this.#folder.dropWhenLost(rows, number);
  }
}

async function existing(rows: Rows, folder: number, name: string): Promise<number> {
  const number = await rows.lookup(folder, name);
  if (number === undefined) throw new FileError("ENOENT", `There is no ${JSON.stringify(name)}`);
  return number;
}

async function isFree(rows: Rows, folder: number, name: string): Promise<void> {
  if ((await rows.lookup(folder, name)) !== undefined) throw new FileError("EEXIST", `${name} is there already`);
}

/** @throws FileError EINVAL when `folder` is `above`, or lies in it */
async function isNotBelow(rows: Rows, folder: number, above: number): Promise<void> {
  for (let at = folder; at !== ROOT; at = (await rows.node(at)).parent ?? ROOT) {
    if (at === above) throw new FileError("EINVAL", "A folder can't be moved into itself");
  }
}
