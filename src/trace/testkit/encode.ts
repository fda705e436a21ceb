/** For tests: decoded fields back to octets, by their types and by the words that are shown; sizes and offsets are not looked at. */
import { commandNamed } from "../../spec/commands.ts";
import { responseCodeParts } from "../../spec/responseCodes.ts";
import { constantValues, integerOf, resolveAlias, typeNamed } from "../../spec/types.ts";
import type { TraceField } from "../index.ts";

export function encodeFields(fields: readonly TraceField[]): number[] {
  return fields.flatMap(encodeField);
}

function encodeField({ type, value, fields }: TraceField): number[] {
  if (type === "BYTE") return octets(value);
  const integer = integerOf(type);
  if (integer !== null) return number(toNumber(type, value), integer.bytes);
  if (/ \(encrypted\)$/.test(value)) return sized(octets(value.replace(/ .*/, "")));
  const row = typeNamed(resolveAlias(type));
  switch (row.kind) {
    case "buffer":
      return sized(octets(value));
    case "sized":
      return sized(encodeFields(fields));
    case "list":
      return [...number(BigInt(fields.length), 4), ...encodeFields(fields)];
    default:
      return encodeFields(fields);
  }
}

const octets = (hex: string): number[] => [...Buffer.from(hex, "hex")];
const sized = (content: number[]) => [...number(BigInt(content.length), 2), ...content];

function number(value: bigint, bytes: number): number[] {
  const hex = BigInt.asUintN(8 * bytes, value).toString(16);
  return octets(hex.padStart(2 * bytes, "0"));
}

function toNumber(type: string, text: string): bigint {
  if (/^-?\d+$/.test(text) || /^0x[0-9a-f]+$/.test(text)) return BigInt(text);
  const row = typeNamed(type);
  if (row.kind === "attributes") {
    const parts = text === "none" ? [] : text.split(" | ");
    return parts.reduce((sum, part) => sum + attribute(row.fields, part), 0n);
  }
  const place = / \((handle|session|parameter) (\d+)\)$/.exec(text);
  if (place !== null) return located(named(text.slice(0, place.index)), place[1] ?? "", Number(place[2]));
  // "PCR 16", "NV index 0x01500016"
  const handle = /^[A-Za-z ]+ (\d+|0x[0-9a-f]+)$/.exec(text);
  if (handle !== null) return BigInt(handle[1] ?? "");
  if (text.startsWith("TPM_CC_")) return BigInt(commandNamed(text.slice("TPM_CC_".length)).code);
  return named(text);
}

function attribute(fields: readonly { name: string; low: number }[], part: string): bigint {
  const reserved = /^reserved (.*)$/.exec(part);
  if (reserved !== null) return BigInt(reserved[1] ?? "");
  const [name, value = "1"] = part.split("=");
  const field = fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`there is no attribute ${part}`);
  return BigInt(value) << BigInt(field.low);
}

function located(base: bigint, about: string, n: number): bigint {
  const { TPM_RC_P, TPM_RC_S } = responseCodeParts;
  const where = about === "parameter" ? TPM_RC_P : about === "session" ? TPM_RC_S : 0;
  return base | BigInt(where | (n << 8));
}

function named(name: string): bigint {
  const value = constantValues.get(name);
  if (typeof value !== "number") throw new Error(`"${name}" is no number`);
  return BigInt(value);
}
