/** Numbers back to the names that the tables give them. */
import { commandWithCode } from "../spec/commands.ts";
import { TPM_HT } from "../spec/handles.ts";
import type { AttributesType } from "../spec/rows.ts";
import { constantValues, typeNamed } from "../spec/types.ts";
import { decodeResponseCode } from "./responseCode.ts";

const namesOfType = new Map<string, ReadonlyMap<number, string>>();

/** Names of a constants type by value. Where two names have one value, the later one in the table is the current one. */
function namesOf(type: string): ReadonlyMap<number, string> {
  let names = namesOfType.get(type);
  if (names === undefined) {
    const row = typeNamed(type);
    const values = row.kind === "constants" ? Object.entries(row.values) : [];
    names = new Map(values.flatMap(([name, value]) => (typeof value === "number" ? [[value, name] as const] : [])));
    namesOfType.set(type, names);
  }
  return names;
}

const HANDLE_TYPES: Readonly<Record<number, string>> = {
  [TPM_HT.TPM_HT_NV_INDEX]: "NV index",
  [TPM_HT.TPM_HT_HMAC_SESSION]: "HMAC session",
  [TPM_HT.TPM_HT_POLICY_SESSION]: "policy session",
  [TPM_HT.TPM_HT_TRANSIENT]: "transient object",
  [TPM_HT.TPM_HT_PERSISTENT]: "persistent object",
  [TPM_HT.TPM_HT_AC]: "attached component",
};

const hex = (value: number, digits: number) =>
  value < 0 ? String(value) : `0x${value.toString(16).padStart(digits, "0")}`;

export function nameHandle(handle: number): string {
  const type = handle >>> 24;
  if (type === TPM_HT.TPM_HT_PCR) return `PCR ${handle}`;
  if (type === TPM_HT.TPM_HT_PERMANENT) return namesOf("TPM_RH").get(handle) ?? hex(handle, 8);
  const kind = HANDLE_TYPES[type];
  return kind === undefined ? hex(handle, 8) : `${kind} ${hex(handle, 8)}`;
}

/** The set fields of an attribute, as "continueSession | decrypt"; reserved bits as a number. */
function nameAttributes(row: AttributesType, value: number): string {
  const parts = row.fields.flatMap(({ name, low, high }) => {
    const field = Math.floor(value / 2 ** low) % 2 ** (high - low + 1);
    if (field === 0) return [];
    return [low === high ? name : `${name}=${field}`];
  });
  const reserved = (value & row.reserved) >>> 0;
  if (reserved !== 0) parts.push(`reserved ${hex(reserved, 2)}`);
  return parts.length === 0 ? "none" : parts.join(" | ");
}

/** "TPM_RC_VALUE (parameter 1)" */
function nameResponseCode(code: number): string {
  const { name, about, number } = decodeResponseCode(code);
  return number === 0 ? name : `${name} (${about} ${number})`;
}

/** The octets that a type takes on the wire decide how many digits a number without a name shows. */
export function nameNumber(type: string, value: number, bytes: number): string {
  if (type === "TPM_HANDLE") return nameHandle(value);
  if (type === "TPM_CC") {
    const command = commandWithCode(value);
    return command === undefined ? hex(value, 8) : `TPM_CC_${command.name}`;
  }
  if (type === "TPM_RC") return nameResponseCode(value);
  const row = typeNamed(type);
  switch (row.kind) {
    case "integer":
      return String(value);
    case "alias":
      return nameNumber(row.of, value, bytes);
    case "attributes":
      return nameAttributes(row, value);
    case "constants":
      return namesOf(type).get(value) ?? hex(value, bytes * 2);
    case "interface":
      return nameOfInterface(row.base, row.accepts, value, bytes);
    default:
      return hex(value, bytes * 2);
  }
}

function nameOfInterface(base: string, accepts: readonly string[], value: number, bytes: number): string {
  const named = accepts.find((name) => constantValues.get(name) === value);
  return base === "BYTE" && named !== undefined ? named : nameNumber(base, value, bytes);
}
