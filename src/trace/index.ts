/** Decodes commands and responses by the specification's tables, with secrets marked. */
export type { TraceField } from "./decoder.ts";
export { type FormatOptions, formatFields, summarizeCommand, type TraceLine } from "./format.ts";
export { type DecodedCommand, type DecodedResponse, decodeCommand, decodeResponse } from "./message.ts";
export { english } from "./reasons/english.ts";
export { type AnsweredCommand, explainRefusal, type Reason } from "./reasons/explain.ts";
export { type HandleWords, handleNames } from "./reasons/handleNames.ts";
export type { Place, ReasonWords, RefusedField } from "./reasons/words.ts";
export { type DecodedResponseCode, decodeResponseCode } from "./responseCode.ts";
