// Capacities and size limits: rows of src/spec/limits.ts.
export * from "../generated/limits";
