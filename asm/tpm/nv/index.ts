// nv: NV Indices: public areas, data, orderly copies, and the room that they share with persistent objects. May import
// algorithms and what is below; not platform.
export * from "./nvIndex";
export * from "./nvOrderly";
export * from "./nvPublic";
export * from "./nvSpace";
