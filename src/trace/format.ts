/** A decoded command or response as lines of text. */
import type { TraceField } from "./decoder.ts";
import { type DecodedResponse, decodeCommand, decodeResponse } from "./message.ts";

export interface TraceLine {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** 0 for the outermost fields. */
  readonly depth: number;
  /** Where it lies in the command or response, octets. */
  readonly offset: number;
  readonly size: number;
  readonly secret: boolean;
}

export interface FormatOptions {
  /** Shows secrets in clear. Default: no. */
  revealSecrets?: boolean;
}

/** What stands for a secret of `size` octets. */
const hidden = (size: number) => `(secret, ${size} ${size === 1 ? "octet" : "octets"})`;

/** One line a field, nested ones behind the field they belong to. A hidden secret shows no inner fields. */
export function formatFields(
  fields: readonly TraceField[],
  { revealSecrets = false }: FormatOptions = {},
  depth = 0,
): TraceLine[] {
  return fields.flatMap((field) => {
    const { name, type, offset, size, secret } = field;
    const isHidden = secret && !revealSecrets;
    const value = isHidden ? hidden(size) : field.value;
    const line = { name, type, depth, offset, size, secret, value };
    return isHidden ? [line] : [line, ...formatFields(field.fields, { revealSecrets }, depth + 1)];
  });
}

/** One line for a log: "PCR_Extend(PCR 16) -> TPM_RC_SUCCESS". Shows no secrets. */
export function summarizeCommand(command: Uint8Array, response?: Uint8Array): string {
  const decoded = decodeCommand(command);
  const handleNames = new Set(decoded.command?.handles.map(({ name }) => name));
  const handles = decoded.fields.filter(({ name }) => handleNames.has(name)).map(({ value }) => value);
  const call = `${decoded.name}(${handles.join(", ")})`;
  return response === undefined ? call : `${call} -> ${summarizeResponseCode(decodeResponse(response, command))}`;
}

function summarizeResponseCode({ responseCode }: DecodedResponse): string {
  const { name, about, number, subject } = responseCode;
  return number === 0 ? name : `${name}, ${about} ${number}${subject === undefined ? "" : ` (${subject})`}`;
}
