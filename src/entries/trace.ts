/** `tabtpm/trace`: decodes commands and responses field by field, and says what a response code means. */
export * from "../trace/index.ts";
