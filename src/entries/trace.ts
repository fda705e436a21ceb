/**
 * `tabtpm/trace`: decodes commands and responses field by field, and says what a response code means.
 * @module tabtpm/trace
 */
export * from "../trace/index.ts";
