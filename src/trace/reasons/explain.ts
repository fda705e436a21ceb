/** Why a command was refused, as a sentence. */
import { commandWithCode } from "../../spec/commands.ts";
import { type OperandName, operands, operandsOf, type Refusal } from "../../spec/refusals.ts";
import { decodeResponse } from "../message.ts";
import { nameNumber } from "../names.ts";
import { english } from "./english.ts";
import { refusedField } from "./where.ts";
import type { ReasonWords } from "./words.ts";

/** A command that was answered: what a `TpmCommandEvent` has. */
export interface AnsweredCommand {
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  readonly reason: Refusal | null;
}

export interface Reason {
  /**
   * `noted`: the TPM said at the very place which check failed. `general`: it did not, and this is what the response code
   * means for the command.
   */
  readonly kind: "noted" | "general";
  /** One sentence or more. No secrets. */
  readonly text: string;
}

/** As {@link Refusal} has it where time does not help. */
const NEVER = 0xffffffff;

/**
 * @param words the language; English by default
 * @returns null when the command succeeded
 */
export function explainRefusal(event: AnsweredCommand, words: ReasonWords = english): Reason | null {
  const { command, response, reason } = event;
  const { severity, name, about, number, subject } = decodeResponse(response, command).responseCode;
  if (severity === "success") return null;
  if (reason !== null) return { kind: "noted", text: noted(reason, command, name, words) };
  const code = commandCode(command);
  const known = code === null ? undefined : commandWithCode(code);
  return { kind: "general", text: words.general(known?.name ?? null, name, { about, number, subject }) };
}

const commandCode = (command: Uint8Array): number | null =>
  command.length < 10 ? null : new DataView(command.buffer, command.byteOffset).getUint32(6);

function noted({ check, operands: values }: Refusal, command: Uint8Array, error: string, words: ReasonWords): string {
  const value = (name: string) => (values as Partial<Record<string, number>>)[name] ?? 0;
  const text = words.sentences[check].replace(/\{(\w+)\}/g, (_, name: string) => {
    switch (name) {
      case "lockout":
        return words.lockout(value("tries"), value("maxTries"));
      case "ends":
        return words.ends(value("seconds") === NEVER ? null : value("seconds"));
      case "field":
        return words.field(refusedField(command, value("position"), error));
      default:
        return inWords(name as OperandName, value(name), words);
    }
  });
  // A name of the specification stays as it is.
  return /^[a-z]+[A-Z]/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

const hex = (value: number) => `0x${value.toString(16)}`;

function inWords(name: OperandName, value: number, words: ReasonWords): string {
  switch (operands[name]) {
    case "handle":
    case "hierarchy":
      return words.handle(value);
    case "octets":
      return words.octets(value);
    case "seconds":
      return words.seconds(value);
    case "localities":
      return words.localities(value);
    case "hex":
      return hex(value);
    case "command": {
      const command = commandWithCode(value);
      return command === undefined ? hex(value) : `TPM2_${command.name}`;
    }
    case "algorithm":
      return nameNumber("TPM_ALG_ID", value, 2);
    case "objectAttributes":
      return nameNumber("TPMA_OBJECT", value, 4);
    case "nvAttributes":
      return nameNumber("TPMA_NV", value, 4);
    default:
      return String(value);
  }
}

/** The placeholders that a check's sentence may have. */
export function placeholdersOf(check: Refusal["check"]): readonly string[] {
  const own = operandsOf(check);
  const has = (...names: OperandName[]) => names.every((name) => own.includes(name));
  return [
    ...own,
    ...(has("tries", "maxTries") ? ["lockout"] : []),
    ...(has("seconds") ? ["ends"] : []),
    ...(has("position") ? ["field"] : []),
  ];
}
