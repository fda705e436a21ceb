// authorization: what a handle refers to, sessions and their HMACs, authorization checks, parameter encryption, audit.
// May import objects and what is below; not signing.
export * from "./audit";
export * from "./authorization";
export * from "./entity";
export * from "./parameterEncryption";
export * from "./session";
export * from "./sessionArea";
export * from "./sessionHmac";
export * from "./sessionResponse";
