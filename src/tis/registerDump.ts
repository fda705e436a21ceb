import { COMPLETION, type CycleState, EXECUTION, IDLE, READY, RECEPTION } from "./commandCycle.ts";
import type { ActiveLocality } from "./localities.ts";
import { LOCALITY_COUNT, NO_LOCALITY, REGISTERS } from "./registers.ts";

/** What a dump tells beside the registers. */
export interface DeviceFacts {
  powered: boolean;
  active: ActiveLocality;
  state: CycleState;
  /** A command is with the TPM, perhaps an aborted one. */
  busy: boolean;
  /** Bytes of the command that were received. */
  received: number;
  /** Bytes of the response, and how many of them were read. */
  response: number;
  read: number;
}

const STATE_NAMES: Record<CycleState, string> = {
  [IDLE]: "Idle",
  [READY]: "Ready",
  [RECEPTION]: "Reception",
  [EXECUTION]: "Execution",
  [COMPLETION]: "Completion",
};

/**
 * The registers of all localities as a table in lines, as QEMU's tpm_tis_dump_state prints them; but only counts of what
 * is in the FIFOs, which have secrets in them.
 * @param readAs what software would read.
 */
export function formatRegisters(facts: DeviceFacts, readAs: (locality: number, register: number) => number): string {
  const localities = Array.from({ length: LOCALITY_COUNT }, (_, locality) => locality);
  const row = (name: string, cells: string[]) => [name.padEnd(22), ...cells.map((cell) => cell.padEnd(12))].join("");
  const active = facts.active === NO_LOCALITY ? "no locality is active" : `locality ${facts.active} is active`;
  return [
    facts.powered ? `${active}; ${STATE_NAMES[facts.state]}` : "no power: every register reads 0",
    `FIFO: ${facts.received} bytes of a command; ${facts.read} of the response's ${facts.response} bytes were read`,
    facts.busy ? "a command is with the TPM" : "no command is with the TPM",
    row(
      "",
      localities.map((locality) => `locality ${locality}`),
    ),
    ...Object.entries(REGISTERS).map(([name, register]) =>
      row(
        name,
        localities.map((locality) => hex32(facts.powered ? readAs(locality, register) : 0)),
      ),
    ),
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

const hex32 = (value: number) => `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
