// Tickets: proof that this TPM did something, made with the proof value of a hierarchy (Part 2, 10.7):
//
//   HMAC-SHA-512(proof, tag || what was checked)
//
// A ticket is made into the response (write...) or compared with one that a command brought (...IsRight). Tickets that
// came in are TPMT_TK_... in wire form: tag, hierarchy, TPM2B_DIGEST.
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

export function writeNullHashCheck(): void {
  writeNullTicket(TPM_ST_HASHCHECK);
}

// --- what the kinds of tickets cover -----------------------------------------------------------------------------

function start(state: usize, hierarchy: u32, tag: u32): void {
  const proof = hierarchyProof(hierarchy);
  const mark = scratchMark();
  const wire = scratchTake(2);
  put16(wire, tag);
  hmacStart(TPM_ALG_SHA512, state, bytesOf2B(proof), sizeOf2B(proof));
  hashUpdate(state, wire, 2);
  scratchRelease(mark);
}

function startHashCheck(state: usize, hierarchy: u32, algorithm: u32, digest: usize, digestSize: u32): void {
  const mark = scratchMark();
  const wire = scratchTake(2);
  put16(wire, algorithm);
  start(state, hierarchy, TPM_ST_HASHCHECK);
  hashUpdate(state, wire, 2);
  hashUpdate(state, digest, digestSize);
  scratchRelease(mark);
}

/** Creation and verified tickets: a Name and a digest, in the order of the kind. */
function startPair(state: usize, hierarchy: u32, tag: u32, a: usize, aSize: u32, b: usize, bSize: u32): void {
  start(state, hierarchy, tag);
  hashUpdate(state, a, aSize);
  hashUpdate(state, b, bSize);
}

function startAuth(
  state: usize,
  hierarchy: u32,
  tag: u32,
  timeout: u64,
  expiresOnReset: bool,
  cpHashA: usize,
  policyRef: usize,
  name: usize,
  nameSize: u32,
): void {
  const mark = scratchMark();
  const wire = scratchTake(20);
  put64(wire, timeout);
  put32(wire + 8, load<u32>(TIME_EPOCH));
  put64(wire + 12, load<u64>(TOTAL_RESET_COUNT));
  start(state, hierarchy, tag);
  hashUpdate2B(state, cpHashA);
  hashUpdate2B(state, policyRef);
  hashUpdate(state, name, nameSize);
  hashUpdate(state, wire, timeout == 0 ? 8 : expiresOnReset ? 20 : 12);
  scratchRelease(mark);
}

// --- making and comparing ----------------------------------------------------------------------------------------

function finish(state: usize, hierarchy: u32, tag: u32): void {
  writeU16(tag);
  writeU32(hierarchy);
  writeU16(TICKET_DIGEST_SIZE);
  hmacFinal(state, reserve(TICKET_DIGEST_SIZE));
}

function isRight(state: usize, ticket: usize): bool {
  const mark = scratchMark();
  const expected = scratchTake(TICKET_DIGEST_SIZE);
  hmacFinal(state, expected);
  const digest = ticket + DIGEST;
  const same = sizeOf2B(digest) == TICKET_DIGEST_SIZE && equalBytes(bytesOf2B(digest), expected, TICKET_DIGEST_SIZE);
  scratchRelease(mark);
  return same;
}

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

/** TPMT_TK_HASHCHECK: this TPM computed `digest`, of something that it did not make itself. */
export function writeHashCheck(hierarchy: u32, algorithm: u32, digest: usize, digestSize: u32): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startHashCheck(state, hierarchy, algorithm, digest, digestSize);
  finish(state, hierarchy, TPM_ST_HASHCHECK);
  scratchRelease(mark);
}

export function hashCheckIsRight(ticket: usize, algorithm: u32, digest: usize, digestSize: u32): bool {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startHashCheck(state, ticketHierarchy(ticket), algorithm, digest, digestSize);
  const right = isRight(state, ticket);
  scratchRelease(mark);
  return right;
}

/** TPMT_TK_CREATION: this TPM made the object of this Name, with creation data of this hash. */
export function writeCreationTicket(
  hierarchy: u32,
  name: usize,
  nameSize: u32,
  creationHash: usize,
  creationHashSize: u32,
): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startPair(state, hierarchy, TPM_ST_CREATION, name, nameSize, creationHash, creationHashSize);
  finish(state, hierarchy, TPM_ST_CREATION);
  scratchRelease(mark);
}

export function creationTicketIsRight(
  ticket: usize,
  name: usize,
  nameSize: u32,
  creationHash: usize,
  creationHashSize: u32,
): bool {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startPair(state, ticketHierarchy(ticket), TPM_ST_CREATION, name, nameSize, creationHash, creationHashSize);
  const right = isRight(state, ticket);
  scratchRelease(mark);
  return right;
}

/** TPMT_TK_VERIFIED: this TPM saw that the key of this Name signed `digest`. */
export function writeVerifiedTicket(
  hierarchy: u32,
  digest: usize,
  digestSize: u32,
  keyName: usize,
  keyNameSize: u32,
): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startPair(state, hierarchy, TPM_ST_VERIFIED, digest, digestSize, keyName, keyNameSize);
  finish(state, hierarchy, TPM_ST_VERIFIED);
  scratchRelease(mark);
}

export function verifiedTicketIsRight(
  ticket: usize,
  digest: usize,
  digestSize: u32,
  keyName: usize,
  keyNameSize: u32,
): bool {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startPair(state, ticketHierarchy(ticket), TPM_ST_VERIFIED, digest, digestSize, keyName, keyNameSize);
  const right = isRight(state, ticket);
  scratchRelease(mark);
  return right;
}

/**
 * TPMT_TK_AUTH: the entity of this Name gave its authorization until `timeout` (milliseconds of Time in this epoch).
 * `tag` says how, by TPM_ST_AUTH_SIGNED or TPM_ST_AUTH_SECRET; cpHashA and policyRef are TPM2Bs.
 */
export function writeAuthTicket(
  hierarchy: u32,
  tag: u32,
  timeout: u64,
  expiresOnReset: bool,
  cpHashA: usize,
  policyRef: usize,
  name: usize,
  nameSize: u32,
): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startAuth(state, hierarchy, tag, timeout, expiresOnReset, cpHashA, policyRef, name, nameSize);
  finish(state, hierarchy, tag);
  scratchRelease(mark);
}

export function authTicketIsRight(
  ticket: usize,
  timeout: u64,
  expiresOnReset: bool,
  cpHashA: usize,
  policyRef: usize,
  name: usize,
  nameSize: u32,
): bool {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const hierarchy = ticketHierarchy(ticket);
  startAuth(state, hierarchy, ticketTag(ticket), timeout, expiresOnReset, cpHashA, policyRef, name, nameSize);
  const right = isRight(state, ticket);
  scratchRelease(mark);
  return right;
}
