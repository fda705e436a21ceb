/** What the page shows of the folder that the guest has at /mnt. */
import type { Sentence } from "../words/index.ts";

export interface SharedFile {
  /** From the folder on. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  /** Bytes. */
  readonly size: number;
}

export interface FilesState {
  /** In the order of the paths; null until the folder is open. */
  readonly files: readonly SharedFile[] | null;
  /** Why the folder ends with the page, in words; null when it is kept. */
  readonly forgotten: string | null;
  /** What could not be done. */
  readonly problems: readonly Sentence[];
  readonly busy: boolean;
  /** What is being put in; null while nothing is. */
  readonly adding: Adding | null;
  /** What the user should know of what was put in. */
  readonly notes: readonly Sentence[];
}

export interface Adding {
  readonly path: string;
  /** Of the files, from 1. */
  readonly index: number;
  readonly count: number;
  /** Bytes of all of them. */
  readonly loaded: number;
  readonly total: number;
}

/** A file of the user's and where it goes, from the folder on. */
export interface AddedFile {
  readonly path: string;
  readonly file: File;
}

export const initialFiles: FilesState = {
  files: null,
  forgotten: null,
  problems: [],
  busy: false,
  adding: null,
  notes: [],
};

export interface FileActions {
  /**
   * Puts the user's files into the folder, one after the other; also such as are still looked for. What comes while others are put in
   * is put in behind them.
   */
  add(files: Iterable<AddedFile> | Promise<Iterable<AddedFile>>): void;
  /** Leaves away what is not in yet. */
  stopAdding(): void;
  /** Offers a file of the folder to the user. */
  save(path: string): void;
}
