/**
 * `tabtpm/attest`: checks EK certificates, credentials, attestation keys and quotes of any TPM 2.0. It needs WebCrypto and nothing else.
 * @module tabtpm/attest
 */
export * from "../attest/index.ts";
