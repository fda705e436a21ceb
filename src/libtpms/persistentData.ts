/** libtpms' PERSISTENT_DATA and ORDERLY_DATA: hierarchies, lockout, counters, clock. */
import type { StateReader } from "./stateReader.ts";

/** TPMI_ALG_HASH and digest; TPM_ALG_NULL and none where there is no policy. */
export interface Policy {
  readonly algorithm: number;
  readonly digest: Uint8Array;
}
/** The PCRs of a bank, PCR 0 in the lowest bit. */
export interface BankSelection {
  readonly algorithm: number;
  readonly pcrs: number;
}

export interface PersistentData {
  readonly disableClear: boolean;
  readonly ownerPolicy: Policy;
  readonly endorsementPolicy: Policy;
  readonly lockoutPolicy: Policy;
  readonly ownerAuth: Uint8Array;
  readonly endorsementAuth: Uint8Array;
  readonly lockoutAuth: Uint8Array;
  readonly epSeed: Uint8Array;
  readonly spSeed: Uint8Array;
  readonly ppSeed: Uint8Array;
  readonly phProof: Uint8Array;
  readonly shProof: Uint8Array;
  readonly ehProof: Uint8Array;
  readonly totalResetCount: bigint;
  readonly resetCount: number;
  readonly pcrPolicy: Policy;
  /** As it will be from the next _TPM_Init on. */
  readonly pcrAllocation: readonly BankSelection[];
  /** Bit maps over libtpms' commands, in the order of their codes. */
  readonly ppCommands: Uint8Array;
  readonly auditCommands: Uint8Array;
  readonly failedTries: number;
  readonly maxTries: number;
  readonly recoveryTime: number;
  readonly lockoutRecovery: number;
  readonly lockoutAuthEnabled: boolean;
  /** A TPM_SU with flags, or 0xffff and 0xfffe for none. */
  readonly orderlyState: number;
  readonly auditHashAlgorithm: number;
  readonly auditCounter: bigint;
  readonly algorithmSet: number;
  readonly timeEpoch: number;
  /** SEED_COMPAT_LEVEL: how keys are made from each seed. */
  readonly epSeedLevel: number;
  readonly spSeedLevel: number;
  readonly ppSeedLevel: number;
}

export interface OrderlyData {
  readonly clock: bigint;
  readonly clockSafe: boolean;
  /** Milliseconds of Time, which may be negative: as two's complement. */
  readonly selfHealTimer: bigint;
  readonly lockoutTimer: bigint;
  /** Time at the last TPM2_Shutdown. */
  readonly time: bigint;
}

const PERSISTENT_DATA = { name: "PERSISTENT_DATA", magic: 0x12213443, version: 4, oldest: 4 };
const PCR_POLICY = { name: "PCR_POLICY", magic: 0x176be626, version: 2, oldest: 1 };
const ORDERLY_DATA = { name: "ORDERLY_DATA", magic: 0x56657887, version: 2, oldest: 1 };
const DRBG_STATE = { name: "DRBG_STATE", magic: 0x6fe83ea1, version: 2, oldest: 1 };
/** "DRBG", in the order of a little machine. */
const DRBG_MAGIC = 0x47425244;

const DIGEST = 64;
export const SEED = 64;
/** Lists of commands: 109 of them, and for the audit one more. */
const COMMAND_LIST = 14;
const HASH_COUNT = 4;
const PCR_SELECT = 3;
const CLOCK_SIZE = 4;
const DRBG_SEED = 48;
/** SEED_COMPAT_LEVEL_RSA_PRIME_ADJUST_FIX */
const LAST_SEED_LEVEL = 1;

export function readPersistentData(reader: StateReader): PersistentData {
  const levels = { epSeedLevel: 0, spSeedLevel: 0, ppSeedLevel: 0 };
  const values = reader.section(PERSISTENT_DATA, readFields, (later) => {
    // The banks that are in effect while a volatile state lasts, which is not brought in.
    readBanks(later);
    later.block((seeds) => {
      levels.epSeedLevel = readLevel(seeds);
      levels.spSeedLevel = readLevel(seeds);
      levels.ppSeedLevel = readLevel(seeds);
      seeds.block(() => {});
    });
  });
  return { ...values, ...levels };
}

