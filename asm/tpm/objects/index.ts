// objects: slots of objects and sequences, public and sensitive areas, templates and their checks, creating, loading,
// persistent objects. May import platform, nv and what is below.
export * from "./createObject";
export * from "./creation";
export * from "./eccPoint";
export * from "./endorsement";
export * from "./installObject";
export * from "./loadObject";
export * from "./object";
export * from "./objectChecks";
export * from "./objectRandom";
export * from "./objectSlots";
export * from "./persistentObject";
export * from "./publicArea";
export * from "./rsaKey";
export * from "./sensitive";
export * from "./storedObject";
export * from "./template";
