/** Decodes the record that the core writes of itself: asm/tpm/inspection, whose sections come in this order. */
import { digestSize, TPM_ALG } from "../spec/algorithms.ts";
import { hasAttribute } from "../spec/attributes.ts";
import { ACT_TIMEOUTS } from "../spec/constants.ts";
import { TPM_HT, TPM_RH } from "../spec/handles.ts";
import { PROFILES, type TpmProfile } from "./core.ts";
import { readPublic } from "./inspectedPublic.ts";
import { readSessions } from "./inspectedSessions.ts";
import type {
  InspectedAct,
  InspectedBank,
  InspectedHierarchy,
  InspectedHierarchyName,
  InspectedLockout,
  InspectedNvIndex,
  InspectedObject,
  InspectedPolicy,
  InspectedSequence,
  TpmInspection,
} from "./inspection.ts";
import { RecordReader } from "./recordReader.ts";

const MAGIC = 0x54_49_4e_53;
const VERSION = 1;
const PCRS = 24;

/** Flags of a slot that holds an object, as src/spec/layout/slots.ts has them: a test holds them to it, whose texts no page has to load. */
export const OBJECT_FLAG = {
  hashSequence: 0x2,
  hmacSequence: 0x4,
  eventSequence: 0x8,
  external: 0x80,
  stClear: 0x100,
} as const;

const HIERARCHIES = new Map<number, InspectedHierarchyName>([
  [TPM_RH.TPM_RH_OWNER, "owner"],
  [TPM_RH.TPM_RH_ENDORSEMENT, "endorsement"],
  [TPM_RH.TPM_RH_PLATFORM, "platform"],
  [TPM_RH.TPM_RH_NULL, "null"],
]);

/**
 * @param record as the core wrote it.
 * @param profile the TPM's, where it is known: after a trap the record is of an instance that stands in for it, without its state.
 * @throws TpmCoreError when it is no such record, or of another version.
 */
export function readInspection(record: Uint8Array, profile: TpmProfile | null = null): TpmInspection {
  const reader = new RecordReader(record);
  if (reader.u32() !== MAGIC) reader.damaged("it does not begin as one");
  const version = reader.u16();
  if (version !== VERSION) reader.damaged(`it has version ${version}, not ${VERSION}`);
  const general = readGeneral(reader);
  const clock = readClock(reader);
  const phEnableNV = reader.flag();
  const hierarchies = reader.list(4, 10, () => readHierarchy(reader));
  const lockoutEntity = { authSet: reader.flag(), policy: readPolicy(reader) };
  const lockout = readLockout(reader, lockoutEntity);
  const acts = reader.list(reader.u8(), 13, () => readAct(reader));
  const audit = readAudit(reader);
  const physicalPresenceCommands = readCodes(reader);
  const storage = readStorage(reader);
  const commits = { counter: reader.u64(), pending: reader.u32() };
  const pcrs = readPcrs(reader);
  const transient = reader.list(reader.u32(), 11, () => readTransient(reader));
  const persistent = reader.list(reader.u32(), 28, () => readObject(reader, reader.u32(), reader.u32()));
  const sessions = readSessions(reader, audit.exclusiveSession);
  const nvIndices = reader.list(reader.u32(), 21, () => readNvIndex(reader));
  reader.end();
  return {
    ...general,
    profile: profile ?? general.profile,
    clock,
    hierarchies,
    phEnableNV,
    lockout,
    acts,
    audit,
    physicalPresenceCommands,
    storage,
    commits,
    pcrs,
    transient,
    persistent,
    ...sessions,
    nvIndices,
  };
}

function readGeneral(reader: RecordReader) {
  const number = reader.u8();
  const profile = PROFILES[number] ?? reader.damaged(`${number} is no profile`);
  return {
    profile,
    started: reader.flag(),
    failureMode: reader.flag(),
    established: reader.flag(),
    lastShutdownOrderly: reader.flag(),
    shutdownOnRecord: reader.flag(),
    disableClear: reader.flag(),
    physicalPresence: reader.flag(),
    pcrsReconfigured: reader.flag(),
    algorithmSet: reader.u32(),
  };
}

function readClock(reader: RecordReader): TpmInspection["clock"] {
  return {
    time: reader.u64(),
    clock: reader.u64(),
    safe: reader.flag(),
    resetCount: reader.u32(),
    restartCount: reader.u32(),
    clearCount: reader.u32(),
  };
}

function readPolicy(reader: RecordReader): InspectedPolicy | null {
  const hashAlg = reader.optionalAlgorithm();
  const digest = reader.sized();
  if (hashAlg === null || digest.length === 0) return null;
  return { hashAlg, digest };
}

function readHierarchyName(reader: RecordReader): { handle: number; name: InspectedHierarchyName } {
  const handle = reader.u32();
  return { handle, name: HIERARCHIES.get(handle) ?? reader.damaged(`0x${handle.toString(16)} is no hierarchy`) };
}

function readHierarchy(reader: RecordReader): InspectedHierarchy {
  return {
    ...readHierarchyName(reader),
    enabled: reader.flag(),
    hasSeed: reader.flag(),
    authSet: reader.flag(),
    policy: readPolicy(reader),
  };
}

