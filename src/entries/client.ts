/** `tabtpm/client`: a client of any TPM that takes octets and answers octets, typed by the specification's tables. */
export * from "../client/index.ts";
