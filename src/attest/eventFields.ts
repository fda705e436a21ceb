/**
 * Which fields of an event its digest binds, by the event's type: the table of the PC Client Platform Firmware Profile (PFP)
 * 1.06, "Event Types", and what boot loaders make of EV_IPL. What a digest does not bind, anybody who can write the log can
 * change: it may be shown, and nothing may rest on it.
 */
import { Fields } from "../firmware/description/fields.ts";
import { HASH_ALGORITHMS, type TcgEvent } from "../firmware/eventLog.ts";
import * as types from "../firmware/eventTypes.ts";
import { latin1 } from "./octets.ts";

/** What of an event's data its digest may be the hash of. */
export interface HashedForm {
  /** Of the data, in words: "data", "value of the variable". */
  readonly bound: string;
  /** The rest of the data; null where there is none. */
  readonly unbound: string | null;
  /** What is hashed; null where the data have no such part. */
  readonly octets: (data: Uint8Array) => Uint8Array | null;
}

/**
 * - `must`: the type asks for one of the forms; a digest of something else is wrong.
 * - `may`: whoever wrote the event may have hashed something else, such as the file that the data name.
 * - `never`: the digest is of something that is not in the log.
 */
export type Binding = "must" | "may" | "never";

export interface EventFields {
  readonly type: number;
  readonly binding: Binding;
  /** In the order in which they are tried. */
  readonly forms: readonly HashedForm[];
}

/** What no finding rests on: the words for it, everywhere. */
export const BOUND_BY_NO_DIGEST = "bound by no digest";

/** Fields of every event that are no data, and what binds them. Of several banks one is relied on. */
export const EVENT_HEADER: readonly { readonly field: string; readonly boundBy: string | null }[] = [
  { field: "pcrIndex", boundBy: "the PCR's value" },
  { field: "eventType", boundBy: null },
  { field: "digest of the bank that is replayed", boundBy: "the PCR's value" },
  { field: "digests of other banks", boundBy: null },
];

const WHOLE: HashedForm = { bound: "data", unbound: null, octets: (data) => data };
/** Firmware and loaders exist that count a terminator into the data, and not into what they hash. */
const BUT_LAST: HashedForm = {
  bound: "data but for their last octet",
  unbound: "the last octet of the data",
  octets: (data) => (data.length > 1 ? data.subarray(0, -1) : null),
};
const VARIABLE_VALUE: HashedForm = {
  bound: "value of the variable",
  unbound: "name and GUID of the variable",
  octets: (data) => readVariable(data)?.value ?? null,
};
/** GRUB: "kernel_cmdline: quiet\0", of which "quiet" is hashed. [GRUB manual, "Measuring boot components"] */
const TEXT_BEHIND_LABEL: HashedForm = {
  bound: "text behind the label",
  unbound: "the label and the terminator",
  octets: (data) => {
    const label = /^[\w-]{1,40}: /.exec(latin1(data.subarray(0, 44)))?.[0];
    if (label === undefined) return null;
    const end = data.at(-1) === 0 ? data.length - 1 : data.length;
    return data.subarray(label.length, end);
  },
};
/** A separator that tells of an error has the digest of the number 1, whatever its data say. */
const ERROR_SEPARATOR: HashedForm = {
  bound: "that there was an error",
  unbound: "what the error was",
  octets: () => Uint8Array.of(1, 0, 0, 0),
};

const row = (type: number, binding: Binding, ...forms: HashedForm[]): EventFields => ({ type, binding, forms });

