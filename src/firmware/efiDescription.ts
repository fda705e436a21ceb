/** Readable forms of what UEFI firmware measures: variables, images, device paths, partition tables (UEFI 2.9). */

import { Fields, guid, hexAddress, hexBytes, text, utf16 } from "./eventFields.ts";

/** EFI_HARDWARE, ACPI, MESSAGING, MEDIA device path types; 0x7F ends a path. */
const [HARDWARE, ACPI, MESSAGING, MEDIA, END] = [1, 2, 3, 4, 0x7f];
const MAX_NODES = 24;

/** UEFI_VARIABLE_DATA: GUID, lengths, name in UTF-16, value. */
export function describeVariable(fields: Fields): string | null {
  const vendor = guid(fields.take(16));
  const nameLength = fields.u64();
  const dataLength = fields.u64();
  const name = utf16(fields.take(nameLength * 2n)) ?? vendor;
  const data = fields.take(dataLength);
  if (!fields.intact) return null;
  return `${name} = ${variableValue(name, data)}`;
}

function variableValue(name: string, data: Uint8Array): string {
  if (data.length === 0) return "not set";
  if (["SecureBoot", "AuditMode", "DeployedMode", "SetupMode"].includes(name) && data.length === 1) {
    return data[0] === 1 ? "on" : "off";
  }
  if (/^(Boot|Driver)Order$/.test(name)) {
    const fields = new Fields(data);
    const numbers: string[] = [];
    while (fields.left >= 2) numbers.push(fields.u16().toString(16).padStart(4, "0"));
    return numbers.join(", ");
  }
  if (/^(Boot|Driver|SysPrep)[0-9A-F]{4}$/.test(name)) return loadOption(data) ?? hexBytes(data);
  return text(data) ?? hexBytes(data);
}

/** EFI_LOAD_OPTION: attributes, length of the paths, description, paths. */
function loadOption(data: Uint8Array): string | null {
  const fields = new Fields(data);
  fields.u32();
  const pathsLength = fields.u16();
  let end = 6;
  while (end + 1 < data.length && (data[end] !== 0 || data[end + 1] !== 0)) end += 2;
  const description = utf16(fields.take(end - 6));
  fields.take(2);
  const path = devicePath(fields.take(pathsLength));
  return description === null ? null : `${description} ${path}`.trim();
}

/** UEFI_IMAGE_LOAD_EVENT: where the image lies, and where it came from. */
export function describeBootServicesImage(fields: Fields): string | null {
  const address = fields.u64();
  const length = fields.u64();
  fields.u64();
  const path = devicePath(fields.take(fields.u64()));
  if (!fields.intact) return null;
  return `${path === "" ? "image" : path}, ${hexAddress(length)} bytes at ${hexAddress(address)}`;
}

/** UEFI_GPT_DATA: the header of the table, then the entries in use. */
export function describeGpt(fields: Fields): string | null {
  fields.take(56);
  const disk = guid(fields.take(16));
  fields.take(92 - 72);
  const count = Number(fields.u64());
  const names: string[] = [];
  for (let i = 0; i < Math.min(count, 16); i++) {
    fields.take(56);
    names.push(utf16(fields.take(72)) ?? "without a name");
  }
  if (!fields.intact) return null;
  return `disk ${disk}, ${count} partition${count === 1 ? "" : "s"}${count > 0 ? `: ${names.join(", ")}` : ""}`;
}

/** EFI_DEVICE_PATH_PROTOCOL nodes in the usual notation; unknown ones as Path(type,subtype). */
export function devicePath(bytes: Uint8Array): string {
  const fields = new Fields(bytes);
  const nodes: string[] = [];
  while (fields.left >= 4 && nodes.length < MAX_NODES) {
    const type = fields.u8();
    const subtype = fields.u8();
    const length = fields.u16();
    if (type === END || length < 4) break;
    nodes.push(deviceNode(type, subtype, new Fields(fields.take(length - 4))));
  }
  return nodes.join("/");
}

function deviceNode(type: number, subtype: number, fields: Fields): string {
  switch (type * 0x100 + subtype) {
    case HARDWARE * 0x100 + 1: {
      const pciFunction = fields.u8();
      return `Pci(0x${fields.u8().toString(16)},0x${pciFunction.toString(16)})`;
    }
    case HARDWARE * 0x100 + 3: {
      fields.u32();
      return `MemoryMapped(${hexAddress(fields.u64())},${hexAddress(fields.u64())})`;
    }
    case ACPI * 0x100 + 1: {
      const hid = fields.u32();
      const uid = fields.u32();
      return hid === 0x0a03_41d0 || hid === 0x0a08_41d0
        ? `PciRoot(0x${uid.toString(16)})`
        : `Acpi(0x${hid.toString(16)},0x${uid.toString(16)})`;
    }
    case MESSAGING * 0x100 + 2: {
      const target = fields.u16();
      return `Scsi(${target},${fields.u16()})`;
    }
    case MESSAGING * 0x100 + 5: {
      const port = fields.u8();
      return `USB(${port},${fields.u8()})`;
    }
    case MESSAGING * 0x100 + 18: {
      const port = fields.u16();
      fields.u16();
      return `Sata(${port},${fields.u16()})`;
    }
    case MESSAGING * 0x100 + 23:
      return `NVMe(0x${fields.u32().toString(16)})`;
    case MEDIA * 0x100 + 1: {
      const partition = fields.u32();
      fields.take(16);
      const signature = fields.take(16);
      fields.u8();
      return fields.u8() === 2 ? `HD(${partition},GPT,${guid(signature)})` : `HD(${partition})`;
    }
    case MEDIA * 0x100 + 2:
      return `CDROM(${fields.u32()})`;
    case MEDIA * 0x100 + 4:
      return utf16(fields.take(fields.left)) ?? "File()";
    case MEDIA * 0x100 + 6:
      return `FvFile(${guid(fields.take(16))})`;
    case MEDIA * 0x100 + 7:
      return `Fv(${guid(fields.take(16))})`;
    default:
      return `Path(${type},${subtype})`;
  }
}
