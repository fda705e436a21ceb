/**
 * What an attester and a verifier say to each other: JSON, over a channel between tabs or by copy and paste. Who reads it trusts
 * nothing of it: every field is known, has its form and its limit, and everything else is refused.
 *
 * attester: enrolment → verifier: challenge → attester: evidence → verifier: verdict
 */
import { fromBase64, toBase64 } from "./octets.ts";

export const PROTOCOL_VERSION = 1;
/** Characters. A list of IMA's of a long-running machine is most of it. */
export const MAX_MESSAGE = 16 * 1024 * 1024;

/** What every message has: the attester's number of this run, 16 octets in hex. It is a name and no secret. */
interface InSession {
  readonly session: string;
}
/** Which keys: TPM2B_PUBLIC of the EK and of the AK, X.509 in DER. */
export interface Enrolment extends InSession {
  readonly kind: "enrolment";
  readonly ek: Uint8Array;
  readonly ak: Uint8Array;
  readonly ekCertificate: Uint8Array | null;
}
/** What is to be quoted, and a credential for these two keys, as `tpm2_makecredential` writes it. */
export interface Challenge extends InSession {
  readonly kind: "challenge";
  readonly nonce: Uint8Array;
  readonly credential: Uint8Array;
}
/** Files as tpm2_activatecredential, tpm2_quote and Linux write them. */
export interface Evidence extends InSession {
  readonly kind: "evidence";
  readonly answer: Uint8Array;
  readonly quote: Uint8Array;
  readonly signature: Uint8Array;
  readonly pcrs: Uint8Array;
  readonly log: Uint8Array | null;
  readonly ima: Uint8Array | null;
}
export interface Reason {
  /** A finding's: "policy.events.8.0". */
  readonly check: string;
  readonly expected: string | null;
  readonly seen: string | null;
  readonly note: string | null;
}
export interface VerdictMessage extends InSession {
  readonly kind: "verdict";
  readonly verdict: "good" | "bad" | "unknown";
  readonly reasons: readonly Reason[];
}
export type Message = Enrolment | Challenge | Evidence | VerdictMessage;

export type MessageProblem = "too-long" | "no-json" | "other-version" | "no-such-kind" | "field";
export class MessageError extends Error {
  override name = "MessageError";
  readonly problem: MessageProblem;
  /** The field, where one is wrong. */
  readonly field: string;
  constructor(problem: MessageProblem, field = "") {
    super(field === "" ? problem : `${problem}: ${field}`);
    this.problem = problem;
    this.field = field;
  }
}

type Reader = (value: unknown, field: string) => unknown;
const MARK = "tabtpmAttestation";
const SESSION = /^[0-9a-f]{32}$/;
const MAX_REASONS = 16;
const MAX_TEXT = 2000;

/** @param from @param to octets */
const octets =
  (from: number, to: number): Reader =>
  (value, field) => {
    const read = typeof value === "string" && value.length <= Math.ceil(to / 3) * 4 ? fromBase64(value) : null;
    if (read === null || read.length < from || read.length > to) throw new MessageError("field", field);
    return read;
  };
const orNull =
  (reader: Reader): Reader =>
  (value, field) =>
    value === null ? null : reader(value, field);
const text: Reader = (value, field) => {
  if (typeof value !== "string" || value.length > MAX_TEXT) throw new MessageError("field", field);
  return value;
};
const session: Reader = (value, field) => {
  if (typeof value !== "string" || !SESSION.test(value)) throw new MessageError("field", field);
  return value;
};
const verdict: Reader = (value, field) => {
  if (value !== "good" && value !== "bad" && value !== "unknown") throw new MessageError("field", field);
  return value;
};
const reasons: Reader = (value, field) => {
  if (!Array.isArray(value) || value.length > MAX_REASONS) throw new MessageError("field", field);
  return value.map((one, at) => readFields(one, REASON, `${field}.${at}`));
};

const REASON = { check: text, expected: orNull(text), seen: orNull(text), note: orNull(text) };
const FIELDS: Readonly<Record<Message["kind"], Readonly<Record<string, Reader>>>> = {
  enrolment: { session, ek: octets(1, 4096), ak: octets(1, 4096), ekCertificate: orNull(octets(1, 16_384)) },
  challenge: { session, nonce: octets(16, 64), credential: octets(1, 4096) },
  evidence: {
    session,
    answer: octets(1, 64),
    quote: octets(1, 4096),
    signature: octets(1, 4096),
    pcrs: octets(1, 65_536),
    log: orNull(octets(1, 2 * 1024 * 1024)),
    ima: orNull(octets(1, 8 * 1024 * 1024)),
  },
  verdict: { session, verdict, reasons },
};

/** No field more, and none less. */
function readFields(value: unknown, readers: Readonly<Record<string, Reader>>, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MessageError("field", where);
  const given = new Map(Object.entries(value));
  const extra = [...given.keys()].find((name) => !Object.hasOwn(readers, name));
  if (extra !== undefined) throw new MessageError("field", extra.slice(0, 64));
  return Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, read(given.get(name), name)]));
}

/** @throws MessageError for everything that {@link writeMessage} would not have written. */
export function readMessage(source: string): Message {
  if (source.length > MAX_MESSAGE) throw new MessageError("too-long");
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new MessageError("no-json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MessageError("no-json");
  const { [MARK]: version, kind, ...fields } = value as Record<string, unknown>;
  if (version !== PROTOCOL_VERSION) throw new MessageError("other-version");
  if (typeof kind !== "string" || !Object.hasOwn(FIELDS, kind)) throw new MessageError("no-such-kind");
  return { kind, ...readFields(fields, FIELDS[kind as Message["kind"]], kind) } as unknown as Message;
}

export function writeMessage(message: Message): string {
  const written = Object.entries(message).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toBase64(value) : value,
  ]);
  return JSON.stringify({ [MARK]: PROTOCOL_VERSION, ...Object.fromEntries(written) });
}

/** As long as a message may have it. */
export const shortened = ({ check, expected, seen, note }: Reason): Reason => {
  const short = (value: string | null) =>
    value === null || value.length <= MAX_TEXT ? value : value.slice(0, MAX_TEXT);
  return { check: check.slice(0, MAX_TEXT), expected: short(expected), seen: short(seen), note: short(note) };
};
