/** The chain of measurements from the firmware to the programs, as far as a boot has come. */
import type { EventKind, PcrStep } from "../../../src/index.ts";
import type { LinkName } from "../../words/demoNames.ts";
import { SHA256 } from "./witness.ts";

export const linkNames: readonly LinkName[] = ["firmware", "roms", "kernel", "cmdline", "initrd", "ima"];

export interface Link {
  readonly name: LinkName;
  /** Where it is measured. */
  readonly pcr: number;
  /** How often its PCR was extended for it. */
  readonly count: number;
  /** What its last one says in the firmware's log or IMA's list; null until that was read. */
  readonly text: string | null;
  /** SHA-256 of its first one, in hex; null until it is measured. */
  readonly digest: string | null;
}

const PCRS: Readonly<Record<LinkName, number>> = { firmware: 1, roms: 2, kernel: 9, cmdline: 8, initrd: 9, ima: 10 };
/** The kinds of the firmware's events that belong to a link. */
const KINDS: Readonly<Record<Exclude<LinkName, "ima">, readonly EventKind[]>> = {
  firmware: ["SMBIOS"],
  roms: ["option ROM"],
  kernel: ["kernel"],
  cmdline: ["command line"],
  initrd: ["initrd"],
};

/** @param steps of a boot, in their order; the firmware's events are known of none of them, or of all of the firmware's. */
export function chainOf(steps: readonly PcrStep[]): readonly Link[] {
  const isRead = steps.some(({ source }) => source?.kind === "firmware");
  return linkNames.map((name) => {
    const pcr = PCRS[name];
    const own = steps.filter((step) => step.pcr === pcr && step.kind === "PCR_Extend");
    const its = isRead && name !== "ima" ? own.filter(({ source }) => isOf(source, KINDS[name])) : unread(name, own);
    const source = its.at(-1)?.source;
    return {
      name,
      pcr,
      count: its.length,
      text: source === undefined ? null : source.kind === "firmware" ? source.text : source.name,
      digest: its[0]?.digests.find(({ algorithm }) => algorithm === SHA256)?.digest ?? null,
    };
  });
}

const isOf = (source: PcrStep["source"], kinds: readonly EventKind[]) =>
  source?.kind === "firmware" && kinds.includes(source.event);

/** While the log is not read: the kernel comes first into its PCR, and the initrd after it. */
function unread(name: LinkName, own: readonly PcrStep[]): readonly PcrStep[] {
  if (name === "kernel") return own.slice(0, 1);
  return name === "initrd" ? own.slice(1) : own;
}
