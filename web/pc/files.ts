/** The folder that is the guest's /mnt: kept in the browser, filled and emptied by the user. */
import { FileError, KeptFolder, MemoryDatabase, openIndexedDatabase } from "../../src/index.ts";
import { type AddedFile, type FileActions, type FilesState, initialFiles } from "../state/files.ts";
import { Store } from "../state/store.ts";
import { words } from "../words/index.ts";
import { saveFile } from "./download.ts";

const DATABASE = "tabtpm-files";
const REDRAW_MS = 120;
/** Bytes of a file that are read at once, so that its progress can be seen and be stopped. */
const PIECE = 4 << 20;
/** A guest that writes a large file changes the folder many times a second. */
const LIST_MS = 400;

export class Files implements FileActions {
  readonly store = new Store<FilesState>(initialFiles, REDRAW_MS);
  #folder: Promise<KeptFolder> | null = null;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** The folder; one in memory where the browser keeps none. Never rejects. */
  folder(): Promise<KeptFolder> {
    this.#folder ??= this.#open();
    return this.#folder;
  }

  add(files: Iterable<AddedFile> | Promise<Iterable<AddedFile>>): void {
    void this.#attempt(async () => {
      const added = [...(await files)];
      if (added.length > 0) await this.#add(added);
    });
  }

  stopAdding(): void {
    this.#isStopped = true;
  }

  async #add(files: readonly AddedFile[]): Promise<void> {
    this.#isStopped = false;
    const folder = await this.folder();
    const say = words().files;
    const problems: string[] = [];
    const notes: string[] = [];
    const total = files.reduce((bytes, { file }) => bytes + file.size, 0);
    let before = 0;
    for (const [index, { path, file }] of files.entries()) {
      const onRead = (loaded: number) =>
        this.store.set({ adding: { path, index: index + 1, count: files.length, loaded: before + loaded, total } });
      onRead(0);
      try {
        const content = await this.#read(file, (await folder.space()).freeBytes, onRead);
        if (content === null) {
          notes.push(say.stopped);
          break;
        }
        const got = await folder.addFile(path, content);
        if (got !== path) notes.push(say.renamed(path, got));
      } catch (error) {
        problems.push(say.problem(path, (error as Error).message));
      }
      before += file.size;
    }
    this.store.set({ notes, problem: problems.length === 0 ? null : problems.join("\n") });
  }

  /**
   * @returns null when the user has stopped it
   * @throws FileError before a file is read that has no room @throws Error for what can't be read
   */
  async #read(file: File, free: number, onRead: (loaded: number) => void): Promise<Uint8Array | null> {
    const { noRoom, unreadable } = words().files;
    if (this.#isStopped) return null;
    if (file.size > free) throw new FileError("ENOSPC", noRoom(file.size, free));
    try {
      if (file.size <= PIECE) return new Uint8Array(await file.arrayBuffer());
      const content = new Uint8Array(file.size);
      for (let at = 0; at < file.size; at += PIECE) {
        if (this.#isStopped) return null;
        content.set(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()), at);
        onRead(Math.min(file.size, at + PIECE));
      }
      return content;
    } catch (cause) {
      throw new Error(unreadable, { cause });
    }
  }

  save(path: string): void {
    void this.#attempt(async () => {
      const folder = await this.folder();
      saveFile(path.slice(path.lastIndexOf("/") + 1), await folder.readFile(path));
    });
  }

  async #open(): Promise<KeptFolder> {
    let folder: KeptFolder;
    try {
      folder = await KeptFolder.open(await openIndexedDatabase(DATABASE));
    } catch (error) {
      this.store.set({ forgotten: (error as Error).message });
      folder = await KeptFolder.open(new MemoryDatabase());
    }
    folder.on("change", () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        void this.#list(folder);
      }, LIST_MS);
    });
    await this.#list(folder);
    return folder;
  }

  async #list(folder: KeptFolder): Promise<void> {
    try {
      this.store.set({ files: await folder.list() });
    } catch (error) {
      this.store.set({ problem: (error as Error).message });
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.store.set({ busy: true, problem: null, notes: [] });
    try {
      await work();
    } catch (error) {
      this.store.set({ problem: (error as Error).message });
    } finally {
      this.store.set({ busy: false, adding: null });
    }
  }
}