/** Each type that there is a name for, in the order of their numbers. */
export const EVENT_FIELDS: readonly EventFields[] = [
  row(types.EV_PREBOOT_CERT, "never"),
  row(types.EV_POST_CODE, "never"),
  row(types.EV_UNUSED, "never"),
  row(types.EV_NO_ACTION, "never"),
  row(types.EV_SEPARATOR, "must", WHOLE, ERROR_SEPARATOR),
  row(types.EV_ACTION, "must", WHOLE, BUT_LAST),
  row(types.EV_EVENT_TAG, "may", WHOLE),
  row(types.EV_S_CRTM_CONTENTS, "never"),
  row(types.EV_S_CRTM_VERSION, "must", WHOLE),
  row(types.EV_CPU_MICROCODE, "may", WHOLE),
  row(types.EV_PLATFORM_CONFIG_FLAGS, "may", WHOLE),
  row(types.EV_TABLE_OF_DEVICES, "may", WHOLE),
  row(types.EV_COMPACT_HASH, "may", WHOLE),
  row(types.EV_IPL, "may", WHOLE, TEXT_BEHIND_LABEL, BUT_LAST),
  row(types.EV_IPL_PARTITION_DATA, "may", WHOLE),
  row(types.EV_NONHOST_CODE, "never"),
  row(types.EV_NONHOST_CONFIG, "may", WHOLE),
  row(types.EV_NONHOST_INFO, "may", WHOLE),
  row(types.EV_OMIT_BOOT_DEVICE_EVENTS, "must", WHOLE),
  row(types.EV_POST_CODE2, "never"),
  row(types.EV_EFI_VARIABLE_DRIVER_CONFIG, "must", WHOLE),
  // Before PFP 1.05 firmware hashed the variable's value alone.
  row(types.EV_EFI_VARIABLE_BOOT, "must", WHOLE, VARIABLE_VALUE),
  row(types.EV_EFI_BOOT_SERVICES_APPLICATION, "never"),
  row(types.EV_EFI_BOOT_SERVICES_DRIVER, "never"),
  row(types.EV_EFI_RUNTIME_SERVICES_DRIVER, "never"),
  row(types.EV_EFI_GPT_EVENT, "must", WHOLE),
  row(types.EV_EFI_ACTION, "must", WHOLE, BUT_LAST),
  row(types.EV_EFI_PLATFORM_FIRMWARE_BLOB, "never"),
  row(types.EV_EFI_HANDOFF_TABLES, "never"),
  row(types.EV_EFI_PLATFORM_FIRMWARE_BLOB2, "never"),
  row(types.EV_EFI_HANDOFF_TABLES2, "never"),
  row(types.EV_EFI_VARIABLE_BOOT2, "must", WHOLE),
  row(types.EV_EFI_GPT_EVENT2, "must", WHOLE),
  row(types.EV_EFI_HCRTM_EVENT, "never"),
  row(types.EV_EFI_VARIABLE_AUTHORITY, "must", WHOLE, BUT_LAST),
  row(types.EV_EFI_SPDM_FIRMWARE_BLOB, "may", WHOLE),
  row(types.EV_EFI_SPDM_FIRMWARE_CONFIG, "may", WHOLE),
  row(types.EV_EFI_SPDM_DEVICE_POLICY, "must", WHOLE),
  row(types.EV_EFI_SPDM_DEVICE_AUTHORITY, "must", WHOLE),
];

const BY_TYPE = new Map(EVENT_FIELDS.map((fields) => [fields.type, fields]));

/** Of a type that nobody has named: it may be bound, and its digest shows whether it is. */
export const fieldsOf = (type: number): EventFields => BY_TYPE.get(type) ?? row(type, "may", WHOLE);

/** The table in words, a line a type: what of the data is bound, and what is not. */
export function describeFields({ binding, forms }: EventFields): { readonly bound: string; readonly unbound: string } {
  if (binding === "never") return { bound: "none", unbound: "data" };
  const or = (texts: readonly string[]) => [...new Set(texts)].join("; or ");
  const rests = forms.flatMap(({ unbound }) => (unbound === null ? [] : [unbound]));
  if (binding === "may") rests.push("data, when the digest is of something else");
  return { bound: or(forms.map(({ bound }) => bound)), unbound: or(rests) || "none" };
}

/** UEFI_VARIABLE_DATA. [PFP 1.06, "UEFI_VARIABLE_DATA"] */
export interface MeasuredVariable {
  /** EFI_GUID of its namespace, in its usual form, lower case. */
  readonly vendor: string;
  readonly name: string;
  readonly value: Uint8Array;
}

/** @returns null for data that are no such structure, or have more behind it than a terminator. */
export function readVariable(data: Uint8Array): MeasuredVariable | null {
  for (const size of [8, 4]) {
    const fields = new Fields(data);
    const vendor = fields.guid();
    const [nameLength, valueLength] = [fields.uintn(size), fields.uintn(size)];
    const name = new TextDecoder("utf-16le").decode(fields.take(nameLength * 2n));
    const value = fields.take(valueLength);
    if (fields.intact && fields.left <= 1) return { vendor, name, value };
  }
  return null;
}

/** The digest of the bank that an event has; null where it has none of it, or two. */
export function digestOf(event: TcgEvent, bank: number): Uint8Array | null {
  const of = event.digests.filter(({ algorithm }) => algorithm === bank);
  const size = HASH_ALGORITHMS.get(bank)?.size;
  return of.length === 1 && of[0]!.digest.length === size ? of[0]!.digest : null;
}
