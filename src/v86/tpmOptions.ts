/** Which register interfaces and interrupt lines a TPM can have on a v86 PC, and what is said of the others. */
import type { TpmInterface } from "../firmware/tpm2Table.ts";

/** The interrupt lines of v86's PC that something else drives. */
const TAKEN: Readonly<Record<number, string>> = {
  0: "the timer",
  1: "the keyboard",
  2: "the second interrupt controller",
  4: "the serial port of the console",
  5: "the sound card",
  6: "the floppy drives",
  8: "the clock",
  9: "ACPI and PCI",
  10: "PCI",
  11: "PCI",
  12: "the mouse",
  13: "the arithmetic unit",
  14: "the first IDE controller",
  15: "the second IDE controller",
};
/** The one that every PC of ours has free. */
export const FREE_INTERRUPT = 7;
/** Of the second serial port and of the fourth. */
const FREE_WITHOUT_SERIAL = 3;
const LINES = 16;

/** What of the machine decides whether its interrupt 3 is free. */
export interface SerialPorts {
  uart1?: boolean;
  uart3?: boolean;
}

/**
 * The edge-triggered ISA lines that a TPM can have: 7, and 3 when neither of the serial ports that use it is there.
 * @throws TypeError for what is no number; RangeError for a line that something else has, or that there is not.
 */
export function checkIrq(irq: unknown, { uart1, uart3 }: SerialPorts): void {
  if (irq === undefined) return;
  const free = uart1 || uart3 ? `${FREE_INTERRUPT}` : `${FREE_WITHOUT_SERIAL} or ${FREE_INTERRUPT}`;
  const advice = `Take ${free}, or leave it away: then drivers poll.`;
  if (typeof irq !== "number") {
    throw new TypeError(`The TPM's interrupt is given as a number, not as ${inWords(irq)}. ${advice}`);
  }
  if (irq === FREE_INTERRUPT || (irq === FREE_WITHOUT_SERIAL && !uart1 && !uart3)) return;
  if (!Number.isInteger(irq) || irq < 0 || irq >= LINES) {
    throw new RangeError(`There is no interrupt ${irq} for the TPM. ${advice}`);
  }
  const owner = TAKEN[irq] ?? `the serial port ${uart1 ? "uart1" : "uart3"}`;
  throw new RangeError(`Interrupt ${irq} belongs to ${owner}: the TPM can't have it. ${advice}`);
}

/**
 * What can be said without a machine.
 * @throws TypeError for an interface that there is not, or an interrupt for one that has none.
 */
export function checkInterface(kind: unknown, irq: unknown): asserts kind is TpmInterface {
  if (kind !== "tis" && kind !== "crb") {
    // JavaScript can ask for what the type does not have.
    throw new TypeError(`There is no TPM with the interface ${inWords(kind)}: it has "tis" and "crb".`);
  }
  if (kind === "crb" && irq !== undefined) {
    throw new TypeError(`The TPM's CRB interface has no interrupt: leave irq (${inWords(irq)}) away, or take "tis".`);
  }
}

function inWords(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
