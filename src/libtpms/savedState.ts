/** libtpms' STATE_RESET_DATA and STATE_CLEAR_DATA: what TPM2_Shutdown(STATE) saved, there only when it is on record. */
import { TPM_ALG } from "../spec/algorithms.ts";
import { banks } from "../spec/layout/entries.ts";
import { type Policy, SEED } from "./persistentData.ts";
import type { StateReader } from "./stateReader.ts";

export interface SavedState {
  readonly nullProof: Uint8Array;
  readonly nullSeed: Uint8Array;
  readonly clearCount: number;
  readonly objectContextId: bigint;
  readonly contextCounter: bigint;
  readonly commandAuditDigest: Uint8Array;
  readonly restartCount: number;
  readonly pcrCounter: number;
  readonly commitCounter: bigint;
  readonly commitNonce: Uint8Array;
  readonly shEnable: boolean;
  readonly ehEnable: boolean;
  readonly phEnableNv: boolean;
  readonly platformPolicy: Policy;
  readonly platformAuth: Uint8Array;
  /** One digest after the other of PCR 0 to 15, of each bank in the order of `banks`. */
  readonly pcrs: readonly Uint8Array[];
  readonly pcrAuth: Uint8Array;
}

const STATE_RESET_DATA = { name: "STATE_RESET_DATA", magic: 0x01102332, version: 4, oldest: 4 };
const STATE_CLEAR_DATA = { name: "STATE_CLEAR_DATA", magic: 0x98897667, version: 2, oldest: 1 };
const PCR_SAVE = { name: "PCR_SAVE", magic: 0x7372eabc, version: 2, oldest: 1 };
const PCR_AUTHVALUE = { name: "PCR_AUTHVALUE", magic: 0x6be82eaf, version: 2, oldest: 1 };

const DIGEST = 64;
const SESSIONS = 64;
const COMMITS = 16;
const STATIC_PCRS = 16;
const SLOT_MASKS = [0xffff, 0x00ff];
const DIGEST_SIZES = [20, 32, 48, 64];

export function readSavedState(reader: StateReader): SavedState {
  return { ...readReset(reader), ...readClear(reader) };
}

function readReset(reader: StateReader) {
  const commits = { commitCounter: 0n, commitNonce: new Uint8Array(0) as Uint8Array };
  const values = reader.section(
    STATE_RESET_DATA,
    () => {
      const nullProof = reader.sized(SEED, SEED);
      const nullSeed = reader.sized(SEED, SEED);
      const clearCount = reader.u32();
      const objectContextId = reader.u64();
      // Which contexts of sessions are outside: libtpms encrypted them, and no other TPM takes them.
      reader.countOf(SESSIONS);
      reader.take(2 * SESSIONS);
      if (!SLOT_MASKS.includes(reader.u16()))
        throw reader.damaged("the mask of the slots of contexts is none that there is");
      const rest = {
        contextCounter: reader.u64(),
        commandAuditDigest: reader.sized(DIGEST),
        restartCount: reader.u32(),
        pcrCounter: reader.u32(),
      };
      reader.block((block) => {
        commits.commitCounter = block.u64();
        commits.commitNonce = block.sized(DIGEST);
        block.countOf(COMMITS);
        block.take(COMMITS);
      });
      return { nullProof, nullSeed, clearCount, objectContextId, ...rest };
    },
    (later) => {
      // The level of the NULL seed.
      later.u8();
      later.block(() => {});
    },
  );
  return { ...values, ...commits };
}

function readClear(reader: StateReader) {
  return reader.section(STATE_CLEAR_DATA, () => ({
    shEnable: reader.flag(),
    ehEnable: reader.flag(),
    phEnableNv: reader.flag(),
    platformPolicy: { algorithm: reader.u16(), digest: reader.sized(DIGEST) },
    platformAuth: reader.sized(DIGEST),
    pcrs: reader.section(PCR_SAVE, () => readPcrs(reader)),
    pcrAuth: reader.section(PCR_AUTHVALUE, () => {
      reader.countOf(1);
      return reader.sized(DIGEST);
    }),
  }));
}

function readPcrs(reader: StateReader): Uint8Array[] {
  reader.countOf(STATIC_PCRS);
  const runs = banks.map((name, index) => {
    const algorithm = reader.u16();
    if (algorithm !== TPM_ALG[name])
      throw reader.damaged(`the bank of 0x${algorithm.toString(16)} is where ${name} should be`);
    const size = STATIC_PCRS * (DIGEST_SIZES[index] ?? 0);
    reader.countOf(size);
    return reader.take(size);
  });
  const end = reader.u16();
  if (end !== TPM_ALG.TPM_ALG_NULL) throw reader.damaged(`after the PCR banks comes 0x${end.toString(16)}`);
  return runs;
}
