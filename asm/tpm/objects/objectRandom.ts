// The random numbers that an object is made of: the TPM's own, those of a DRBG seeded with a primary seed (the same
// template gives the same key: Part 1, 14.4), or a stream of KDFa for objects derived from a parent (Part 1, 28).
import {
  DRBG_CONTEXT_SIZE,
  drbgGenerate,
  drbgInstantiate,
  drbgInstantiateLibtpms,
  drbgReseedLibtpms,
  kdfa,
} from "../../crypto/index";
import { bytesOf2B, MAX_DIGEST_SIZE, scratchMark, scratchRelease, scratchTake, sizeOf2B } from "../../base/index";
import { digestSizeOf, randomBytes, TEST_KDF, testBefore, tpmDrbg } from "../algorithms/index";
import { hierarchyDerivation, hierarchySeed } from "../platform/index";
import { computeName } from "./publicArea";

const OWN: u32 = 0;
const SEEDED: u32 = 1;
const DERIVED: u32 = 2;

/** Bits that a derivation may draw. */
const MAX_DERIVATION_BITS: u32 = 8192;
/** "Primary Object Creation", with its zero. */
const PURPOSE: usize = memory.data<u8>([
  0x50, 0x72, 0x69, 0x6d, 0x61, 0x72, 0x79, 0x20, 0x4f, 0x62, 0x6a, 0x65, 0x63, 0x74, 0x20, 0x43, 0x72, 0x65, 0x61,
  0x74, 0x69, 0x6f, 0x6e, 0,
]);
const PURPOSE_SIZE: u32 = 24;

let kind: u32 = OWN;
// Of a seeded source: the DRBG's context, in scratch memory.
let seeded: usize = 0;
/** Of a seeded source: 0, or which of libtpms' ways a key is made. */
let ofLibtpms: u32 = 0;
// Of a derived source: the parameters of KDFa, and what is left of its last block.
let hash: u32 = 0;
let key: usize = 0;
let label: usize = 0;
let context: usize = 0;
let residue: usize = 0;
let residueSize: u32 = 0;
let counter: u32 = 0;

export function useOwnRandom(): void {
  kind = OWN;
}

/** A DRBG of its own: from the primary seed, the Name of the template and the caller's data (TPM2Bs). */
function useSeededRandom(seed: usize, name: usize, data: usize, derivation: u32): void {
  kind = SEEDED;
  ofLibtpms = derivation;
  seeded = scratchTake(DRBG_CONTEXT_SIZE);
  const mark = scratchMark();
  const nameSize = sizeOf2B(name);
  const dataSize = sizeOf2B(data);
  const personalization = scratchTake(PURPOSE_SIZE + nameSize + dataSize);
  memory.copy(personalization, PURPOSE, PURPOSE_SIZE);
  memory.copy(personalization + PURPOSE_SIZE, bytesOf2B(name), nameSize);
  memory.copy(personalization + PURPOSE_SIZE + nameSize, bytesOf2B(data), dataSize);
  const size = PURPOSE_SIZE + nameSize + dataSize;
  const from = bytesOf2B(seed);
  if (derivation != 0) drbgInstantiateLibtpms(seeded, from, sizeOf2B(seed), personalization, size);
  else if (!drbgInstantiate(seeded, from, sizeOf2B(seed), personalization, 0, personalization, size)) unreachable();
  scratchRelease(mark);
}

/** For a primary object of that hierarchy: from its seed, the Name of the template (a TPMT_PUBLIC) and the caller's data. */
export function seedPrimary(hierarchy: u32, template: usize, size: u32, data: usize): void {
  const name = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  computeName(template, size, name);
  useSeededRandom(hierarchySeed(hierarchy), name, data, hierarchyDerivation(hierarchy));
}

/** KDFa(hash, key, label, context), in pieces. All are TPM2Bs that stay where they are. */
export function useDerivedRandom(algorithm: u32, keyData: usize, labelData: usize, contextData: usize): void {
  testBefore(algorithm);
  testBefore(TEST_KDF);
  kind = DERIVED;
  hash = algorithm;
  key = keyData;
  label = labelData;
  context = contextData;
  residue = scratchTake(MAX_DIGEST_SIZE);
  residueSize = 0;
  counter = 0;
}

export function isDerived(): bool {
  return kind == DERIVED;
}

/** 0, or which of libtpms' ways a key is made from this source (crypto/rsa). */
export function derivationOfLibtpms(): u32 {
  return kind == SEEDED ? ofLibtpms : 0;
}

/** Of a source that is made as libtpms makes it: what it gives from here on depends on these data too. */
export function stirAsLibtpms(data: usize, size: u32): void {
  drbgReseedLibtpms(seeded, data, size);
}

/** A kernel draws from this DRBG by itself; a derived source has none. */
export function objectDrbg(): usize {
  return kind == SEEDED ? seeded : tpmDrbg();
}

/**
 * `size` bytes; `additional` goes into a seeded DRBG with the request.
 * @returns false when a derivation is used up.
 */
export function objectRandomBytes(out: usize, size: u32, additional: usize = 0, additionalSize: u32 = 0): bool {
  if (kind == DERIVED) return derive(out, size);
  if (kind == SEEDED) {
    if (!drbgGenerate(seeded, out, size, additional, additionalSize)) unreachable();
  } else {
    randomBytes(out, size);
  }
  return true;
}

/** Whole blocks go straight to `out`; what a request leaves of a block is the start of the next request. */
function derive(out: usize, size: u32): bool {
  const digestSize = digestSizeOf(hash);
  if ((counter * digestSize + size) << 3 > MAX_DERIVATION_BITS) return false;
  while (size > 0) {
    if (residueSize > 0) {
      const taken = min(residueSize, size);
      memory.copy(out, residue + digestSize - residueSize, taken);
      residueSize -= taken;
      out += taken;
      size -= taken;
      continue;
    }
    const blocks = size / digestSize;
    const at = blocks > 0 ? out : residue;
    kdfa(
      hash,
      bytesOf2B(key),
      sizeOf2B(key),
      bytesOf2B(label),
      sizeOf2B(label),
      bytesOf2B(context),
      sizeOf2B(context),
      residue,
      0,
      MAX_DERIVATION_BITS,
      at,
      counter,
      max<u32>(blocks, 1),
    );
    counter += max<u32>(blocks, 1);
    if (blocks > 0) {
      out += blocks * digestSize;
      size -= blocks * digestSize;
    } else {
      residueSize = digestSize;
    }
  }
  return true;
}
