// base: bytes, memory, limits, handles, response codes, the reader of a command and the writer of a response, the slices
// of a long command. Knows nothing of what a TPM keeps. May import generated constants, and the crypto kernels' bytes.
export * from "./bytes";
export * from "./commandContext";
export * from "./handles";
export * from "./header";
export * from "./host";
export * from "./limits";
export * from "./memory";
export * from "./reader";
export * from "./refusal";
export * from "./responseCode";
export * from "./slice";
export * from "./writer";
