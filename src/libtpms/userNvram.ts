/** libtpms' INDEX_ORDERLY_RAM and USER_NVRAM: NV Indices and persistent objects. */
import { Unmarshaller } from "../client/unmarshal.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";
import type { StateReader } from "./stateReader.ts";

export interface OrderlyEntry {
  readonly handle: number;
  /** TPMA_NV, as it is now. */
  readonly attributes: number;
  readonly data: Uint8Array;
}
export interface NvIndex {
  readonly handle: number;
  readonly nameAlg: number;
  readonly attributes: number;
  readonly authPolicy: Uint8Array;
  readonly dataSize: number;
  readonly auth: Uint8Array;
  /** None of an orderly index. */
  readonly data: Uint8Array;
}
export type Hierarchy = "endorsement" | "platform" | "owner";
export interface PersistentObject {
  readonly handle: number;
  readonly hierarchy: Hierarchy;
  readonly isPrimary: boolean;
  readonly isParent: boolean;
  readonly isDerivation: boolean;
  /** TPMT_PUBLIC */
  readonly publicArea: Uint8Array;
  readonly auth: Uint8Array;
  readonly seed: Uint8Array;
  readonly sensitive: Uint8Array;
  readonly name: Uint8Array;
  readonly qualifiedName: Uint8Array;
}
export interface UserNvram {
  readonly indices: readonly NvIndex[];
  readonly objects: readonly PersistentObject[];
  /** The largest value that an NV counter which is gone has had. */
  readonly maxCount: bigint;
}

const INDEX_ORDERLY_RAM = { name: "INDEX_ORDERLY_RAM", magic: 0x5346feab, version: 2, oldest: 1 };
const USER_NVRAM = { name: "USER_NVRAM", magic: 0x094f22c3, version: 2, oldest: 1 };
const NV_INDEX = { name: "NV_INDEX", magic: 0x2547265a, version: 2, oldest: 1 };
const ANY_OBJECT = { name: "ANY_OBJECT", magic: 0xfe9a3974, version: 2, oldest: 1 };
const OBJECT = { name: "OBJECT", magic: 0x75be73af, version: 3, oldest: 3 };
const PRIVATE_EXPONENT = { name: "privateExponent", magic: 0x0854eab2, version: 2, oldest: 1 };
const BN_PRIME = { name: "bn_prime", magic: 0x2fe736ab, version: 2, oldest: 1 };

const ORDERLY = attributeBits("TPMA_NV", "ORDERLY");
/** Bytes of NV_RAM_HEADER, with which libtpms counts. */
const RAM_HEADER = 12;
const RAM_SPACE = 512;
const LARGEST_DATA = 2048;
const DIGEST = 64;
const NAME = 66;
const LARGEST_SENSITIVE = 256;
const NV_INDEX_TYPE = 0x01;
const PERSISTENT_TYPE = 0x81;
const SENSITIVE_TYPES: readonly number[] = [
  TPM_ALG.TPM_ALG_RSA,
  TPM_ALG.TPM_ALG_ECC,
  TPM_ALG.TPM_ALG_KEYEDHASH,
  TPM_ALG.TPM_ALG_SYMCIPHER,
];
/** Bits of OBJECT_ATTRIBUTES, from the lowest on. */
const EPS = 1 << 1;
const PPS = 1 << 2;
const SPS = 1 << 3;
const EVICT = 1 << 4;
const PRIMARY = 1 << 5;
const PARENT = 1 << 13;
const PRIVATE_EXPONENT_MADE = 1 << 14;
const OCCUPIED = 1 << 15;
const DERIVATION = 1 << 16;
const KNOWN = EPS | PPS | SPS | EVICT | PRIMARY | PARENT | PRIVATE_EXPONENT_MADE | OCCUPIED | DERIVATION;

export function readOrderlyRam(reader: StateReader): OrderlyEntry[] {
  return reader.section(INDEX_ORDERLY_RAM, () => {
    reader.expect32(RAM_SPACE, "the room of the orderly NV Indices");
    const entries: OrderlyEntry[] = [];
    // What libtpms has no room for another head behind has no end marker.
    for (let used = 0; used + RAM_HEADER <= RAM_SPACE; ) {
      const size = reader.u32();
      if (size === 0) break;
      const [handle, attributes] = [reader.u32(), reader.u32()];
      const dataSize = reader.u16();
      if (size !== RAM_HEADER + dataSize || used + size > RAM_SPACE)
        throw reader.damaged(`an orderly NV Index takes ${size} octets for ${dataSize} of data`);
      entries.push({ handle, attributes, data: reader.take(dataSize) });
      used += size;
    }
    return entries;
  });
}

export function readUserNvram(reader: StateReader): UserNvram {
  return reader.section(USER_NVRAM, () => {
    // The room that libtpms had for it.
    reader.u64();
    const [indices, objects]: [NvIndex[], PersistentObject[]] = [[], []];
    for (;;) {
      // What the entry takes in libtpms' memory, which depends on how that was compiled.
      if (reader.u32() === 0) break;
      const handle = reader.u32();
      if (handle >>> 24 === NV_INDEX_TYPE) indices.push(readIndex(reader, handle));
      else if (handle >>> 24 === PERSISTENT_TYPE) objects.push(readObject(reader, handle));
      else throw reader.damaged(`there is an entry with the handle 0x${handle.toString(16)}`);
    }
    return { indices, objects, maxCount: reader.u64() };
  });
}

