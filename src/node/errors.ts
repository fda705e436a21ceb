/** A mistake in the command line; the message says what to type instead. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Not by `instanceof`: each command's bundle has a class of its own. */
export const isUsageError = (error: unknown) => error instanceof Error && error.name === "UsageError";
