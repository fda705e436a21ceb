// The fields of a blob of the permanent state (blob.ts). One walk over them writes, checks and loads, so that the three
// cannot disagree.
import { TPM_ALG_NULL, TPM_SU_CLEAR, TPM_SU_STATE } from "../../generated/constants";
import {
  FIELD_BYTES,
  FIELD_HASH,
  FIELD_ORDERLY,
  FIELD_POLICY,
  FIELD_PROFILE,
  FIELD_TPM2B,
  FIELD_U16,
  FIELD_U32,
  FIELD_U64,
  FIELD_U8,
  PERMANENT_FIELDS,
  PERMANENT_FIELDS_END,
  SAVED_FIELDS,
  SAVED_FIELDS_END,
} from "../../generated/layout/permanentBlob";
import {
  get16,
  get32,
  get64,
  MAX_DIGEST_SIZE,
  put16,
  put32,
  put64,
  RAM_INDEX_SPACE,
  wipe2B,
} from "../../base/index";
import { algorithmInProfile, digestSizeOf, isProfileValid, profileOf } from "../algorithms/index";
import * as state from "../state/index";
import { NV_STORE_SIZE, nvLoad, nvStore, nvUsed, STATE } from "../state/index";
import { isNvValid } from "./nvValid";

export const SAVE: u32 = 0;
export const CHECK: u32 = 1;
export const LOAD: u32 = 2;

/** Bytes of a row of the table of fields. */
const FIELD_ROW: usize = 12;

let mode: u32 = SAVE;
let at: usize = 0;
let end: usize = 0;
/** What was read so far is well-formed. */
let valid: bool = true;
/** The orderly state of the blob in hand: decides whether saved state follows. */
let orderlyState: u32 = 0;
/** The profile of the blob in hand: decides which hash algorithms it may have. */
let profile: u32 = 0;
/** The NV store is a field, with its size before it. */
let nvInside: bool = false;
/** Bytes of the NV store where it is none. */
let nvSize: u32 = 0;

/**
 * Walks over the fields from `from` on, and over the NV store behind them.
 * @param what SAVE writes them, CHECK and LOAD read them; LOAD after CHECK, of a STATE that is zero
 * @param inside the NV store is one of the fields
 * @param storeSize its size where it is none
 * @param to where they end at the latest
 * @returns where they end; 0 when there is no room, or when they are not those of a permanent state.
 */
export function walkFields(what: u32, inside: bool, storeSize: u32, from: usize, to: usize): usize {
  mode = what;
  nvInside = inside;
  nvSize = storeSize;
  at = from;
  end = to;
  valid = true;
  walk();
  return valid ? at : 0;
}

/** Room for `size` bytes, or the walk is over. */
function take(size: u32): usize {
  if (!valid || end - at < size) {
    valid = false;
    return 0;
  }
  const from = at;
  at += size;
  return from;
}

function field8(address: usize, largest: u32): void {
  const wire = take(1);
  if (wire == 0) return;
  if (mode == SAVE) store<u8>(wire, load<u8>(address));
  else if (load<u8>(wire) > largest) valid = false;
  else if (mode == LOAD) store<u8>(address, load<u8>(wire));
}

function field16(address: usize): u32 {
  const wire = take(2);
  if (wire == 0) return 0;
  if (mode == SAVE) put16(wire, load<u16>(address));
  else if (mode == LOAD) store<u16>(address, get16(wire) as u16);
  return get16(wire);
}

function field32(address: usize, largest: u32): u32 {
  const wire = take(4);
  if (wire == 0) return 0;
  if (mode == SAVE) put32(wire, load<u32>(address));
  else if (get32(wire) > largest) valid = false;
  else if (mode == LOAD) store<u32>(address, get32(wire));
  return get32(wire);
}

function field64(address: usize): void {
  const wire = take(8);
  if (wire == 0) return;
  if (mode == SAVE) put64(wire, load<u64>(address));
  else if (mode == LOAD) store<u64>(address, get64(wire));
}

function bytes(address: usize, size: u32): void {
  const wire = take(size);
  if (wire == 0) return;
  if (mode == SAVE) memory.copy(wire, address, size);
  else if (mode == LOAD) memory.copy(address, wire, size);
}

/** A TPM2B between `smallest` and `largest` bytes. Returns its size. */
function field2B(address: usize, smallest: u32, largest: u32): u32 {
  const wire = take(2);
  if (wire == 0) return 0;
  if (mode == SAVE) store<u16>(wire, load<u16>(address));
  const size = get16(wire);
  const from = take(size);
  if (size < smallest || size > largest) valid = false;
  if (!valid) return 0;
  if (mode == SAVE) {
    memory.copy(from, address + 2, size);
  } else if (mode == LOAD) {
    wipe2B(address, largest);
    memory.copy(address, wire, 2 + size);
  }
  return size;
}

