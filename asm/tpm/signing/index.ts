// signing: signing and verifying, MACs, attestation structures, X.509. May import objects and what is below; not
// authorization.
export * from "./attest";
export * from "./commitCounter";
export * from "./der";
export * from "./mac";
export * from "./macScheme";
export * from "./sign";
export * from "./signScheme";
export * from "./verifySignature";
export * from "./x509";
