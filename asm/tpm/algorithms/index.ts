// algorithms: which there are in which profile, hashes and ciphers by TPM_ALG_ID, random numbers, the self-tests that come
// before the first use, failure mode. May import crypto, base and state.
export * from "./bufferSize";
export * from "./cipher";
export * from "./digest";
export * from "./failureMode";
export * from "./hash";
export * from "./implemented";
export * from "./profileRules";
export * from "./random";
export * from "./selfTest";
export * from "./vendor";