/** TPMI_ALG_HASH of the blob's profile, or TPM_ALG_NULL. */
function hashAlgorithm(address: usize): u32 {
  const algorithm = field16(address);
  if (algorithm == TPM_ALG_NULL) return algorithm;
  if (digestSizeOf(algorithm) == 0 || !algorithmInProfile(profile, algorithm)) valid = false;
  return algorithm;
}

/** u16 algorithm and a digest of its size. */
function policy(address: usize): void {
  const algorithm = hashAlgorithm(address);
  const size = field2B(address + 2, 0, MAX_DIGEST_SIZE);
  if (size != digestSizeOf(algorithm)) valid = false;
}

function isOrderlyStateValid(value: u32): bool {
  if (value == state.SU_NONE || value == state.SU_DA_USED || value == TPM_SU_CLEAR) return true;
  return (value & ~(state.PRE_STARTUP_FLAG | state.STARTUP_LOCALITY_3_FLAG)) == TPM_SU_STATE;
}

/** Shutdown(STATE) is on record, so that its saved state is in the blob. */
function hasSavedState(): bool {
  return (orderlyState & ~(state.PRE_STARTUP_FLAG | state.STARTUP_LOCALITY_3_FLAG)) == TPM_SU_STATE;
}

function profileField(address: usize): u32 {
  const value = field32(address, u32.MAX_VALUE);
  if (!isProfileValid(value)) valid = false;
  return value;
}

// --- the fields in their order -----------------------------------------------------------------------------------

function walk(): void {
  walkTable(PERMANENT_FIELDS, PERMANENT_FIELDS_END);
  if (hasSavedState()) walkTable(SAVED_FIELDS, SAVED_FIELDS_END);
  walkNv();
}

/** Kind, offset in STATE, and bound of each field: src/spec/layout/permanentBlob.ts. */
function walkTable(row: usize, rowsEnd: usize): void {
  for (; row < rowsEnd; row += FIELD_ROW) {
    const address = STATE + load<u32>(row, 4);
    const bound = load<u32>(row, 8);
    switch (load<u32>(row)) {
      case FIELD_U8:
        field8(address, bound);
        break;
      case FIELD_U16:
        field16(address);
        break;
      case FIELD_U32:
        field32(address, bound);
        break;
      case FIELD_U64:
        field64(address);
        break;
      case FIELD_BYTES:
        bytes(address, bound);
        break;
      case FIELD_TPM2B:
        field2B(address, bound >>> 16, bound & 0xffff);
        break;
      case FIELD_POLICY:
        policy(address);
        break;
      case FIELD_HASH:
        hashAlgorithm(address);
        break;
      case FIELD_PROFILE:
        profile = profileOf(profileField(address));
        break;
      case FIELD_ORDERLY:
        orderlyState = field16(address);
        if (!isOrderlyStateValid(orderlyState)) valid = false;
        break;
      default:
        unreachable();
    }
  }
}

/**
 * Orderly NV Indices, then all NV Indices and persistent objects: each a UINT32 size and the entries. Where the NV store
 * is no field, its entries follow the fields, and their size is known.
 */
function walkNv(): void {
  field64(state.NV_MAX_COUNTER);
  const orderly = sizedRun(load<u32>(state.SAVED_ORDERLY_USED), RAM_INDEX_SPACE);
  const orderlySize = runSize;
  const content = nvInside ? sizedRun(nvUsed(), NV_STORE_SIZE) : run(nvSize, NV_STORE_SIZE);
  if (!valid) return;
  if (mode == SAVE) {
    memory.copy(orderly, state.SAVED_ORDERLY_RUN, orderlySize);
    memory.copy(content, nvStore, runSize);
  } else if (mode == CHECK) {
    valid = isNvValid(profile, content, runSize, orderly, orderlySize);
  } else {
    store<u32>(state.SAVED_ORDERLY_USED, orderlySize);
    memory.copy(state.SAVED_ORDERLY_RUN, orderly, orderlySize);
    nvLoad(content, runSize);
  }
}

let runSize: u32 = 0;

/** Where a run of entries is or goes, with its size in runSize; `used` is what is to be saved. */
function sizedRun(used: u32, largest: u32): usize {
  const wire = take(4);
  if (wire == 0) return 0;
  if (mode == SAVE) put32(wire, used);
  return run(get32(wire), largest);
}

function run(size: u32, largest: u32): usize {
  runSize = size;
  if (size > largest) valid = false;
  return take(size);
}