function readIndex(reader: StateReader, handle: number): NvIndex {
  const index = reader.section(NV_INDEX, () => {
    reader.expect32(handle, "the handle of an NV Index");
    return {
      handle,
      nameAlg: reader.u16(),
      attributes: reader.u32(),
      authPolicy: reader.sized(DIGEST),
      dataSize: reader.u16(),
      auth: reader.sized(DIGEST),
    };
  });
  const size = reader.u32();
  const expected = (index.attributes & ORDERLY) !== 0 ? 0 : index.dataSize;
  if (size !== expected || size > LARGEST_DATA)
    throw reader.damaged(`an NV Index has ${size} octets of data, where ${expected} should be`);
  return { ...index, data: reader.take(size) };
}

function readObject(reader: StateReader, handle: number): PersistentObject {
  return reader.section(ANY_OBJECT, () => {
    const attributes = reader.u32();
    const hierarchy = hierarchyOf(attributes);
    const isKnown = (attributes & ~KNOWN) === 0 && (attributes & OCCUPIED) !== 0 && (attributes & EVICT) !== 0;
    if (!isKnown || hierarchy === undefined)
      throw reader.damaged(
        `the persistent object 0x${handle.toString(16)} has the attributes 0x${(attributes >>> 0).toString(16)}`,
      );
    const content = readContent(reader, handle);
    return {
      ...{ handle, hierarchy, isPrimary: (attributes & PRIMARY) !== 0, isParent: (attributes & PARENT) !== 0 },
      ...{ isDerivation: (attributes & DERIVATION) !== 0, ...content },
    };
  });
}

function hierarchyOf(attributes: number): Hierarchy | undefined {
  switch (attributes & (EPS | PPS | SPS)) {
    case EPS:
      return "endorsement";
    case PPS:
      return "platform";
    case SPS:
      return "owner";
  }
  return undefined;
}

function readContent(reader: StateReader, handle: number) {
  let primes: { readonly q: bigint } | undefined;
  const content = reader.section(
    OBJECT,
    () => {
      const [type, publicArea] = readPublicArea(reader);
      const sensitiveType = reader.u16();
      if (sensitiveType !== type || !SENSITIVE_TYPES.includes(type))
        throw reader.damaged(
          `an object of type 0x${type.toString(16)} has a sensitive area of type 0x${sensitiveType.toString(16)}`,
        );
      const [auth, seed, sensitive] = [reader.sized(DIGEST), reader.sized(DIGEST), reader.sized(LARGEST_SENSITIVE)];
      reader.block((block) => {
        primes = block.section(PRIVATE_EXPONENT, () => {
          const [q] = [readNumber(block), readNumber(block), readNumber(block), readNumber(block)];
          return { q };
        });
      });
      const qualifiedName = reader.sized(NAME);
      // evictHandle
      reader.expect32(handle, "the handle of a persistent object");
      const name = reader.sized(NAME);
      if (type === TPM_ALG.TPM_ALG_RSA) checkPrimes(reader, publicArea, sensitive, primes?.q ?? 0n);
      return { publicArea, auth, seed, sensitive, qualifiedName, name };
    },
    (later) => {
      // The level of the seed that it was made from.
      later.u8();
      later.block(() => {});
    },
  );
  return content;
}

/** @returns the type and the octets of a TPMT_PUBLIC. */
function readPublicArea(reader: StateReader): [type: number, publicArea: Uint8Array] {
  const rest = reader.rest();
  const unmarshaller = new Unmarshaller(rest);
  try {
    const area = unmarshaller.value("TPMT_PUBLIC", "publicArea") as { type: number };
    return [area.type, reader.take(rest.length - unmarshaller.remaining)];
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TpmFormatError") throw error;
    throw reader.damaged(`a public area is none (${error.message})`);
  }
}

/** A big number: words of 64 bits, the lowest first. */
function readNumber(reader: StateReader): bigint {
  return reader.section(BN_PRIME, () => {
    const size = reader.u16();
    if (size % 8 !== 0 || size > LARGEST_SENSITIVE) throw reader.damaged(`a number has ${size} octets`);
    let value = 0n;
    for (let at = 0n; at < size; at += 8n) value |= reader.u64() << (8n * at);
    return value;
  });
}

/** Only of a key that was used or made since it was loaded does libtpms know the second prime. */
function checkPrimes(reader: StateReader, publicArea: Uint8Array, sensitive: Uint8Array, q: bigint): void {
  const modulus = numberOf(publicArea.subarray(publicArea.length - 2 * sensitive.length));
  if (q !== 0n && numberOf(sensitive) * q !== modulus)
    throw reader.damaged("the primes of an RSA key don't make its modulus");
}

const numberOf = (octets: Uint8Array) => octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
