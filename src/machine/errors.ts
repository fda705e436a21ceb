/** Why a machine file was not read or not written: a class for each, so that whoever shows it can say what to do. */

/** Any of them; nothing was changed. */
export class MachineFileError extends Error {
  override name = "MachineFileError";
}

/** It is something else, or empty. */
export class NotAMachineFileError extends MachineFileError {
  override name = "NotAMachineFileError";
}

/** It was one: a part is missing, or octets have changed. */
export class DamagedMachineFileError extends MachineFileError {
  override name = "DamagedMachineFileError";
}

/** A newer tabtpm wrote it. */
export class NewerMachineFileError extends MachineFileError {
  override name = "NewerMachineFileError";
}

/** It is encrypted, and there is no passphrase. */
export class MachineFilePassphraseError extends MachineFileError {
  override name = "MachineFilePassphraseError";
  constructor() {
    super("The file is encrypted: it takes its passphrase to open it.");
  }
}

/** It is whole, and more than the reader was told to take. */
export class MachineFileTooLargeError extends MachineFileError {
  override name = "MachineFileTooLargeError";
}

/** What is to be written is none: a name that is too long, say. */
export class MachineHeadError extends MachineFileError {
  override name = "MachineHeadError";
}

/** The caller's signal was aborted. */
export class MachineFileCancelledError extends MachineFileError {
  override name = "MachineFileCancelledError";
  constructor(doing: "reading" | "writing", cause: unknown) {
    super(`The ${doing} of the machine file was cancelled.`, { cause });
  }
}
