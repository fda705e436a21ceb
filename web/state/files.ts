/** What the page shows of the folder that the guest has at /mnt. */

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
  /** What could not be done, in words. */
  readonly problem: string | null;
  readonly busy: boolean;
}

export const initialFiles: FilesState = { files: null, forgotten: null, problem: null, busy: false };

export interface FileActions {
  /** Puts the user's files into the folder. */
  add(files: Iterable<File>): void;
  /** Offers a file of the folder to the user. */
  save(path: string): void;
}
