/** What is dropped onto the page: files, and folders with all that is in them. */
import type { AddedFile } from "../state/files.ts";
import { SentenceError, words } from "../words/index.ts";

/** A folder that is dropped by mistake, the user's whole home, must not keep the page busy for ever. */
const MOST_FILES = 10_000;

/** Must be called while the drop is being handled: the browser forgets what was dropped then. @throws SentenceError for what can't be read or is too much */
export function droppedFiles(transfer: Pick<DataTransfer, "items" | "files">): Promise<AddedFile[]> {
  const entries = Array.from(transfer.items ?? [], (item) => item.webkitGetAsEntry?.() ?? null);
  const folders = entries.filter((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory === true);
  const names = new Set(folders.map(({ name }) => name));
  // A folder is among the files, too, as one that can't be read.
  const files = Array.from(transfer.files)
    .filter(({ name }) => !names.has(name))
    .map((file) => ({ path: file.name, file }));
  return withFolders(files, folders);
}

async function withFolders(files: AddedFile[], folders: readonly FileSystemDirectoryEntry[]): Promise<AddedFile[]> {
  for (const folder of folders) await addFolder(folder, folder.name, files);
  return files;
}

async function addFolder(folder: FileSystemDirectoryEntry, path: string, files: AddedFile[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, (cause) => reject(unreadable(path, cause))),
    );
    // Browsers give some at a time.
    if (entries.length === 0) return;
    for (const entry of entries) {
      const inside = `${path}/${entry.name}`;
      if (entry.isDirectory) await addFolder(entry as FileSystemDirectoryEntry, inside, files);
      else files.push({ path: inside, file: await fileOf(entry as FileSystemFileEntry, inside) });
      if (files.length > MOST_FILES) throw new SentenceError(() => words().files.tooMany(MOST_FILES));
    }
  }
}

const fileOf = (entry: FileSystemFileEntry, path: string) =>
  new Promise<File>((resolve, reject) => {
    entry.file(resolve, (cause) => reject(unreadable(path, cause)));
  });

const unreadable = (path: string, cause: unknown) =>
  new SentenceError(() => words().files.unreadableEntry(path), { cause });
