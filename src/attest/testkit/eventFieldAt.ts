/** What lies where in a crypto-agile log: found by counting, not by the parser that is tested. */
import { HASH_ALGORITHMS } from "../../firmware/eventLog.ts";

export type EventFieldName =
  | "log header"
  | "PCR index"
  | "event type"
  | "digest count"
  | "hash algorithm"
  | "digest"
  | "digest of another bank"
  | "data size"
  | "data";

/** @param bank whose digest is "digest". @returns the field that this octet of the log belongs to, and its event's number. */
export function eventFieldAt(log: Uint8Array, at: number, bank: number): { name: EventFieldName; event: number } {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  let offset = 32 + view.getUint32(28, true);
  if (at < offset) return { name: "log header", event: 0 };
  for (let event = 1; ; event++) {
    const fields: [EventFieldName, number][] = [
      ["PCR index", 4],
      ["event type", 4],
      ["digest count", 4],
    ];
    let size = 12;
    const count = view.getUint32(offset + 8, true);
    for (let digest = 0; digest < count; digest++) {
      const algorithm = view.getUint16(offset + size, true);
      const octets = HASH_ALGORITHMS.get(algorithm)!.size;
      fields.push(["hash algorithm", 2], [algorithm === bank ? "digest" : "digest of another bank", octets]);
      size += 2 + octets;
    }
    const data = view.getUint32(offset + size, true);
    fields.push(["data size", 4], ["data", data]);
    for (const [name, octets] of fields) {
      if (at < offset + octets) return { name, event };
      offset += octets;
    }
  }
}
