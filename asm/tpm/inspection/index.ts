// inspection: what the TPM looks like from inside, as one record for the host: it reads and never changes, so that it may be
// asked at any moment between two slices. No secret is in it. May import all of asm/tpm but power.
export * from "./inspect";
