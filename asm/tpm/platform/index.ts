// platform: what a TPM has without any object: PCRs, Time and Clock, dictionary attack protection, hierarchies, tickets,
// countdown timers, physical presence, attached components. May import algorithms and what is below; not nv.
export * from "./act";
export * from "./attachedComponent";
export * from "./clock";
export * from "./dictionaryAttack";
export * from "./drtm";
export * from "./hierarchy";
export * from "./pcr";
export * from "./physicalPresence";
export * from "./ticket";
