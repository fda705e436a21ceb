/**
 * One step of a stream, with symbols in place of what each TPM chooses for itself (nonces, contexts): both TPMs are told
 * the same, each with its own octets where those have to differ.
 */
import type { Asked } from "./objects.ts";

export interface SessionUse {
  handle: number;
  /** TPMA_SESSION */
  attributes: number;
  /** What goes into the hmac field; `right` depends on the kind of session. */
  proof: "right" | "wrong" | "empty" | "garbage";
  /** Octets of nonceCaller. */
  nonce: Uint8Array;
}

/**
 * Octets; or a context saved earlier (its number, from 0), with one octet of the blob changed where `tamper` is given; or
 * all parameters of TPM2_PolicyTicket for a ticket given earlier, with one octet changed where `tamper` is not null; or a
 * field of what a command gave out; or the Name of an object, as a TPM2B.
 */
export type Part =
  | Uint8Array
  | { ticket: number; tamper: number | null }
  | { output: number; field: string; tamper: number | null }
  | { nameOf: number }
  | { context: number; tamper?: { part: "sequence" | "handle" | "hierarchy" | "blob"; at: number } };

export interface CommandStep {
  kind: "command";
  /** TPM_CC; for the report. */
  name: string;
  code: number;
  handles: number[];
  /** Handles that need an authorization. */
  authorized: number;
  sessions?: SessionUse[];
  parameters: Part[];
  /** What the model is to know of an object that comes of it. */
  asked?: Asked;
  locality: number;
  /** What is done to the finished octets. */
  mutation?: Mutation;
}
export type Mutation =
  | { kind: "flip"; at: number; with: number }
  | { kind: "cut"; by: number; fix: boolean }
  | { kind: "extend"; by: Uint8Array; fix: boolean }
  | { kind: "authorizationSize"; by: number }
  | { kind: "tag"; tag: number };

export type Step =
  | CommandStep
  /** Power goes and comes back: _TPM_Init. */
  | { kind: "init" }
  /** _TPM_Hash_Start, _TPM_Hash_Data, _TPM_Hash_End. */
  | { kind: "hash"; data: Uint8Array };
