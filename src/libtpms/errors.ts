/**
 * - `key`: it is encrypted and there is no key, or the other way round.
 * - `wrongKey`: the key is not the one that it was encrypted with, or it is damaged; the two can't be told apart.
 * - `version`: of a layout that is not known here.
 * - `damaged`: not what swtpm writes.
 * - `unsupported`: whole and known, and it holds what can't be brought in.
 */
export type LibtpmsProblem = "key" | "wrongKey" | "version" | "damaged" | "unsupported";

/** A state of swtpm that can't be brought in: where it fails and why. Nothing was changed. */
export class LibtpmsStateError extends Error {
  override name = "LibtpmsStateError";
  readonly reason: LibtpmsProblem;
  constructor(message: string, reason: LibtpmsProblem, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
