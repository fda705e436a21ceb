import {
  describeEvent,
  eventKinds,
  eventTypeName,
  HASH_ALGORITHMS,
  type Machine,
  readEventLog as parse,
  replayEventLog,
} from "../../src/index.ts";
import { bankName } from "../state/banks.ts";
import type { EventLog } from "../state/model.ts";
import { toHex } from "./hex.ts";

/** PCRs that start as zeroes and that firmware may leave alone. */
const FIRMWARE_PCRS = 16;

/** Reads the firmware's log from the guest's memory. @returns null when the PC has no TPM and so no log. */
export async function readFirmwareLog(machine: Machine): Promise<EventLog | null> {
  if (machine.log === undefined) return null;
  const { events, specId, error, note } = parse(machine.readPhysical(machine.log.address, machine.log.size));
  const kinds = eventKinds(events);
  const entries = events.map((event, index) => ({
    pcr: event.pcrIndex,
    type: eventTypeName(event.type),
    description: describeEvent(event),
    kind: kinds[index] ?? "unknown",
    digests: event.digests.map(({ algorithm, digest }) => ({ bank: bankName(algorithm), hex: toHex(digest) })),
  }));
  const replayed = await replayEventLog(events);
  const replay = (specId?.algorithms ?? []).map(({ algorithm, size }) => {
    const initial = "00".repeat(HASH_ALGORITHMS.get(algorithm)?.size ?? size);
    const bank = replayed.get(algorithm);
    const values = Array.from({ length: FIRMWARE_PCRS }, (_, pcr) => {
      const value = bank?.get(pcr);
      return value === undefined ? initial : toHex(value);
    });
    return [bankName(algorithm), values] as const;
  });
  const problem = [error?.message, note].filter((sentence) => sentence !== undefined).join(" ");
  return { entries, events, replay: Object.fromEntries(replay), ...(problem === "" ? {} : { problem }) };
}
