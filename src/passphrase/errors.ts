/** Why something that is sealed with a passphrase can't be opened. Nothing has changed in any of these cases. */
export type PassphraseProblem = "wrong-passphrase" | "damaged" | "newer" | "other" | "unusable";

/** What went wrong with a passphrase, or with what is sealed with one. `reason` says the same as the class. */
export class PassphraseError extends Error {
  override name = "PassphraseError";
  readonly reason: PassphraseProblem;
  constructor(message: string, reason: PassphraseProblem, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** It is whole, and was sealed with another passphrase. */
export class WrongPassphraseError extends PassphraseError {
  override name = "WrongPassphraseError";
  constructor() {
    super(
      "The passphrase is wrong: this was encrypted with another one. Nothing was changed; try again.",
      "wrong-passphrase",
    );
  }
}

/** It is not what was sealed: octets have changed, are missing or are too many. */
export class DamagedBlobError extends PassphraseError {
  override name = "DamagedBlobError";
  /** @param how a clause: "its checksum is wrong". */
  constructor(how: string) {
    super(`What is encrypted with a passphrase is damaged: ${how}. Take another copy of it.`, "damaged");
  }
}

/** A later version of tabtpm sealed it. */
export class NewerVersionError extends PassphraseError {
  override name = "NewerVersionError";
  constructor(version: number, known: number) {
    super(
      `It was encrypted by a newer tabtpm (version ${version} of the format; this one knows ${known}). Update tabtpm.`,
      "newer",
    );
  }
}

/** It was sealed as something else, or for another TPM. */
export class OtherPurposeError extends PassphraseError {
  override name = "OtherPurposeError";
  /** What it was sealed as. */
  readonly purpose: string;
  /** Which it was sealed for; empty for none. */
  readonly context: string;
  constructor(
    found: { purpose: string; context: string },
    expected: { purpose: string; context?: string | undefined },
  ) {
    const { purpose, context } = found;
    super(
      purpose === expected.purpose
        ? `It belongs to another TPM: it was encrypted for ${named(context)}, not for ${named(expected.context)}.`
        : `It is something else: it was encrypted as "${purpose}", and "${expected.purpose}" is expected here.`,
      "other",
    );
    this.purpose = purpose;
    this.context = context;
  }
}

/** What was given as a passphrase can't be one. */
export class UnusablePassphraseError extends PassphraseError {
  override name = "UnusablePassphraseError";
  constructor(message: string) {
    super(message, "unusable");
  }
}

/** It is shown to people, and comes from whoever made the blob. */
const named = (context = "") => (context === "" ? "none by name" : JSON.stringify(context.slice(0, 100)));
