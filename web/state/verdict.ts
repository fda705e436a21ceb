import type { EventLog, PcrBank } from "./model.ts";

/** The PCRs that firmware and boot loader measure into. Later ones have logs of their own (IMA: PCR 10). */
const LAST_FIRMWARE_PCR = 9;

/** Events of this type go into no PCR. */
const NO_ACTION = "EV_NO_ACTION";

/** Whether the log has an event that went into a PCR. */
export const hasMeasurements = (log: EventLog): boolean => log.entries.some(({ type }) => type !== NO_ACTION);

/**
 * Compares the log with the registers.
 * @returns the PCRs (0..9) whose value in some bank is not what replaying the log gives; null while there is nothing
 * to compare.
 */
export function differences(log: EventLog | null, banks: readonly PcrBank[]): readonly number[] | null {
  if (log === null || !hasMeasurements(log) || banks.length === 0) return null;
  const wrong = new Set<number>();
  for (const bank of banks) {
    const replay = log.replay[bank.name];
    for (let pcr = 0; pcr <= LAST_FIRMWARE_PCR; pcr++) {
      if (bank.values[pcr] !== undefined && bank.values[pcr] !== replay?.[pcr]) wrong.add(pcr);
    }
  }
  return [...wrong].sort((a, b) => a - b);
}
