import fc from "fast-check";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { HASH_ALGORITHMS, PCR_COUNT, specIdEvent, type TcgEvent } from "../eventLog.ts";

/** The banks of a PC Client TPM. */
export const BANKS: number[] = [
  TPM_ALG.TPM_ALG_SHA1,
  TPM_ALG.TPM_ALG_SHA256,
  TPM_ALG.TPM_ALG_SHA384,
  TPM_ALG.TPM_ALG_SHA512,
];

/** The first event of a crypto-agile log with these banks. */
export const logHeader = (...banks: readonly number[]): TcgEvent =>
  specIdEvent({
    platformClass: 0,
    specVersionMajor: 2,
    specVersionMinor: 0,
    specErrata: 0,
    uintnSize: 2,
    algorithms: banks.map((algorithm) => ({ algorithm, size: HASH_ALGORITHMS.get(algorithm)!.size })),
    vendorInfo: new Uint8Array(0),
  });

/** A type of 0 with PCR 0 can't be told from the area's unused rest; the specification reserves it. */
const anyType = fc.oneof(
  fc.integer({ min: 1, max: 0x13 }),
  fc.integer({ min: 0x8000_0001, max: 0x8000_0010 }),
  fc.integer({ min: 1, max: 0xffff_fffe }),
);

function anyEvent(algorithms: readonly number[], type: fc.Arbitrary<number>): fc.Arbitrary<TcgEvent> {
  const digests = algorithms.map((algorithm) => {
    const size = HASH_ALGORITHMS.get(algorithm)!.size;
    return fc.uint8Array({ minLength: size, maxLength: size }).map((digest) => ({ algorithm, digest }));
  });
  return fc.record({
    pcrIndex: fc.nat(PCR_COUNT - 1),
    type,
    digests: fc.tuple(...digests),
    data: fc.uint8Array({ maxLength: 60 }),
  });
}

/** Logs of either form: the crypto-agile ones have one to four banks. */
export function anyEventLog(type: fc.Arbitrary<number> = anyType): fc.Arbitrary<TcgEvent[]> {
  const sha1Log = fc.array(anyEvent([TPM_ALG.TPM_ALG_SHA1], type), { minLength: 1, maxLength: 10 });
  const cryptoAgileLog = fc
    .record({
      algorithms: fc.shuffledSubarray(BANKS, { minLength: 1 }),
      platformClass: fc.nat(1),
      specErrata: fc.nat(255),
      vendorInfo: fc.uint8Array({ maxLength: 20 }),
    })
    .chain(({ algorithms, ...specId }) => {
      const sizes = algorithms.map((algorithm) => ({ algorithm, size: HASH_ALGORITHMS.get(algorithm)!.size }));
      const header = { ...specId, specVersionMajor: 2, specVersionMinor: 0, uintnSize: 1, algorithms: sizes };
      return fc.array(anyEvent(algorithms, type), { maxLength: 10 }).map((events) => [specIdEvent(header), ...events]);
    });
  return fc.oneof(sha1Log, cryptoAgileLog);
}
