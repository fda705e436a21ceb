/** The folder that is the guest's /mnt: kept in the browser, filled and emptied by the user. */
import { KeptFolder, MemoryDatabase, openIndexedDatabase } from "../../src/index.ts";
import { type AddedFile, type FileActions, type FilesState, initialFiles } from "../state/files.ts";
import { Store } from "../state/store.ts";
import { type Sentence, SentenceError, said, sentenceOf, words } from "../words/index.ts";
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
  /** What the user has asked for and is not done. */
  #tasks = 0;
  /** Files that are to be put in, and what is known of all that were since the first of them. */
  #queue: AddedFile[] = [];
  #batch = { index: 0, count: 0, loaded: 0, total: 0 };
  #adding: Promise<void> | null = null;
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
      this.#queue.push(...added);
      this.#batch.count += added.length;
      this.#batch.total += added.reduce((bytes, { file }) => bytes + file.size, 0);
      this.#adding ??= this.#addAll();
      await this.#adding;
    });
  }

  stopAdding(): void {
    this.#isStopped = true;
  }

  /** Until the queue is empty: what is dropped meanwhile is put in behind the rest, with one progress for all. Never rejects. */
  async #addAll(): Promise<void> {
    const folder = await this.folder();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      await this.#addOne(folder, next);
    this.#adding = null;
    this.#isStopped = false;
    this.#batch = { index: 0, count: 0, loaded: 0, total: 0 };
    this.store.set({ adding: null });
  }

  async #addOne(folder: KeptFolder, { path, file }: AddedFile): Promise<void> {
    const batch = this.#batch;
    batch.index++;
    const onRead = (read: number) => this.store.set({ adding: { ...batch, path, loaded: batch.loaded + read } });
    onRead(0);
    try {
      const content = await this.#read(file, (await folder.space()).freeBytes, onRead);
      if (content === null) {
        this.#queue = [];
        this.#note(() => words().files.stopped);
        return;
      }
      const got = await folder.addFile(path, content);
      if (got !== path) this.#note(() => words().files.renamed(path, got));
    } catch (error) {
      const reason = sentenceOf(error);
      this.#complain(() => words().files.problem(path, said(reason)));
    }
    batch.loaded += file.size;
  }

  /**
   * @returns null when the user has stopped it
   * @throws SentenceError before a file is read that has no room, and for what can't be read
   */
  async #read(file: File, free: number, onRead: (loaded: number) => void): Promise<Uint8Array | null> {
    if (this.#isStopped) return null;
    const { size } = file;
    if (size > free) throw new SentenceError(() => words().files.noRoom(size, free));
    try {
      if (size <= PIECE) return new Uint8Array(await file.arrayBuffer());
      const content = new Uint8Array(size);
      for (let at = 0; at < size; at += PIECE) {
        if (this.#isStopped) return null;
        content.set(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()), at);
        onRead(Math.min(size, at + PIECE));
      }
      return content;
    } catch (cause) {
      throw new SentenceError(() => words().files.unreadable, { cause });
    }
  }

  #note(sentence: Sentence): void {
    this.store.set({ notes: [...this.store.value.notes, sentence] });
  }

  #complain(sentence: Sentence): void {
    const { problems } = this.store.value;
    if (!problems.includes(sentence)) this.store.set({ problems: [...problems, sentence] });
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
      this.#complain(sentenceOf(error));
    }
  }

  /** What was said before holds until something is begun while nothing else is under way. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#tasks++ === 0) this.store.set({ busy: true, problems: [], notes: [] });
    try {
      await work();
    } catch (error) {
      this.#complain(sentenceOf(error));
    } finally {
      if (--this.#tasks === 0) this.store.set({ busy: false });
    }
  }
}
