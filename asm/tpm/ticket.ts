// Tickets: proof that this TPM did something, made with the proof value of a hierarchy (Part 2, 10.7).
import { TPM_ALG_SHA512, TPM_GENERATED_VALUE, TPM_RH_NULL, TPM_ST_HASHCHECK } from "../generated/constants";
import { reserve, writeU16, writeU32 } from "../marshal/writer";
import { bytesOf2B, get32, put16, sizeOf2B } from "./bytes";
import { hashUpdate, hmacFinal, hmacStart } from "./digest";
import { hierarchyProof } from "./hierarchy";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
import { HASH_STATE_ROOM } from "./state";

const TICKET_DIGEST_SIZE: u32 = 64;

/** The message does not claim to be made by a TPM: four bytes or more, and not TPM_GENERATED_VALUE. */
export function startsSafely(message: usize, size: u32): bool {
  return size >= 4 && get32(message) != TPM_GENERATED_VALUE;
}

/** TPMT_TK_HASHCHECK into the response: this TPM computed `digest`, of something that it did not make itself. */
export function writeHashCheck(hierarchy: u32, algorithm: u32, digest: usize, digestSize: u32): void {
  const proof = hierarchyProof(hierarchy);
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const head = scratchTake(4);
  put16(head, TPM_ST_HASHCHECK);
  put16(head + 2, algorithm);
  hmacStart(TPM_ALG_SHA512, state, bytesOf2B(proof), sizeOf2B(proof));
  hashUpdate(state, head, 4);
  hashUpdate(state, digest, digestSize);
  writeU16(TPM_ST_HASHCHECK);
  writeU32(hierarchy);
  writeU16(TICKET_DIGEST_SIZE);
  hmacFinal(state, reserve(TICKET_DIGEST_SIZE));
  scratchRelease(mark);
}

/** A NULL ticket: none was asked for, or none can be given. */
export function writeNullHashCheck(): void {
  writeU16(TPM_ST_HASHCHECK);
  writeU32(TPM_RH_NULL);
  writeU16(0);
}
