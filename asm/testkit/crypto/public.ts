// Entry of the build whose size is measured: all of the crypto, and nothing of the tests.
export * from "../../crypto/index";
export * from "../../crypto/rsa/index";
export * from "../../crypto/ecc/index";
