/** What a language says of a refusal: a sentence for each check, and the words for what stands in it. */
import type { RefusalName } from "../../spec/refusals.ts";

/** A field of a command, as far as the refusal tells which. */
export interface RefusedField {
  /** From the parameter inwards: "inPublic.type". */
  readonly path: string;
  readonly type: string;
  /** What is wrong with it. */
  readonly wrong: "missing" | "value" | "size";
  /** The value that was refused, or the size; null where it is not to be shown. */
  readonly value: string | null;
  /** Values that may stand there; empty where they are too many or follow from other fields. */
  readonly permitted: readonly string[];
}

/** What the response code is about, as {@link DecodedResponseCode} has it. */
export interface Place {
  readonly about: "command" | "handle" | "session" | "parameter";
  readonly number: number;
  readonly subject?: string | undefined;
}

export interface ReasonWords {
  /**
   * Sentences. In braces stand the check's own operands, and what is made of them: `{lockout}` of tries and maxTries,
   * `{ends}` of seconds, `{field}` of position.
   */
  readonly sentences: { readonly [Name in RefusalName]: string };
  handle(handle: number): string;
  octets(count: number): string;
  seconds(count: number): string;
  /** Which localities a TPMA_LOCALITY allows. */
  localities(set: number): string;
  lockout(tries: number, maxTries: number): string;
  /** Null: it does not end by itself. */
  ends(seconds: number | null): string;
  field(field: RefusedField | null): string;
  /** A general sentence: what Part 3 has this code for in this command, or what the code says by itself. */
  general(command: string | null, name: string, place: Place): string;
}
