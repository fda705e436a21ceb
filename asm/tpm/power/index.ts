// power: _TPM_Init, a new TPM's state, the permanent and the volatile state as blobs. The top room: may import all of
// asm/tpm, dispatch among it.
export * from "./blob";
export * from "./power";
export * from "./restore";
export * from "./stateHash";
export * from "./volatile";
