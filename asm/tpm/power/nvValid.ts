// Checks of a blob's non-volatile store: what passes here makes no command trap.
import {
  TPM_HT_NV_INDEX,
  TPM_HT_PERSISTENT,
  TPM_NT_BITS,
  TPM_NT_COUNTER,
  TPM_NT_EXTEND,
  TPM_NT_ORDINARY,
  TPM_NT_PIN_FAIL,
  TPM_NT_PIN_PASS,
  TPMA_NV_ORDERLY,
  TPMA_NV_READLOCKED,
  TPMA_NV_RESERVED,
  TPMA_NV_WRITELOCKED,
  TPMA_NV_WRITTEN,
} from "../../generated/constants";
import { ORDERLY_ATTRIBUTES, ORDERLY_HEADER } from "../../generated/layout/orderly";
import { get32, MAX_NV_INDEX_SIZE, NV_PUBLIC_ROOM, sizeOf2B } from "../../base/index";
import { algorithmInProfile, digestSizeOf } from "../algorithms/index";
import {
  nvType,
  publicAttributes,
  publicDataSize,
  publicHandle,
  publicNameAlgorithm,
  publicPolicy,
} from "../nv/index";
import { persistentIsValid } from "../objects/index";
import { entriesAreValid, entryContent, entryHandle, entrySize, nextEntry } from "../state/index";

/** nvIndex, nameAlg, attributes, size of authPolicy, dataSize. */
const SMALLEST_PUBLIC: u32 = 14;

/** The entries of the store, and those of its orderly indices, one for each of them, in a TPM of this profile. */
export function isNvValid(profile: u32, run: usize, size: u32, orderly: usize, orderlySize: u32): bool {
  if (!entriesAreValid(run, size) || !entriesAreValid(orderly, orderlySize)) return false;
  const orderlyEnd = orderly + orderlySize;
  let twin = orderly;
  for (let entry = run; entry < run + size; entry = nextEntry(entry)) {
    if (!isEntryValid(profile, entry)) return false;
    if (!isOrderlyIndex(entry)) continue;
    if (twin == orderlyEnd || !isTwin(entry, twin)) return false;
    twin = nextEntry(twin);
  }
  return twin == orderlyEnd;
}

function isEntryValid(profile: u32, entry: usize): bool {
  switch (entryHandle(entry) >> 24) {
    case TPM_HT_NV_INDEX:
      return isIndexValid(profile, entry);
    case TPM_HT_PERSISTENT:
      return persistentIsValid(entryContent(entry), entrySize(entry));
    default:
      return false;
  }
}

function isIndexValid(profile: u32, entry: usize): bool {
  const info = entryContent(entry);
  let left = entrySize(entry);
  if (left < 2 + SMALLEST_PUBLIC) return false;
  const infoSize = sizeOf2B(info);
  if (infoSize < SMALLEST_PUBLIC || infoSize > NV_PUBLIC_ROOM - 2 || infoSize > left - 2) return false;
  const digest = digestSizeOf(publicNameAlgorithm(info));
  const policy = sizeOf2B(publicPolicy(info));
  if (!algorithmInProfile(profile, publicNameAlgorithm(info))) return false;
  if (digest == 0 || (policy != 0 && policy != digest) || infoSize != SMALLEST_PUBLIC + policy) return false;
  const attributes = publicAttributes(info);
  const dataSize = publicDataSize(info);
  if (publicHandle(info) != entryHandle(entry) || attributes & TPMA_NV_RESERVED) return false;
  if (!isDataSizeValid(nvType(attributes), dataSize, digest)) return false;
  left -= 2 + infoSize;
  const isOrderly = (attributes & TPMA_NV_ORDERLY) != 0;
  // What changes of an orderly index is kept with its data.
  if (isOrderly && attributes & CHANGING) return false;
  return left == 2 + digest + (isOrderly ? 0 : dataSize) && isAuthValid(info + 2 + infoSize, digest);
}

function isDataSizeValid(type: u32, size: u32, digest: u32): bool {
  switch (type) {
    case TPM_NT_ORDINARY:
      return size <= MAX_NV_INDEX_SIZE;
    case TPM_NT_EXTEND:
      return size == digest;
    case TPM_NT_COUNTER:
    case TPM_NT_BITS:
    case TPM_NT_PIN_PASS:
    case TPM_NT_PIN_FAIL:
      return size == 8;
    default:
      return false;
  }
}

/** A TPM2B without trailing zeros, in room for `room` bytes, the rest of which are zero. */
function isAuthValid(auth: usize, room: u32): bool {
  const size = sizeOf2B(auth);
  if (size > room || (size != 0 && load<u8>(auth + 1 + size) == 0)) return false;
  for (let i = size; i < room; i++) if (load<u8>(auth + 2 + i) != 0) return false;
  return true;
}

const CHANGING: u32 = TPMA_NV_WRITTEN | TPMA_NV_READLOCKED | TPMA_NV_WRITELOCKED;

function isOrderlyIndex(entry: usize): bool {
  if (entryHandle(entry) >> 24 != TPM_HT_NV_INDEX) return false;
  return (publicAttributes(entryContent(entry)) & TPMA_NV_ORDERLY) != 0;
}

function isTwin(entry: usize, twin: usize): bool {
  const info = entryContent(entry);
  if (entryHandle(twin) != entryHandle(entry)) return false;
  if (entrySize(twin) != ORDERLY_HEADER + publicDataSize(info)) return false;
  return (get32(entryContent(twin) + ORDERLY_ATTRIBUTES) & ~CHANGING) == publicAttributes(info);
}
