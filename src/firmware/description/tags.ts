/** TCG_PCClientTaggedEvent: what EV_EVENT_TAG events consist of, and what Windows writes into EV_NO_ACTION events. */

import { Fields, listed } from "./fields.ts";
import { text } from "./text.ts";

const MAX_TAGS = 8;
const MAX_MODULES = 4;

const TAGS = new Map([
  // PC Client Implementation Specification for Conventional BIOS, table "EV_EVENT_TAG events".
  [1, "SMBIOS structures"],
  [2, "BIS certificate"],
  [3, "POST BIOS ROM strings"],
  [4, "ESCD"],
  [5, "CMOS settings"],
  [6, "NVRAM settings"],
  [7, "option ROM code"],
  [8, "option ROM configuration"],
  [10, "option ROM microcode update"],
  [11, "S-CRTM version"],
  [12, "S-CRTM contents"],
  [13, "POST contents"],
  [14, "table of devices"],
  // systemd-boot and systemd-stub.
  [0xf5bc_582a, "boot loader configuration"],
  [0x6c46_f751, "device tree addon"],
  [0x49df_fe0f, "initrd addon"],
  [0xdac0_8e1a, "microcode addon"],
  [0x13ae_d6db, "UKI profile"],
  // Windows (wbcl.h of its SDK), outside its containers.
  [0x0006_0001, "Windows: no authority"],
  [0x0006_0002, "Windows: public key of an authority"],
]);
/** Windows' tags whose data are tags again. */
const CONTAINERS = new Map([
  [0x4001_0001, "Windows: trust boundary"],
  [0x4001_0002, "Windows: early launch anti-malware"],
  [0x4001_0003, "Windows: loaded module"],
  [0xc001_0004, "Windows: trust point"],
  [0x4001_0005, "Windows: kernel soft reboot"],
  [0x4001_0006, "Windows: signed measurement of a kernel soft reboot"],
]);
const MODULE_PATH = 0x0007_0001;
/** Containers in containers are read so deep. */
const MAX_DEPTH = 3;

/** Tags one after the other; null when the data don't have that form. */
export function describeTags(data: Uint8Array): string | null {
  const tags = readTags(data);
  return tags === null ? null : listed(tags.map(describeTag), MAX_TAGS, "; ");
}

/** For a container of Windows' whose end may be cut off; null for other data. */
export function describeWindowsTag(data: Uint8Array): string | null {
  const name = CONTAINERS.get(new Fields(data).u32());
  return name === undefined ? null : (describeTags(data) ?? `${name}, cut short`);
}

interface Tag {
  readonly id: number;
  readonly data: Uint8Array;
}

/** Zeros after the last tag are filling. */
function readTags(data: Uint8Array): Tag[] | null {
  let end = data.length;
  while (end > 0 && data[end - 1] === 0) end--;
  const fields = new Fields(data);
  const tags: Tag[] = [];
  while (data.length - fields.left < end) {
    const id = fields.u32();
    tags.push({ id, data: fields.take(fields.u32()) });
  }
  return fields.intact && tags.length > 0 ? tags : null;
}

function describeTag({ id, data }: Tag): string {
  const container = CONTAINERS.get(id);
  if (container !== undefined) return describeContainer(container, data);
  const name = TAGS.get(id);
  const note = text(data);
  if (name !== undefined) return note === null ? name : `${name}: ${note}`;
  return note ?? `tag 0x${id.toString(16)}, ${data.length} bytes`;
}

function describeContainer(name: string, data: Uint8Array): string {
  const modules: string[] = [];
  const count = collect(data, modules, MAX_DEPTH);
  const records = `${count} record${count === 1 ? "" : "s"}`;
  return modules.length === 0 ? `${name}, ${records}` : `${name}, ${records}: ${listed(modules, MAX_MODULES)}`;
}

/** Counts the tags directly in the data, and gathers the paths of modules at any depth. */
function collect(data: Uint8Array, modules: string[], depth: number): number {
  const tags = readTags(data) ?? [];
  for (const tag of tags) {
    if (tag.id === MODULE_PATH) modules.push(text(tag.data) ?? "without a name");
    else if (CONTAINERS.has(tag.id) && depth > 0) collect(tag.data, modules, depth - 1);
  }
  return tags.length;
}
