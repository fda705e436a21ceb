/** swtpm's profiles, and what they are here: `--profile name=...`, `--print-profiles`. */
import { readFileSync } from "node:fs";
import type { TpmProfile } from "../public.ts";
import { UsageError } from "./errors.ts";

interface Profile {
  profile: TpmProfile;
  description: string;
}

const LIKE_LIBTPMS = "What libtpms 0.9 has, and its answers: the same here as libtpms-0.9.";
/** Our own two, then the names of libtpms 0.10 and 0.11. */
const PROFILES: Readonly<Record<string, Profile>> = {
  full: { profile: "full", description: "Everything that tabtpm has. The default." },
  "libtpms-0.9": {
    profile: "libtpms-0.9",
    description: "Exactly the algorithms, key sizes, curves and limits of libtpms 0.9.",
  },
  null: { profile: "libtpms-0.9", description: LIKE_LIBTPMS },
  "default-v1": { profile: "libtpms-0.9", description: LIKE_LIBTPMS },
  "default-v2": { profile: "full", description: "The same here as full: RSA-4096 among it, but no post-quantum keys." },
  custom: { profile: "full", description: "The same here as full: single algorithms can't be taken out." },
};

export const PROFILE_NAMES = Object.keys(PROFILES);

/** What in a JSON profile would take something out. */
const LISTS = ["Algorithms", "Commands", "Attributes"];

/** @param name one of {@link PROFILE_NAMES}, or custom:NAME. @throws UsageError */
export function profileNamed(option: string, name: string): TpmProfile {
  const key = name.startsWith("custom:") ? "custom" : name;
  const found = Object.hasOwn(PROFILES, key) ? PROFILES[key] : undefined;
  if (found !== undefined) return found.profile;
  throw new UsageError(`${option} is one of ${PROFILE_NAMES.join(", ")}; there is no "${name}".`);
}

/** @param json `{"Name": "default-v1"}`, as swtpm has it. @throws UsageError */
export function profileOfJson(option: string, json: string): TpmProfile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new UsageError(`${option}: a profile is JSON, such as {"Name": "default-v1"}: ${(cause as Error).message}.`);
  }
  const { Name: name, ...rest } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== "string") throw new UsageError(`${option}: a profile needs its name: {"Name": "default-v1"}.`);
  const list = LISTS.find((each) => rest[each] !== undefined);
  if (list !== undefined) {
    throw new UsageError(
      `${option}: "${list}" is not supported: tabtpm has whole profiles only. Leave it out, or take one of ${PROFILE_NAMES.join(", ")}.`,
    );
  }
  return profileNamed(option, name);
}

/** @throws Error, UsageError */
export function profileOfFile(option: string, from: { file: string } | { fd: number }): TpmProfile {
  let json: string;
  try {
    json = readFileSync("file" in from ? from.file : from.fd, "utf8");
  } catch (cause) {
    throw new Error(`${option}: ${(cause as Error).message}.`, { cause });
  }
  return profileOfJson(option, json);
}

/** For people and programs, in the form of swtpm. */
export const availableProfiles = () =>
  Object.entries(PROFILES).map(([Name, { description }]) => ({ Name, Description: description }));
