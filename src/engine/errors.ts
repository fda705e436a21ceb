import {
  NotGivenUpError,
  SealedStateError,
  type SealedStateProblem,
  StoreError,
  type StoreErrorCode,
  StoreFencedError,
  StoreGivenUpError,
  StoreLockedError,
} from "../store/store.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { TpmCoreError } from "./core.ts";
import { TpmPlatformError } from "./wasm.ts";

/**
 * The stored state can't be used; it stays where it is.
 * - `damaged`: its integrity check failed.
 * - `newer`: a later version of tabtpm wrote it.
 * - `profile`: it belongs to a TPM of another profile than the one asked for.
 * - `volatile`: it is a volatile state that does not fit the permanent one, or was saved by another version of tabtpm.
 */
export type TpmStateProblem = "damaged" | "newer" | "profile" | "volatile";

export class TpmStateError extends Error {
  override name = "TpmStateError";
  readonly reason: TpmStateProblem;
  constructor(message: string, reason: TpmStateProblem, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** An error on its way between threads: structured clones lose classes and fields. */
export interface WireError {
  name: string;
  message: string;
  stack?: string | undefined;
  code?: string | undefined;
  holder?: string | undefined;
  migration?: string | undefined;
  reason?: string | undefined;
  cause?: WireError | undefined;
}

export function toWire(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { code, holder, reason, migration, cause } = error as Readonly<
    Partial<Record<"code" | "holder" | "reason" | "migration", unknown>>
  > &
    Error;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === "string" ? code : undefined,
    holder: typeof holder === "string" ? holder : undefined,
    reason: typeof reason === "string" ? reason : undefined,
    migration: typeof migration === "string" ? migration : undefined,
    cause: cause === undefined || depth > 3 ? undefined : toWire(cause, depth + 1),
  };
}

export function fromWire(wire: WireError): Error {
  const error = construct(wire);
  if (wire.stack !== undefined) error.stack = wire.stack;
  if (wire.cause !== undefined && error.cause === undefined) error.cause = fromWire(wire.cause);
  return error;
}

function construct({ name, message, code, holder, reason, migration }: WireError): Error {
  switch (name) {
    case "TpmPoweredOffError":
      return new TpmPoweredOffError(message);
    case "TpmStateError":
      return new TpmStateError(message, reason as TpmStateProblem);
    case "TpmCoreError":
      return new TpmCoreError(message);
    case "TpmPlatformError":
      return new TpmPlatformError(message);
    case "StoreError":
      return new StoreError(message, { code: code as StoreErrorCode });
    case "SealedStateError":
      return new SealedStateError(message, reason as SealedStateProblem);
    case "StoreLockedError":
      return new StoreLockedError(message, holder ?? "another owner");
    case "StoreFencedError":
      return new StoreFencedError(message);
    case "StoreGivenUpError":
      return new StoreGivenUpError(message, migration ?? "");
    case "NotGivenUpError":
      return new NotGivenUpError(message);
    case "RangeError":
      return new RangeError(message);
    default: {
      const error = new Error(message);
      if (name !== error.name) error.name = name;
      return error;
    }
  }
}
