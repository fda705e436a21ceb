/** What the `--print-` options print, in swtpm's JSON. */
import type { TpmProfile } from "../../public.ts";
import { unsealed } from "../../store/durableFile.ts";
import { FileStore } from "../../store/file.ts";
import { MemoryMedium, MemoryStore } from "../../store/memory.ts";
import { createTpm } from "../index.ts";
import { availableProfiles, PROFILE_NAMES } from "../profiles.ts";
import { checkLocation, type StateLocation } from "../stateLocation.ts";
import { version } from "../version.ts";
import { describeTpm, formatInfo } from "./info.ts";
import type { KeyRing } from "./keyRing.ts";
import { rows } from "./optionTable.ts";
import { VolatileFile } from "./volatileFile.ts";

/** What is no option's. */
const OTHER_FEATURES = ["tpm-send-command-header", ...[1024, 2048, 3072, 4096].map((bits) => `rsa-keysize-${bits}`)];

export function printCapabilities(): string {
  const features = rows.flatMap(([, { features = [], refused, idle }]) =>
    refused === undefined && idle === undefined ? features : [],
  );
  return `{ "type": "swtpm", "features": ${list([...features, ...OTHER_FEATURES])}, "profiles": { "names": ${list(PROFILE_NAMES)} }, "version": "${version()}" }\n`;
}

export const printProfiles = () => `${JSON.stringify({ AvailableProfiles: availableProfiles() })}\n`;

/**
 * As CMD_GET_INFO answers. Needs no lock and changes nothing.
 * @param location undefined: of a new TPM of this profile, as where there is none.
 * @throws StoreError, TpmStateError when there is one that can't be read.
 */
export async function printInfo(
  flags: number,
  location: StateLocation | undefined,
  keys: KeyRing,
  profile: TpmProfile,
): Promise<string> {
  const found = location && (await profileAt(location, keys));
  return `${formatInfo(await describeTpm(found ?? profile), flags)}\n`;
}

async function profileAt(location: StateLocation, keys: KeyRing): Promise<TpmProfile | undefined> {
  checkLocation("--tpmstate", location);
  const bytes = await new FileStore(location).exportBlob();
  if (bytes === null) return undefined;
  const medium = new MemoryMedium();
  medium.blob = unsealed(bytes, keys.file, location.file ?? location.dir);
  const tpm = createTpm({ store: new MemoryStore(medium) });
  try {
    await tpm.ready;
    return tpm.state().profile ?? undefined;
  } finally {
    await tpm.close();
  }
}

/** What a folder holds. Needs no lock and changes nothing. */
export async function printStates(location: StateLocation): Promise<string> {
  checkLocation("--tpmstate", location);
  const permanent = await new FileStore(location).exportBlob();
  const volatile = await new VolatileFile(location).size();
  const states = [
    ...(permanent ? [{ name: "permall", size: permanent.length }] : []),
    ...(volatile === null ? [] : [{ name: "volatilestate", size: volatile }]),
  ];
  const items = states.map(({ name, size }) => `{"name": "${name}", "size": ${size}}`);
  return `{ "type": "swtpm", "states": ${bracketed(items)} }\n`;
}

const list = (words: string[]) => bracketed(words.map((word) => JSON.stringify(word)));
/** With swtpm's blanks, which scripts look for. */
const bracketed = (items: string[]) => (items.length === 0 ? "[]" : `[ ${items.join(", ")} ]`);
