/**
 * `tabtpm/event-log`: reads a TCG event log, says what its events are, and computes the PCRs that it stands for.
 * @module tabtpm/event-log
 */
export { describeEvent } from "../firmware/description/index.ts";
export {
  type EventDigest,
  type EventLog,
  EventLogError,
  HASH_ALGORITHMS,
  parseEventLog,
  readEventLog,
  type SpecId,
  type TcgEvent,
} from "../firmware/eventLog.ts";
export { type HashFunction, type PcrBanks, replayEventLog } from "../firmware/eventLogReplay.ts";
export { eventTypeMeaning, eventTypeName } from "../firmware/eventTypes.ts";
