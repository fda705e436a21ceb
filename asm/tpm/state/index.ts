// state: where everything lies that a command may change (STATE), the shadow that a rollback needs, the entries of the
// non-volatile store. Knows where bytes lie, not what they mean to a command. May import base.
export * from "./commit";
export * from "./entries";
export * from "./nvStorage";
export * from "./orderly";
export * from "./state";
