import { MIGRATION_PROTOCOL, type MigrationHead, type MigrationReason, type ReasonCode } from "./messages.ts";

/** What a machine would find here. */
export interface MigrationPlace extends Omit<MigrationHead, "tpm" | "name" | "profile" | "registers" | "memory"> {
  readonly profiles: readonly string[];
  readonly registers: readonly string[];
  /** Octets of guest memory that can be had. */
  readonly memory: number;
  /** Something runs here that the machine would take the place of: what, in words. */
  readonly busy: string | null;
}

/** @returns each reason why the machine can't go on here; none: it can. Of another protocol nothing else is known. */
export function reasonsAgainst(head: MigrationHead, place: MigrationPlace): MigrationReason[] {
  const reasons: MigrationReason[] = [];
  const refuse = (code: ReasonCode, source: string | number, target: string | number) =>
    reasons.push({ code, source: String(source), target: String(target) });
  if (head.protocol !== MIGRATION_PROTOCOL) {
    refuse("protocol", head.protocol, MIGRATION_PROTOCOL);
    return reasons;
  }
  if (place.busy !== null) refuse("busy", "", place.busy);
  for (const code of ["version", "layout", "v86"] as const) {
    if (head[code] !== place[code]) refuse(code, head[code], place[code]);
  }
  if (!place.profiles.includes(head.profile)) refuse("profile", head.profile, place.profiles.join(", "));
  if (!place.registers.includes(head.registers)) refuse("registers", head.registers, place.registers.join(", "));
  if (head.memory > place.memory) refuse("memory", head.memory, place.memory);
  for (const [name, digest] of Object.entries(head.images)) {
    const own = Object.hasOwn(place.images, name) ? place.images[name] : undefined;
    if (digest !== own)
      refuse("images", `${name} ${digest.slice(0, 16)}`, own === undefined ? "" : `${name} ${own.slice(0, 16)}`);
  }
  return reasons;
}
