/** Decodes commands and responses by the specification's tables, with secrets marked; says what a handle stands for; exports. */
export { blankCommand, blankResponse } from "./blank.ts";
export type { TraceField } from "./decoder.ts";
export { EntityNames } from "./entities.ts";
export {
  describeEntity,
  type Entity,
  entityOfHandle,
  type HierarchyName,
  isHandleType,
  type NvKind,
  type ObjectKind,
  type ObjectUse,
  SESSION_FLAGS,
  type SessionFlag,
  type SessionKind,
  sessionFlagsOf,
} from "./entity.ts";
export { type FoldableEntry, type Folded, foldTraffic } from "./folding.ts";
export { type FormatOptions, formatFields, summarizeCommand, type TraceLine } from "./format.ts";
export { readHead, type TraceHead } from "./head.ts";
export { type JsonCommand, type JsonField, type JsonTrace, toTraceJson } from "./json.ts";
export { type DecodedCommand, type DecodedResponse, decodeCommand, decodeResponse } from "./message.ts";
export { type ExportOptions, PcapngWriter, type TraceEvent, toPcapng } from "./pcapng.ts";
export { english } from "./reasons/english.ts";
export { type AnsweredCommand, explainRefusal, type Reason } from "./reasons/explain.ts";
export { type HandleWords, handleNames } from "./reasons/handleNames.ts";
export { loadExplanations } from "./reasons/load.ts";
export type { Place, ReasonWords, RefusedField } from "./reasons/words.ts";
export { type DecodedResponseCode, decodeResponseCode } from "./responseCode.ts";
