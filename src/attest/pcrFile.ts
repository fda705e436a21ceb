/**
 * The files of PCR values that `tpm2_quote -o` writes (tpm2-tools 5): `--pcrs_format serialized`, which are C structures of
 * tpm2-tss in little-endian order, and `values`, which are the digests alone.
 */
import { fromPcrSelect, type PcrDigest, type PcrSelection, toPcrSelect } from "../client/index.ts";
import { digestSize } from "../spec/algorithms.ts";
import { algorithmName } from "./digest.ts";
import { EvidenceFormatError } from "./errors.ts";

/** Of tpm2-tss: TPML_PCR_SELECTION has room for so many banks, each with so many octets of a bit map. */
const BANKS = 16;
const SELECT_OCTETS = 4;
/** hash, sizeofSelect, pcrSelect, and an octet that aligns. */
const BANK_SIZE = 2 + 1 + SELECT_OCTETS + 1;
const SELECTION_SIZE = 4 + BANKS * BANK_SIZE;
/** TPML_DIGEST: count, and eight times a size and the largest digest. */
const DIGESTS = 8;
const DIGEST_ROOM = 64;
const LIST_SIZE = 4 + DIGESTS * (2 + DIGEST_ROOM);
const HEADER_SIZE = SELECTION_SIZE + 4;

interface OnePcr {
  readonly algorithm: number;
  readonly pcr: number;
}
const everyPcr = (selection: readonly PcrSelection[]): OnePcr[] =>
  selection.flatMap(({ algorithm, pcrs }) => pcrs.map((pcr) => ({ algorithm, pcr })));

const view = (octets: Uint8Array) => new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

/** Whether the size fits the serialized form: nothing but whole lists behind the selection. */
function isSerialized(octets: Uint8Array): boolean {
  if (octets.length < HEADER_SIZE) return false;
  const lists = view(octets).getUint32(SELECTION_SIZE, true);
  return view(octets).getUint32(0, true) <= BANKS && octets.length === HEADER_SIZE + lists * LIST_SIZE;
}

/**
 * Reads either form.
 * @param quoted the selection in the quote: `values` does not say whose digests it has.
 * @throws EvidenceFormatError
 */
export function readPcrFile(octets: Uint8Array, quoted: readonly PcrSelection[]): PcrDigest[] {
  if (isSerialized(octets)) return readSerialized(octets);
  const pcrs = everyPcr(quoted);
  const size = pcrs.reduce((sum, { algorithm }) => sum + digestSize(algorithm), 0);
  if (octets.length !== size)
    throw new EvidenceFormatError(
      `The file of PCR values has ${octets.length} octets. It is neither what tpm2_quote -o writes (serialized), nor the values ` +
        `of the ${pcrs.length} quoted PCRs (${size} octets).`,
    );
  return withDigests(pcrs, (at, length) => octets.slice(at, at + length));
}

function withDigests(pcrs: readonly OnePcr[], take: (at: number, size: number) => Uint8Array): PcrDigest[] {
  let at = 0;
  return pcrs.map(({ algorithm, pcr }) => {
    const size = digestSize(algorithm);
    at += size;
    return { algorithm, pcr, digest: take(at - size, size) };
  });
}

function readSerialized(octets: Uint8Array): PcrDigest[] {
  const words = view(octets);
  const selection: PcrSelection[] = [];
  for (let bank = 0; bank < words.getUint32(0, true); bank++) {
    const at = 4 + bank * BANK_SIZE;
    const size = words.getUint8(at + 2);
    if (size > SELECT_OCTETS)
      throw new EvidenceFormatError(
        `The file of PCR values has a bit map of ${size} octets; ${SELECT_OCTETS} at most.`,
      );
    const algorithm = words.getUint16(at, true);
    if (digestSize(algorithm) === 0)
      throw new EvidenceFormatError(`The file of PCR values has a bank ${algorithmName(algorithm)}, which is no hash.`);
    selection.push({ algorithm, pcrs: fromPcrSelect(octets.subarray(at + 3, at + 3 + size)) });
  }
  const digests: Uint8Array[] = [];
  for (let list = HEADER_SIZE; list < octets.length; list += LIST_SIZE) {
    const count = words.getUint32(list, true);
    if (count > DIGESTS)
      throw new EvidenceFormatError(`The file of PCR values has a list of ${count} digests; ${DIGESTS} at most.`);
    for (let each = 0; each < count; each++) {
      const at = list + 4 + each * (2 + DIGEST_ROOM);
      const size = words.getUint16(at, true);
      if (size > DIGEST_ROOM)
        throw new EvidenceFormatError(`The file of PCR values has a digest of ${size} octets; ${DIGEST_ROOM} at most.`);
      digests.push(octets.slice(at + 2, at + 2 + size));
    }
  }
  const pcrs = everyPcr(selection);
  if (pcrs.length !== digests.length)
    throw new EvidenceFormatError(
      `The file of PCR values selects ${pcrs.length} PCRs and has ${digests.length} values.`,
    );
  return pcrs.map(({ algorithm, pcr }, at) => {
    const digest = digests[at] ?? new Uint8Array(0);
    if (digest.length !== digestSize(algorithm))
      throw new EvidenceFormatError(
        `The file of PCR values has ${digest.length} octets for PCR ${pcr} of the bank ${algorithmName(algorithm)}.`,
      );
    return { algorithm, pcr, digest };
  });
}

/**
 * Writes the serialized form, for `tpm2_checkquote -f`.
 * @param selection in the order of the quote
 * @throws RangeError for a PCR without a value, and for what has no room
 */
export function writePcrFile(selection: readonly PcrSelection[], values: readonly PcrDigest[]): Uint8Array {
  const pcrs = everyPcr(selection);
  const lists = Math.ceil(pcrs.length / DIGESTS);
  const octets = new Uint8Array(HEADER_SIZE + lists * LIST_SIZE);
  const words = view(octets);
  if (selection.length > BANKS) throw new RangeError(`${selection.length} banks do not fit into the file`);
  words.setUint32(0, selection.length, true);
  for (const [bank, { algorithm, pcrs: some }] of selection.entries()) {
    const bits = toPcrSelect(some);
    words.setUint16(4 + bank * BANK_SIZE, algorithm, true);
    words.setUint8(4 + bank * BANK_SIZE + 2, bits.length);
    octets.set(bits, 4 + bank * BANK_SIZE + 3);
  }
  words.setUint32(SELECTION_SIZE, lists, true);
  for (const [at, { algorithm, pcr }] of pcrs.entries()) {
    const list = HEADER_SIZE + Math.floor(at / DIGESTS) * LIST_SIZE;
    const value = values.find((each) => each.algorithm === algorithm && each.pcr === pcr);
    if (value === undefined) throw new RangeError(`PCR ${pcr} of the bank ${algorithmName(algorithm)} has no value`);
    words.setUint32(list, (at % DIGESTS) + 1, true);
    const place = list + 4 + (at % DIGESTS) * (2 + DIGEST_ROOM);
    words.setUint16(place, value.digest.length, true);
    octets.set(value.digest, place + 2);
  }
  return octets;
}
