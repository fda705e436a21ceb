/**
 * `tabtpm/client`: a client of any TPM that takes octets and answers octets, typed by the specification's tables.
 * @module tabtpm/client
 */
export * from "../client/index.ts";
