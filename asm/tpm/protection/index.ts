// protection: what leaves the TPM under a key of its own: private areas, duplication, secrets, contexts. May import
// authorization, signing and what is below; not policy.
export * from "./context";
export * from "./duplicate";
export * from "./privateArea";
export * from "./secret";
export * from "./wrap";
