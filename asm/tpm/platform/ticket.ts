// Tickets: proof that this TPM did something, made with the proof value of a hierarchy (Part 2, 10.7):
//
//   HMAC-SHA-512(proof, tag || what was checked)
//
// A ticket is begun by a function of its kind, which knows what it covers, and ends in one of two ways: it is written
// into the response (writeTicket), or compared with one that a command brought (ticketIsRight). Between the two it lies
// in scratch memory, which the end gives back. Tickets that came in are TPMT_TK_... in wire form: tag, hierarchy,
// TPM2B_DIGEST.
import {
  TPM_ALG_SHA512,
  TPM_GENERATED_VALUE,
  TPM_RH_NULL,
  TPM_ST_CREATION,
  TPM_ST_HASHCHECK,
  TPM_ST_VERIFIED,
} from "../../generated/constants";
import {
  bytesOf2B,
  equalBytes,
  get16,
  get32,
  put16,
  put32,
  put64,
  reserve,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  writeBytes,
  writeU16,
  writeU32,
} from "../../base/index";
import { hashUpdate, hashUpdate2B, hmacFinal, hmacStart } from "../algorithms/index";
import { HASH_STATE_ROOM, TIME_EPOCH, TOTAL_RESET_COUNT } from "../state/index";
import { hierarchyProof } from "./hierarchy";

const TICKET_DIGEST_SIZE: u32 = 64;
const HIERARCHY: usize = 2;
const DIGEST: usize = 6;

/** The message does not claim to be made by a TPM: four bytes or more, and not TPM_GENERATED_VALUE. */
export function startsSafely(message: usize, size: u32): bool {
  return size >= 4 && get32(message) != TPM_GENERATED_VALUE;
}

/** A NULL ticket of this tag: none was asked for, or none can be given. */
export function writeNullTicket(tag: u32): void {
  writeU16(tag);
  writeU32(TPM_RH_NULL);
  writeU16(0);
}

// --- tickets that came in ------------------------------------------------------------------------------------------

/** TPM_ST of a ticket that came in. */
export function ticketTag(ticket: usize): u32 {
  return get16(ticket);
}

export function ticketHierarchy(ticket: usize): u32 {
  return get32(ticket + HIERARCHY);
}

/** No ticket was given: its digest is an Empty Buffer. */
export function ticketIsEmpty(ticket: usize): bool {
  return sizeOf2B(ticket + DIGEST) == 0;
}

// --- a ticket under way --------------------------------------------------------------------------------------------

// What scratchRelease takes to give it back; tag and hierarchy, as in TPMT_TK_...; the HMAC.
const BEGUN_MARK: usize = 0;
const BEGUN_TICKET: usize = 4;
const BEGUN_HMAC: usize = 16;

function start(tag: u32, hierarchy: u32): usize {
  const mark = scratchMark();
  const begun = scratchTake((BEGUN_HMAC as u32) + HASH_STATE_ROOM);
  store<u32>(begun, mark, BEGUN_MARK);
  put16(begun + BEGUN_TICKET, tag);
  put32(begun + BEGUN_TICKET + HIERARCHY, hierarchy);
  const proof = hierarchyProof(hierarchy);
  hmacStart(TPM_ALG_SHA512, begun + BEGUN_HMAC, bytesOf2B(proof), sizeOf2B(proof));
  covers(begun, begun + BEGUN_TICKET, 2);
  return begun;
}

function covers(begun: usize, octets: usize, size: u32): void {
  hashUpdate(begun + BEGUN_HMAC, octets, size);
}

/** Ends a ticket that was begun: a TPMT_TK_... in the response. */
export function writeTicket(begun: usize): void {
  writeBytes(begun + BEGUN_TICKET, DIGEST as u32);
  writeU16(TICKET_DIGEST_SIZE);
  hmacFinal(begun + BEGUN_HMAC, reserve(TICKET_DIGEST_SIZE));
  scratchRelease(load<u32>(begun, BEGUN_MARK));
}

/** Ends a ticket that was begun: whether `ticket`, which came in, is the same. */
export function ticketIsRight(begun: usize, ticket: usize): bool {
  const expected = scratchTake(TICKET_DIGEST_SIZE);
  hmacFinal(begun + BEGUN_HMAC, expected);
  const digest = ticket + DIGEST;
  const same = sizeOf2B(digest) == TICKET_DIGEST_SIZE && equalBytes(bytesOf2B(digest), expected, TICKET_DIGEST_SIZE);
  scratchRelease(load<u32>(begun, BEGUN_MARK));
  return same;
}

// --- the kinds -----------------------------------------------------------------------------------------------------

/** TPMT_TK_HASHCHECK: this TPM computed `digest`, of something that it did not make itself. */
export function hashCheckTicket(hierarchy: u32, algorithm: u32, digest: usize, digestSize: u32): usize {
  const begun = start(TPM_ST_HASHCHECK, hierarchy);
  const mark = scratchMark();
  const wire = scratchTake(2);
  put16(wire, algorithm);
  covers(begun, wire, 2);
  covers(begun, digest, digestSize);
  scratchRelease(mark);
  return begun;
}

/** TPMT_TK_CREATION: this TPM made the object of this Name, with creation data of this hash. */
export function creationTicket(
  hierarchy: u32,
  name: usize,
  nameSize: u32,
  creationHash: usize,
  creationHashSize: u32,
): usize {
  const begun = start(TPM_ST_CREATION, hierarchy);
  covers(begun, name, nameSize);
  covers(begun, creationHash, creationHashSize);
  return begun;
}

/** TPMT_TK_VERIFIED: this TPM saw that the key of this Name signed `digest`. */
export function verifiedTicket(
  hierarchy: u32,
  digest: usize,
  digestSize: u32,
  keyName: usize,
  keyNameSize: u32,
): usize {
  const begun = start(TPM_ST_VERIFIED, hierarchy);
  covers(begun, digest, digestSize);
  covers(begun, keyName, keyNameSize);
  return begun;
}

/**
 * TPMT_TK_AUTH: the entity of this Name gave its authorization until `timeout` (milliseconds of Time in this epoch).
 * `tag` says how, by TPM_ST_AUTH_SIGNED or TPM_ST_AUTH_SECRET; cpHashA and policyRef are TPM2Bs.
 */
export function authTicket(
  tag: u32,
  hierarchy: u32,
  timeout: u64,
  expiresOnReset: bool,
  cpHashA: usize,
  policyRef: usize,
  name: usize,
  nameSize: u32,
): usize {
  const begun = start(tag, hierarchy);
  const mark = scratchMark();
  const wire = scratchTake(20);
  put64(wire, timeout);
  put32(wire + 8, load<u32>(TIME_EPOCH));
  put64(wire + 12, load<u64>(TOTAL_RESET_COUNT));
  hashUpdate2B(begun + BEGUN_HMAC, cpHashA);
  hashUpdate2B(begun + BEGUN_HMAC, policyRef);
  covers(begun, name, nameSize);
  covers(begun, wire, timeout == 0 ? 8 : expiresOnReset ? 20 : 12);
  scratchRelease(mark);
  return begun;
}
