/** The folder that is the guest's /mnt: kept in the browser, filled and emptied by the user. */
import { FileError, KeptFolder, MemoryDatabase, openIndexedDatabase } from "../../src/index.ts";
import { type FileActions, type FilesState, initialFiles } from "../state/files.ts";
import { Store } from "../state/store.ts";
import { words } from "../words/index.ts";
import { saveFile } from "./download.ts";

const DATABASE = "tabtpm-files";
const REDRAW_MS = 120;
/** A guest that writes a large file changes the folder many times a second. */
const LIST_MS = 400;

export class Files implements FileActions {
  readonly store = new Store<FilesState>(initialFiles, REDRAW_MS);
  #folder: Promise<KeptFolder> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** The folder; one in memory where the browser keeps none. Never rejects. */
  folder(): Promise<KeptFolder> {
    this.#folder ??= this.#open();
    return this.#folder;
  }

  add(files: Iterable<File>): void {
    void this.#attempt(async () => {
      const folder = await this.folder();
      const problems: string[] = [];
      for (const file of files) {
        try {
          await folder.addFile(file.name, await contentOf(file, (await folder.space()).freeBytes));
        } catch (error) {
          problems.push(`${file.name}: ${(error as Error).message}.`);
        }
      }
      if (problems.length > 0) this.store.set({ problem: problems.join("\n") });
    });
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
    this.store.set({ busy: true, problem: null });
    try {
      await work();
    } catch (error) {
      this.store.set({ problem: (error as Error).message });
    } finally {
      this.store.set({ busy: false });
    }
  }
}

/** @throws FileError before a file is read that has no room @throws Error for what is no file: a dropped folder */
async function contentOf(file: File, free: number): Promise<Uint8Array> {
  if (file.size > free) {
    throw new FileError("ENOSPC", words().problems.fileTooLarge(file.size, free));
  }
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new Error(words().problems.fileUnreadable, { cause });
  }
}
