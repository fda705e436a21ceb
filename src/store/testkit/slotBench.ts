/** A TPM's folder on a disk of its own, whose file of two slots is committed to. */
import { FileStore, type FileStoreOptions } from "../file.ts";
import { sha256 } from "../slotFile.ts";
import { readSlotFile } from "../slots.ts";
import { Disk, type DiskProcess } from "./disk.ts";

export const STATE = "/tpm/tpm2.state";
export const bytes = (...values: number[]) => Uint8Array.from(values);
/** A blob that shows which commit it is and whether it is whole. */
export const blobOf = (number: number, size: number) => new Uint8Array(size + 1).fill(number);

/** The process that had the lock is no more. */
export function forgetLock(disk: Disk): void {
  for (const name of disk.list("/tpm")) if (name.startsWith("tpm2.lock.")) disk.remove(`/tpm/${name}`);
}

export async function open(fs: DiskProcess, options: Partial<FileStoreOptions> = {}, takeOver = false) {
  const notices: string[] = [];
  const store = new FileStore({ dir: "/tpm", fs, onNotice: (text) => notices.push(text), ...options });
  return { store, notices, blob: await store.open({ takeOver }) };
}

export const content = async (disk: Disk) => readSlotFile(disk.read(STATE) as Uint8Array, sha256);

/** The disk has the state of these commits in its slots, and the process was ended in good order, or not. */
export async function withCommits(count: number, isClosed: boolean): Promise<Disk> {
  const disk = new Disk("/tpm");
  const { store } = await open(disk.process());
  for (let i = 1; i <= count; i++) await store.commit(blobOf(i, 600));
  if (isClosed) await store.close();
  forgetLock(disk);
  return disk;
}
