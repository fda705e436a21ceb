/** Machine files that are encrypted with a passphrase: the whole file, so that nothing of it is known without. */
import {
  DamagedBlobError,
  isSealedWithPassphrase,
  NewerVersionError,
  OtherPurposeError,
  openWithPassphrase,
  type PassphraseKey,
  sealWithPassphrase,
} from "../passphrase/index.ts";
import {
  DamagedMachineFileError,
  MachineFileCancelledError,
  MachineFilePassphraseError,
  NewerMachineFileError,
  NotAMachineFileError,
} from "./errors.ts";
import { type MachineContents, type ReadMachineFileOptions, readMachineFile } from "./read.ts";

const PURPOSE = "machine";
/** More than the magic of what is sealed. */
const BEGINNING = 16;

/** Whether it takes a passphrase to read it. */
export async function isSealedMachineFile(file: Blob): Promise<boolean> {
  return isSealedWithPassphrase(new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer()));
}

/**
 * @param file what writeMachineFile made.
 * @param passphrase itself, or a key that was made of it.
 * @throws UnusablePassphraseError, MachineFileCancelledError
 */
export async function sealMachineFile(
  file: Blob,
  passphrase: string | PassphraseKey,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Blob> {
  const plain = new Uint8Array(await file.arrayBuffer());
  return cancellable("writing", signal, async () => {
    const sealed = await sealWithPassphrase(plain, passphrase, { purpose: PURPOSE, signal });
    return new Blob([sealed], { type: "application/octet-stream" });
  });
}

/**
 * Reads a machine file, encrypted or not.
 * @param options.passphrase of one that is encrypted.
 * @throws MachineFilePassphraseError where it takes one and there is none; WrongPassphraseError, UnusablePassphraseError; what
 * {@link readMachineFile} throws, also for what is wrong with the encrypted file.
 */
export async function openMachineFile(
  file: Blob,
  options: ReadMachineFileOptions & { readonly passphrase?: string | PassphraseKey | undefined } = {},
): Promise<MachineContents> {
  if (!(await isSealedMachineFile(file))) return readMachineFile(file, options);
  const { passphrase, signal } = options;
  if (passphrase === undefined) throw new MachineFilePassphraseError();
  const sealed = new Uint8Array(await file.arrayBuffer());
  const plain = await cancellable("reading", signal, async () => {
    try {
      return await openWithPassphrase(sealed, passphrase, { purpose: PURPOSE, signal });
    } catch (cause) {
      throw inOwnWords(cause);
    }
  });
  return readMachineFile(new Blob([plain]), options);
}

function inOwnWords(cause: unknown): unknown {
  if (cause instanceof DamagedBlobError) return new DamagedMachineFileError(cause.message, { cause });
  if (cause instanceof NewerVersionError) return new NewerMachineFileError(cause.message, { cause });
  if (cause instanceof OtherPurposeError) return new NotAMachineFileError(cause.message, { cause });
  return cause;
}

async function cancellable<T>(
  doing: "reading" | "writing",
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (signal?.aborted === true) throw new MachineFileCancelledError(doing, signal.reason);
    throw cause;
  }
}