function readFields(reader: StateReader): Omit<PersistentData, "epSeedLevel" | "spSeedLevel" | "ppSeedLevel"> {
  const disableClear = reader.flag();
  const algorithms = [reader.u16(), reader.u16(), reader.u16()];
  const [ownerPolicy, endorsementPolicy, lockoutPolicy] = algorithms.map((algorithm) => ({
    algorithm,
    digest: reader.sized(DIGEST),
  })) as [Policy, Policy, Policy];
  const before = {
    ...{ disableClear, ownerPolicy, endorsementPolicy, lockoutPolicy },
    ownerAuth: reader.sized(DIGEST),
    endorsementAuth: reader.sized(DIGEST),
    lockoutAuth: reader.sized(DIGEST),
    epSeed: reader.sized(SEED, SEED),
    spSeed: reader.sized(SEED, SEED),
    ppSeed: reader.sized(SEED, SEED),
    phProof: reader.sized(SEED, SEED),
    shProof: reader.sized(SEED, SEED),
    ehProof: reader.sized(SEED, SEED),
    totalResetCount: reader.u64(),
    resetCount: reader.u32(),
  };
  let pcrPolicy: Policy | undefined;
  reader.block((block) => {
    pcrPolicy = block.section(PCR_POLICY, () => {
      block.countOf(1);
      return { algorithm: block.u16(), digest: block.sized(DIGEST) };
    });
  });
  const values = {
    ...before,
    pcrPolicy: pcrPolicy as unknown as Policy,
    pcrAllocation: readBanks(reader),
    ppCommands: readCommands(reader),
    failedTries: reader.u32(),
    maxTries: reader.u32(),
    recoveryTime: reader.u32(),
    lockoutRecovery: reader.u32(),
    lockoutAuthEnabled: reader.flag(),
    orderlyState: reader.u16(),
    auditCommands: readCommands(reader),
    auditHashAlgorithm: reader.u16(),
    auditCounter: reader.u64(),
    algorithmSet: reader.u32(),
  };
  // firmwareV1 and firmwareV2: the version of libtpms.
  reader.take(8);
  const clockSize = reader.u8();
  if (clockSize !== CLOCK_SIZE) throw reader.damaged(`timeEpoch has ${clockSize} octets instead of ${CLOCK_SIZE}`);
  return { ...values, timeEpoch: reader.u32() };
}

function readCommands(reader: StateReader): Uint8Array {
  reader.countOf(COMMAND_LIST);
  return reader.take(COMMAND_LIST);
}

/** TPML_PCR_SELECTION */
function readBanks(reader: StateReader): BankSelection[] {
  const count = reader.u32();
  if (count > HASH_COUNT) throw reader.damaged(`there are ${count} PCR banks, more than ${HASH_COUNT}`);
  return Array.from({ length: count }, () => {
    const algorithm = reader.u16();
    const size = reader.u8();
    if (size !== PCR_SELECT) throw reader.damaged(`a selection of PCRs has ${size} octets instead of ${PCR_SELECT}`);
    const pcrs = reader.take(size).reduceRight((bits, octet) => bits * 256 + octet, 0);
    return { algorithm, pcrs };
  });
}

function readLevel(reader: StateReader): number {
  const level = reader.u8();
  if (level > LAST_SEED_LEVEL)
    throw reader.damaged(`a seed has the compatibility level ${level}, above ${LAST_SEED_LEVEL}`);
  return level;
}

export function readOrderlyData(reader: StateReader): OrderlyData {
  return reader.section(ORDERLY_DATA, () => {
    const [clock, clockSafe] = [reader.u64(), reader.flag()];
    readDrbg(reader);
    const timers = { selfHealTimer: 0n, lockoutTimer: 0n, time: 0n };
    reader.block((block) => {
      timers.selfHealTimer = block.u64();
      timers.lockoutTimer = block.u64();
      timers.time = block.u64();
    });
    return { clock, clockSafe, ...timers };
  });
}

/** Of no use here: a TPM draws its own random numbers, which must not be those that a copy of it draws. */
function readDrbg(reader: StateReader): void {
  reader.section(DRBG_STATE, () => {
    reader.u64();
    const magic = reader.u32();
    // A TPM that never had power has none.
    if (magic !== DRBG_MAGIC && magic !== 0)
      throw reader.damaged(`the state of the random numbers begins with 0x${magic.toString(16)}`);
    reader.countOf(DRBG_SEED);
    reader.take(DRBG_SEED);
    reader.countOf(4);
    reader.take(16);
  });
}
