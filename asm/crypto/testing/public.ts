// Entry of the build whose size is measured: all of the crypto, and nothing of the tests.
export * from "../index";
export * from "../rsa/index";
export * from "../ecc/index";
