/** Users and groups by the system's files. */
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "./errors.ts";

export interface User {
  name: string;
  uid: number;
  gid: number;
}

/** @param text a name or a number. @throws UsageError */
export function userNamed(option: string, text: string): User {
  const file = "/etc/passwd";
  const entry = entries(file).find(([name, , uid]) => name === text || uid === text);
  if (!entry) throw new UsageError(`${option} ${text}: there is no such user in ${file}.`);
  const [name = "", , uid, gid] = entry;
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** For good: before any file is opened, so that none belongs to the one who started it. @throws Error */
export function becomeUser({ name, uid, gid }: User): void {
  // Not in the type declarations.
  const { initgroups } = process as { initgroups?: (user: string, group: number) => void };
  try {
    initgroups?.call(process, name, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (cause) {
    throw new Error(`--runas ${name}: ${(cause as Error).message}. Only root may become another user.`, { cause });
  }
}

/** @param name a name or a number, which needs no entry. @throws UsageError */
export const userId = (option: string, name: string | undefined) => idOf(`${option} uid=`, name, "/etc/passwd");
export const groupId = (option: string, name: string | undefined) => idOf(`${option} gid=`, name, "/etc/group");

function idOf(where: string, name: string | undefined, file: string): number | undefined {
  if (name === undefined) return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  const [, , id] = entries(file).find(([first]) => first === name) ?? [];
  if (id === undefined)
    throw new UsageError(`${where}${name}: there is no such name in ${file}; give one, or a number.`);
  return Number(id);
}

/** Of systems that have no such file, none. */
function entries(file: string): string[][] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.map((line) => line.split(":"));
}