function readLockout(reader: RecordReader, entity: Pick<InspectedLockout, "authSet" | "policy">): InspectedLockout {
  const counts = {
    failedTries: reader.u32(),
    maxTries: reader.u32(),
    recoveryTime: reader.u32(),
    lockoutRecovery: reader.u32(),
    inLockout: reader.flag(),
  };
  const nextForgottenIn = reader.delay();
  const { failedTries, maxTries, recoveryTime, inLockout } = counts;
  const endsIn =
    inLockout && maxTries > 0 && nextForgottenIn !== null
      ? nextForgottenIn + (failedTries - maxTries) * recoveryTime * 1000
      : null;
  return {
    ...counts,
    nextForgottenIn,
    endsIn,
    lockoutAuthEnabled: reader.flag(),
    lockoutAuthEnabledIn: reader.delay(),
    ...entity,
  };
}

function readAct(reader: RecordReader): InspectedAct {
  const handle = reader.u32();
  const signaled = reader.flag();
  const remaining = reader.u32();
  return {
    handle,
    signaled,
    remaining: remaining === ACT_TIMEOUTS.ACT_STOP ? null : remaining,
    policy: readPolicy(reader),
  };
}

const readCodes = (reader: RecordReader) => reader.list(reader.u32(), 4, () => reader.u32());

function readAudit(reader: RecordReader): TpmInspection["audit"] {
  const hashAlg = reader.optionalAlgorithm();
  const digest = reader.sized();
  const counter = reader.u64();
  const exclusive = reader.u32();
  const exclusiveSession = exclusive === TPM_RH.TPM_RH_UNASSIGNED || exclusive === 0 ? null : exclusive;
  return { hashAlg, digest, counter, commands: readCodes(reader), exclusiveSession };
}

function readStorage(reader: RecordReader): TpmInspection["storage"] {
  return {
    capacity: reader.u32(),
    used: reader.u32(),
    orderlyCapacity: reader.u32(),
    orderlyUsed: reader.u32(),
    persistentAvailable: reader.u32(),
    countersAvailable: reader.u32(),
    transientSlots: reader.u32(),
    sessionSlots: reader.u32(),
    activeSessions: reader.u32(),
  };
}

function readPcrs(reader: RecordReader): TpmInspection["pcrs"] {
  return {
    updateCounter: reader.u32(),
    authSet: reader.flag(),
    policy: readPolicy(reader),
    banks: reader.list(reader.u8(), 6, () => readBank(reader)),
  };
}

function readBank(reader: RecordReader): InspectedBank {
  const hashAlg = reader.algorithm();
  const allocated = reader.u32();
  const size = digestSize(TPM_ALG[hashAlg]);
  const values = new Map<number, Uint8Array>();
  for (let pcr = 0; pcr < PCRS; pcr++) {
    if ((allocated >>> pcr) & 1) values.set(pcr, reader.bytes(size));
  }
  return { hashAlg, values };
}

function readTransient(reader: RecordReader): InspectedObject | InspectedSequence {
  const handle = reader.u32();
  const flags = reader.u32();
  const sequence = sequenceOf(flags);
  if (sequence === null) return readObject(reader, handle, flags);
  return { kind: "sequence", handle, sequence, hashAlg: reader.optionalAlgorithm(), authSet: reader.flag() };
}

function sequenceOf(flags: number): InspectedSequence["sequence"] | null {
  if (flags & OBJECT_FLAG.hashSequence) return "hash";
  if (flags & OBJECT_FLAG.hmacSequence) return "hmac";
  return flags & OBJECT_FLAG.eventSequence ? "event" : null;
}

function readObject(reader: RecordReader, handle: number, flags: number): InspectedObject {
  const { name: hierarchy } = readHierarchyName(reader);
  const authSet = reader.flag();
  const hasSensitive = reader.flag();
  const name = reader.sized();
  const qualifiedName = reader.sized();
  const publicArea = readPublic(reader.sized());
  const parent = reader.u32();
  return {
    kind: "object",
    handle,
    hierarchy,
    publicArea,
    name,
    qualifiedName,
    authSet,
    hasSensitive,
    external: (flags & OBJECT_FLAG.external) !== 0,
    primary: parent >>> 24 === TPM_HT.TPM_HT_PERMANENT,
    stClear: (flags & OBJECT_FLAG.stClear) !== 0,
    parent: parent === 0 ? null : parent,
  };
}

function readNvIndex(reader: RecordReader): InspectedNvIndex {
  const area = new RecordReader(reader.sized());
  const publicArea = {
    handle: area.u32(),
    nameAlg: area.algorithm(),
    attributes: area.u32(),
    authPolicy: area.sized(),
    dataSize: area.u16(),
  };
  area.end();
  const name = reader.sized();
  const authSet = reader.flag();
  const accessible = reader.flag();
  const data = reader.flag() ? reader.sized() : null;
  const why = hasAttribute("TPMA_NV", publicArea.attributes, "WRITTEN") ? "protected" : "unwritten";
  return { ...publicArea, name, authSet, accessible, contents: data === null ? { data, why } : { data } };
}
