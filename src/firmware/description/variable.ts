/** UEFI_VARIABLE_DATA (PFP 1.06): the variables that firmware measures, by what UEFI says is in them. */

import { devicePath } from "./devicePath.ts";
import { Fields, hexBytes, listed } from "./fields.ts";
import { describeSignature, describeSignatureLists } from "./signatures.ts";
import { text, wideField } from "./text.ts";
import { inEitherSize, type UintnSize } from "./uintn.ts";

/** Variables of one octet: 0 or 1. */
const SWITCHES = ["SecureBoot", "SetupMode", "AuditMode", "DeployedMode", "devAuthBoot", "MokListTrusted"];
/** Numbers of options, 16 bits each. */
const NUMBERS = /^(Boot|Driver|SysPrep)(Order|Next|Current)$/;
const LOAD_OPTION = /^(Boot|Driver|SysPrep|PlatformRecovery|OsRecovery)[0-9A-Fa-f]{4}$/;
const DEVICE_PATH = /^(Con(In|Out)|ErrOut)(Dev)?$/;
/** Numbers of options that a line shows. */
const MAX_NUMBERS = 64;

/**
 * "SecureBoot = on". null when the data are no such structure.
 * @param authority whether the value is the one signature that verified something (EV_EFI_VARIABLE_AUTHORITY).
 */
export function describeVariable(data: Uint8Array, { authority = false } = {}): string | null {
  return inEitherSize(data, (fields, size) => readVariable(fields, size, authority));
}

/** GUID, lengths, name in UTF-16, value. */
function readVariable(fields: Fields, size: UintnSize, authority: boolean): string | null {
  const vendor = fields.guid();
  const [nameLength, dataLength] = [fields.uintn(size), fields.uintn(size)];
  const name = wideField(fields.take(nameLength * 2n)) ?? vendor;
  const value = fields.take(dataLength);
  if (!fields.intact) return null;
  return `${name} = ${(authority ? describeSignature(value) : null) ?? variableValue(name, value)}`;
}

function variableValue(name: string, value: Uint8Array): string {
  if (value.length === 0) return "not set";
  const byName = namedValue(name, value);
  return byName ?? describeSignatureLists(value) ?? text(value) ?? hexBytes(value);
}

/** null where the name says nothing about the value, or the value is something else. */
function namedValue(name: string, value: Uint8Array): string | null {
  if (SWITCHES.includes(name) && value.length === 1) return ["off", "on"][value[0]!] ?? null;
  if (NUMBERS.test(name) && value.length % 2 === 0) return optionNumbers(value);
  if (LOAD_OPTION.test(name)) return loadOption(value);
  if (DEVICE_PATH.test(name)) return devicePath(value) || null;
  return null;
}

function optionNumbers(value: Uint8Array): string {
  const fields = new Fields(value);
  const numbers: string[] = [];
  while (fields.left > 0 && numbers.length <= MAX_NUMBERS) numbers.push(fields.u16().toString(16).padStart(4, "0"));
  return listed(numbers, MAX_NUMBERS);
}

/** EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): attributes, size of the paths, description, paths, and data for the loader. */
function loadOption(value: Uint8Array): string | null {
  const fields = new Fields(value);
  fields.u32();
  const pathsSize = fields.u16();
  const after = value.subarray(6);
  let end = 0;
  while (end + 1 < after.length && (after[end] !== 0 || after[end + 1] !== 0)) end += 2;
  const description = wideField(fields.take(end));
  fields.take(2);
  const path = devicePath(fields.take(pathsSize));
  if (!fields.intact || (description === null && path === "")) return null;
  const data = text(fields.rest());
  const parts = [description, path === "" ? null : path, data === null ? null : `with "${data}"`];
  return parts.filter((part) => part !== null).join(" ");
}
