/**
 * A folder that is kept: in IndexedDB it outlives the page, in memory it ends with its process. Every operation is one
 * transaction, so that a crash leaves none half-done.
 */
import { Emitter } from "../engine/events.ts";
import type { Database } from "./database.ts";
import { FileError } from "./errors.ts";
import { KeptNode, type NodeHome } from "./keptNode.ts";
import { freshRow, type Limits, ROOT, Rows } from "./layout.ts";
import { checkName, numbered } from "./names.ts";
import type { NodeKind, ServedNode, Space } from "./node.ts";

export const DEFAULT_LIMITS: Limits = { fileBytes: 256 << 20, bytes: 512 << 20, files: 10_000 };
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

export interface FolderFile {
  /** From the folder on: "notes/today.txt". */
  path: string;
  kind: NodeKind;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
}

export interface FolderEvents {
  /** Something in the folder is no longer as it was. */
  change: undefined;
}

export class KeptFolder implements NodeHome {
  readonly #database: Database;
  readonly #limits: Limits;
  readonly #events = new Emitter<FolderEvents>();
  /** How often the guest holds a node that may be without a name. */
  readonly #held = new Map<number, number>();
  /** What the guest mounts. */
  readonly root: ServedNode = new KeptNode(this, ROOT, "directory");

  private constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
  }

  /** Opens a folder, or makes an empty one. @throws FileError when the database can't be read or written */
  static async open(database: Database, limits: Partial<Limits> = {}): Promise<KeptFolder> {
    const folder = new KeptFolder(database, { ...DEFAULT_LIMITS, ...limits });
    await folder.change(async (rows) => {
      if (!(await rows.hasRoot()))
        await rows.putNode(ROOT, freshRow("directory", { mode: FOLDER_MODE, uid: 0, gid: 0 }, ROOT));
      // What was open without a name when the page went.
      for (const [number, row] of await rows.nodes()) if (row.links === 0) await rows.purge(number, row);
    });
    return folder;
  }

  on<Name extends keyof FolderEvents>(event: Name, listener: (value: FolderEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Everything in it, in the order of the paths. */
  async list(): Promise<FolderFile[]> {
    return this.read(async (rows) => {
      const files: FolderFile[] = [];
      const visit = async (folder: number, prefix: string): Promise<void> => {
        for (const [name, number] of await rows.names(folder)) {
          const { kind, size, modified } = await rows.node(number);
          files.push({ path: prefix + name, kind, size, modified });
          if (kind === "directory") await visit(number, `${prefix}${name}/`);
        }
      };
      await visit(ROOT, "");
      return files;
    });
  }

  /** @returns a file's content @throws FileError ENOENT, EISDIR */
  async readFile(path: string): Promise<Uint8Array> {
    return this.read(async (rows) => {
      let number = ROOT;
      for (const name of path.split("/")) {
        const next = await rows.lookup(number, name);
        if (next === undefined) throw new FileError("ENOENT", `There is no ${path} in the folder`);
        number = next;
      }
      const row = await rows.node(number);
      if (row.kind !== "file") throw new FileError("EISDIR", `${path} is a ${row.kind}, not a file`);
      return rows.read(number, row, 0, row.size);
    });
  }

  /**
   * Puts a file into the folder, safe on the disk when this resolves. A name that is taken gets a number.
   * @param path from the folder on; folders on its way that are missing are made.
   * @returns the path that it got
   * @throws FileError EINVAL, EILSEQ, ENAMETOOLONG for a name; ENOTDIR where one on the way is no folder; EFBIG, ENOSPC; the folder is as before then
   */
  async addFile(path: string, data: Uint8Array): Promise<string> {
    const names = path.split("/");
    for (const name of names) checkName(name);
    const way = names.slice(0, -1);
    const name = names.at(-1)!;
    return this.change(async (rows) => {
      let folder = ROOT;
      for (const each of way) folder = await this.#folderIn(rows, folder, each);
      let free = name;
      for (let tries = 2; (await rows.lookup(folder, free)) !== undefined; tries++) free = numbered(name, tries);
      const row = freshRow("file", { mode: FILE_MODE, uid: 0, gid: 0 });
      const number = await rows.add({ ...row, links: 1 });
      await rows.write(number, { ...row, links: 1 }, 0, data);
      await rows.putName(folder, free, number);
      return [...way, free].join("/");
    }, "safe");
  }

  /** The folder of this name, which is made where it is missing. */
  async #folderIn(rows: Rows, parent: number, name: string): Promise<number> {
    const found = await rows.lookup(parent, name);
    if (found !== undefined) {
      const { kind } = await rows.node(found);
      if (kind !== "directory") throw new FileError("ENOTDIR", `${name} is there already, and is no folder`);
      return found;
    }
    const made = await rows.add(freshRow("directory", { mode: FOLDER_MODE, uid: 0, gid: 0 }, parent));
    await rows.putName(parent, name, made);
    return made;
  }

  async space(): Promise<Space> {
    const { bytes, files } = await this.read((rows) => rows.totals());
    const { bytes: most, files: mostFiles } = this.#limits;
    return {
      bytes: most,
      freeBytes: Math.max(0, most - bytes),
      files: mostFiles,
      freeFiles: Math.max(0, mostFiles - files),
    };
  }

  close(): void {
    this.#database.close();
  }

  hold(number: number): void {
    this.#held.set(number, (this.#held.get(number) ?? 0) + 1);
  }

  async release(number: number): Promise<void> {
    const count = (this.#held.get(number) ?? 1) - 1;
    if (count > 0) {
      this.#held.set(number, count);
      return;
    }
    this.#held.delete(number);
    const isLost = await this.read(async (rows) => (await rows.node(number)).links === 0);
    if (isLost) await this.change((rows) => this.dropWhenLost(rows, number));
  }

  /** A node that lost a name goes when it has no other, and nobody holds it. */
  async dropWhenLost(rows: Rows, number: number): Promise<void> {
    const row = await rows.node(number);
    if (row.links === 0 && !this.#held.has(number)) await rows.purge(number, row);
  }

  read<Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> {
    return this.#database.run("read", (rows) => work(new Rows(rows, this.#limits)));
  }

  async change<Result>(work: (rows: Rows) => Promise<Result>, mode: "write" | "safe" = "write"): Promise<Result> {
    const result = await this.#database.run(mode, (rows) => work(new Rows(rows, this.#limits)));
    this.#events.emit("change", undefined);
    return result;
  }
}
