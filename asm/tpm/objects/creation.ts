// Creation data, its hash and its ticket (Part 2, 15; Part 3, 12.1), as they go into a response.
import { TPM_ALG_NULL, TPM_HT_PERMANENT } from "../../generated/constants";
import {
  commandLocality,
  copyWire2B,
  handleType,
  put16,
  reserve,
  responseBuffer,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  writeU16,
  writeU32,
  writeU8,
  written,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import { creationTicket, filterSelections, selectionDigest, selectionsSize, writeTicket } from "../platform/index";
import { HASH_STATE_ROOM } from "../state/index";
import { OBJECT_HIERARCHY, OBJECT_NAME, objectOf, publicOf, QUALIFIED_NAME } from "./object";
import { nameAlgOf } from "./publicArea";

/** TPMA_LOCALITY of the command: a bit for each of 0 to 4. */
export function localityAttributes(): u32 {
  return commandLocality < 5 ? 1 << commandLocality : commandLocality;
}

/** The hierarchy of a parent: its own handle, or that of the object. */
export function hierarchyOf(parentHandle: u32): u32 {
  return handleType(parentHandle) == TPM_HT_PERMANENT
    ? parentHandle
    : load<u32>(objectOf(parentHandle), OBJECT_HIERARCHY);
}

/** Writes creationData, creationHash and creationTicket of a new object, which is laid out as in a slot. */
export function writeCreation(object: usize, parentHandle: u32, creationPcr: usize, outsideInfo: usize): void {
  const nameAlg = nameAlgOf(publicOf(object));
  const digestSize = digestSizeOf(nameAlg);
  writeU16(0);
  const start = written();
  filterSelections(reserve(selectionsSize(creationPcr)), creationPcr);
  writeU16(digestSize);
  selectionDigest(nameAlg, creationPcr, reserve(digestSize));
  writeU8(localityAttributes());
  if (handleType(parentHandle) == TPM_HT_PERMANENT) {
    writeU16(TPM_ALG_NULL);
    for (let i = 0; i < 2; i++) {
      writeU16(4);
      writeU32(parentHandle);
    }
  } else {
    const parent = objectOf(parentHandle);
    writeU16(nameAlgOf(publicOf(parent)));
    copyWire2B(parent + OBJECT_NAME);
    copyWire2B(parent + QUALIFIED_NAME);
  }
  copyWire2B(outsideInfo);
  const data = responseBuffer + start;
  const size = written() - start;
  put16(data - 2, size);
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(nameAlg, state);
  hashUpdate(state, data, size);
  writeU16(digestSize);
  const creationHash = reserve(digestSize);
  hashFinal(state, creationHash);
  scratchRelease(mark);
  const name = object + OBJECT_NAME;
  const hierarchy = hierarchyOf(parentHandle);
  writeTicket(creationTicket(hierarchy, name + 2, sizeOf2B(name), creationHash, digestSize));
}
