/** What firmware says of code and tables (PFP 1.06, "Event Logging"): images, firmware volumes, configuration tables, disks. */

import { devicePath } from "./devicePath.ts";
import { Fields, hexNumber, listed } from "./fields.ts";
import { text, wideField } from "./text.ts";
import { inEitherSize, type UintnSize } from "./uintn.ts";

/** UEFI_IMAGE_LOAD_EVENT: where the image lies, and where it came from. */
export function describeImage(data: Uint8Array): string | null {
  return inEitherSize(data, (fields, size) => {
    const address = fields.u64();
    const length = fields.uintn(size);
    fields.uintn(size);
    const path = devicePath(fields.take(fields.uintn(size)));
    return fields.intact ? `${path === "" ? "image" : path}, ${extent(address, length)}` : null;
  });
}

/** UEFI_PLATFORM_FIRMWARE_BLOB: address and length, nothing else. */
export function describeBlob(data: Uint8Array): string | null {
  return inEitherSize(data, (fields, size) => readBlob(fields, size, ""));
}

/** UEFI_PLATFORM_FIRMWARE_BLOB2: a length octet and a description before them. */
export function describeBlob2(data: Uint8Array): string | null {
  return inEitherSize(data, (fields, size) => {
    const name = text(fields.take(fields.u8()));
    return readBlob(fields, size, name === null ? "" : `${name}: `);
  });
}

function readBlob(fields: Fields, size: UintnSize, name: string): string | null {
  const [address, length] = [fields.u64(), fields.uintn(size)];
  return fields.intact && fields.left === 0 ? name + extent(address, length) : null;
}

function extent(address: bigint, length: bigint): string {
  return `${hexNumber(length)} bytes at ${hexNumber(address)}`;
}

/** EFI_CONFIGURATION_TABLE: what the GUIDs of the UEFI specification (4.6) and of the firmware's own tables stand for. */
const TABLES = new Map([
  ["8868e871-e4f1-11d3-bc22-0080c73c8881", "ACPI"],
  ["eb9d2d30-2d88-11d3-9a16-0090273fc14d", "ACPI 1.0"],
  ["eb9d2d31-2d88-11d3-9a16-0090273fc14d", "SMBIOS"],
  ["f2fd1544-9794-4a2c-992e-e5bbcf20e394", "SMBIOS 3"],
  ["eb9d2d2f-2d88-11d3-9a16-0090273fc14d", "MPS"],
  ["b1b621d5-f19c-41a5-830b-d9152c69aae0", "device tree"],
  ["b122a263-3661-4f68-9929-78f8b0d62180", "EFI system resources"],
  ["dcfa911d-26eb-469f-a220-38b7dc461220", "memory attributes"],
  ["eb66918a-7eef-402a-842e-931d21c38ae9", "runtime properties"],
  ["49152e77-1ada-4764-b7a2-7afefed95e8b", "debug images"],
  ["7739f24c-93d7-11d4-9a3a-0090273fc14d", "HOB list"],
  ["05ad34ba-6f02-4214-952e-4da0398e2bb9", "DXE services"],
]);
const MAX_TABLES = 8;

/** UEFI_HANDOFF_TABLE_POINTERS: a count, then GUID and address of each table. */
export function describeTables(data: Uint8Array): string | null {
  return inEitherSize(data, (fields, size) => readTables(fields, size, ""));
}

/** UEFI_HANDOFF_TABLE_POINTERS2: a length octet and a description before them. */
export function describeTables2(data: Uint8Array): string | null {
  return inEitherSize(data, (fields, size) => {
    const name = text(fields.take(fields.u8()));
    return readTables(fields, size, name === null ? "" : `${name}: `);
  });
}

function readTables(fields: Fields, size: UintnSize, name: string): string | null {
  const count = fields.uintn(size);
  const tables: string[] = [];
  for (let i = 0; i < count && i <= MAX_TABLES; i++) {
    const id = fields.guid();
    tables.push(`${TABLES.get(id) ?? id} at ${hexNumber(fields.uintn(size))}`);
  }
  // A list that is longer than is shown is not read to its end.
  if (count > MAX_TABLES) fields.take((count - BigInt(MAX_TABLES) - 1n) * BigInt(16 + size));
  return fields.intact && tables.length > 0 ? name + listed(tables, MAX_TABLES) : null;
}

/** Types of partitions that often have no name (UEFI 2.10, 5.3.3; the Discoverable Partitions Specification). */
const PARTITION_TYPES = new Map([
  ["c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system partition"],
  ["024dee41-33e7-11d3-9d69-0008c781f39f", "MBR"],
  ["21686148-6449-6e6f-744e-656564454649", "BIOS boot"],
  ["0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux"],
  ["0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap"],
  ["e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"],
  ["bc13c2ff-59e6-4262-a352-b275fd6f7172", "extended boot loader"],
  ["4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "root, x86-64"],
  ["44479540-f297-41b2-9af7-d131d5f0458a", "root, x86"],
  ["e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved"],
  ["ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "basic data"],
  ["de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows recovery"],
]);
const MAX_PARTITIONS = 16;
const PARTITION_ENTRY_SIZE = 128;

/** UEFI_GPT_DATA: the header of the table, then the entries in use. */
export function describeGpt(data: Uint8Array): string | null {
  return inEitherSize(data, (fields, size) => {
    fields.take(56);
    const disk = fields.guid();
    fields.take(92 - 72);
    const count = fields.uintn(size);
    const names: string[] = [];
    for (let i = 0; i < count && i <= MAX_PARTITIONS; i++) names.push(partition(fields.take(PARTITION_ENTRY_SIZE)));
    if (count > MAX_PARTITIONS) fields.take((count - BigInt(MAX_PARTITIONS) - 1n) * BigInt(PARTITION_ENTRY_SIZE));
    if (!fields.intact) return null;
    const list = names.length > 0 ? `: ${listed(names, MAX_PARTITIONS)}` : "";
    return `disk ${disk}, ${count} partition${count === 1n ? "" : "s"}${list}`;
  });
}

/** EFI_PARTITION_ENTRY: its name, or else its type. */
function partition(entry: Uint8Array): string {
  const fields = new Fields(entry);
  const type = fields.guid();
  fields.take(56 - 16);
  return wideField(fields.take(72)) ?? PARTITION_TYPES.get(type) ?? "without a name";
}
