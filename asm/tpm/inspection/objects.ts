// Loaded objects, sequences and persistent objects: what their public areas say, and which of those here is whose parent.
import {
  PERSISTENT_FIRST,
  TPM_ALG_NULL,
  TPM_HT_PERSISTENT,
  TRANSIENT_FIRST,
} from "../../generated/constants";
import { bytesOf2B, equalBytes, MAX_LOADED_OBJECTS, put16, put32, sizeOf2B } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import {
  IS_DERIVATION,
  IS_EXTERNAL,
  IS_PARENT,
  IS_PRIMARY,
  IS_PUBLIC_ONLY,
  isPresent,
  isSequence,
  nameAlgOf,
  OBJECT_AUTH,
  OBJECT_HIERARCHY,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  objectAttributes,
  objectOf,
  QUALIFIED_NAME,
  SEQUENCE_HASH,
  storedFlags,
  storedHierarchy,
} from "../objects/index";
import { entryContent, entryHandle, HASH_STATE_ROOM, nvCount, nvFirst, nvNext } from "../state/index";
import { add16, add32, add8, addFlag, addWire2B } from "./record";

// Memory of its own: the unfinished command may hold all of the scratch arena.
const hashState: usize = memory.data(448, 16);
if (HASH_STATE_ROOM > 448) ERROR("a hash state does not fit");
const digest: usize = memory.data(66, 16);
/** A hierarchy is its own Name: its handle. */
const permanentName: usize = memory.data(4, 4);

/** Qualified Names that are tried to find parents: a TPM full of keys must not take a slice longer than others. */
const MOST_TRIES: u32 = 2000;
let tries: u32 = 0;

// --- the parts that an object has here and there ---------------------------------------------------------------------

/** Where the parts of one object lie: TPM2Bs. */
let flags: u32 = 0;
let hierarchy: u32 = 0;
let auth: usize = 0;
let name: usize = 0;
let qualifiedName: usize = 0;
let area: usize = 0;

function lookAtSlot(object: usize): void {
  flags = objectAttributes(object);
  hierarchy = load<u32>(object, OBJECT_HIERARCHY);
  auth = object + OBJECT_AUTH;
  name = object + OBJECT_NAME;
  qualifiedName = object + QUALIFIED_NAME;
  area = object + OBJECT_PUBLIC;
}

function after(value: usize): usize {
  return value + 2 + sizeOf2B(value);
}

/** authValue, seedValue, Name, Qualified Name, publicArea (storedObject.ts). */
function lookAtEntry(entry: usize): void {
  const stored = entryContent(entry);
  flags = storedFlags(stored);
  hierarchy = storedHierarchy(stored);
  auth = stored + 8;
  name = after(after(auth));
  qualifiedName = after(name);
  area = after(qualifiedName);
}

// --- the record ------------------------------------------------------------------------------------------------------

export function addTransient(): void {
  tries = 0;
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) if (isPresent(TRANSIENT_FIRST + slot)) count++;
  add32(count);
  for (let handle = TRANSIENT_FIRST; handle < TRANSIENT_FIRST + MAX_LOADED_OBJECTS; handle++) {
    if (!isPresent(handle)) continue;
    lookAtSlot(objectOf(handle));
    add32(handle);
    add32(flags);
    if (!isSequence(objectOf(handle))) {
      addObject();
    } else {
      add16(load<u16>(objectOf(handle), SEQUENCE_HASH));
      addFlag(sizeOf2B(auth) != 0);
    }
  }
}

export function addPersistent(): void {
  add32(nvCount(TPM_HT_PERSISTENT));
  for (let entry = firstPersistent(); entry != 0; entry = nextPersistent(entry)) {
    lookAtEntry(entry);
    add32(entryHandle(entry));
    add32(flags);
    addObject();
  }
}

function firstPersistent(): usize {
  return orNone(nvFirst(PERSISTENT_FIRST));
}

function nextPersistent(entry: usize): usize {
  return orNone(nvNext(entry));
}

function orNone(entry: usize): usize {
  return entry != 0 && entryHandle(entry) >> 24 == TPM_HT_PERSISTENT ? entry : 0;
}

/** What lookAt found. */
function addObject(): void {
  add32(hierarchy);
  addFlag(sizeOf2B(auth) != 0);
  addFlag((flags & IS_PUBLIC_ONLY) == 0);
  addWire2B(name);
  addWire2B(qualifiedName);
  addWire2B(area);
  add32(parentOfObject());
}

/** Handle of the parent of what lookAt found: its hierarchy, an object that is here, or 0. */
function parentOfObject(): u32 {
  if (flags & IS_PRIMARY) return hierarchy;
  const algorithm = nameAlgOf(area + 2);
  if (flags & IS_EXTERNAL || algorithm == TPM_ALG_NULL || sizeOf2B(qualifiedName) == 0) return 0;
  const ownName = name;
  const ownQualifiedName = qualifiedName;
  // A primary object of the NULL hierarchy has no flag that says so.
  put32(permanentName, hierarchy);
  if (qualifies(permanentName, 4, algorithm, ownName, ownQualifiedName)) return hierarchy;
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    const handle = TRANSIENT_FIRST + slot;
    if (!isPresent(handle) || isSequence(objectOf(handle))) continue;
    lookAtSlot(objectOf(handle));
    if (isParentOf(algorithm, ownName, ownQualifiedName)) return handle;
  }
  for (let entry = firstPersistent(); entry != 0; entry = nextPersistent(entry)) {
    lookAtEntry(entry);
    if (isParentOf(algorithm, ownName, ownQualifiedName)) return entryHandle(entry);
  }
  return 0;
}

/** What lookAt found is the parent of this child. */
function isParentOf(algorithm: u32, childName: usize, childQualifiedName: usize): bool {
  if (!(flags & (IS_PARENT | IS_DERIVATION)) || tries >= MOST_TRIES) return false;
  tries++;
  return qualifies(bytesOf2B(qualifiedName), sizeOf2B(qualifiedName), algorithm, childName, childQualifiedName);
}

/** nameAlg || H(the parent's Qualified Name || the child's Name) is the child's Qualified Name (Part 1, 16). */
function qualifies(
  parentName: usize,
  parentNameSize: u32,
  algorithm: u32,
  childName: usize,
  childQualifiedName: usize,
): bool {
  const size = 2 + digestSizeOf(algorithm);
  if (sizeOf2B(childQualifiedName) != size) return false;
  put16(digest, algorithm);
  hashStart(algorithm, hashState);
  hashUpdate(hashState, parentName, parentNameSize);
  hashUpdate(hashState, bytesOf2B(childName), sizeOf2B(childName));
  hashFinal(hashState, digest + 2);
  return equalBytes(digest, bytesOf2B(childQualifiedName), size);
}
