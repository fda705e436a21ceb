import type { InspectedSession, PolicyDemands, SavedSession } from "./inspection.ts";
import type { RecordReader } from "./recordReader.ts";

/** Flags of a session's slot, as src/spec/layout/slots.ts has them: a test holds them to it, whose texts no page has to load. */
export const SESSION_FLAG = {
  policy: 0x2,
  audit: 0x4,
  bound: 0x8,
  cpHash: 0x10,
  authValue: 0x20,
  password: 0x40,
  physicalPresence: 0x80,
  trial: 0x100,
  daBound: 0x200,
  checkNvWritten: 0x800,
  nvWritten: 0x1000,
  templateHash: 0x4000,
} as const;

/** @param exclusive handle of the exclusive audit session. */
export function readSessions(
  reader: RecordReader,
  exclusive: number | null,
): { sessions: InspectedSession[]; savedSessions: SavedSession[] } {
  const sessions: InspectedSession[] = [];
  const savedSessions: SavedSession[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const handle = reader.u32();
    if (reader.flag()) sessions.push(readSession(reader, handle, exclusive));
    else savedSessions.push({ handle });
  }
  return { sessions, savedSessions };
}

function readSession(reader: RecordReader, handle: number, exclusive: number | null): InspectedSession {
  const flags = reader.u32();
  const authHash = reader.algorithm();
  const algorithm = reader.optionalAlgorithm();
  const bits = reader.u16();
  // The mode is CFB.
  reader.u16();
  const hasSessionKey = reader.flag();
  // For XOR the place of the key's size has the hash.
  const keyBits = algorithm === "TPM_ALG_XOR" ? null : bits;
  const isPolicy = (flags & SESSION_FLAG.policy) !== 0;
  const digest = reader.sized();
  return {
    handle,
    kind: isPolicy ? (flags & SESSION_FLAG.trial ? "trial" : "policy") : "hmac",
    authHash,
    symmetric: algorithm === null ? null : { algorithm, keyBits },
    hasSessionKey,
    bound: (flags & SESSION_FLAG.bound) !== 0,
    daBound: (flags & SESSION_FLAG.daBound) !== 0,
    auditDigest: !isPolicy && flags & SESSION_FLAG.audit ? digest : null,
    exclusiveAudit: handle === exclusive,
    policyDigest: isPolicy ? digest : null,
    demands: isPolicy ? readDemands(reader, flags) : null,
  };
}

function readDemands(reader: RecordReader, flags: number): PolicyDemands {
  const limit = reader.sized();
  const commandCode = reader.u32();
  const locality = reader.u8();
  const looksAtPcrs = reader.flag();
  const areCurrent = reader.flag();
  const expiresIn = reader.delay();
  // TPM2_PolicyNameHash and TPM2_PolicyDuplicationSelect: what is neither of the other two.
  const isNameHash = (flags & (SESSION_FLAG.cpHash | SESSION_FLAG.templateHash)) === 0;
  const hash = (applies: boolean) => (limit.length > 0 && applies ? limit : null);
  return {
    authValue: (flags & SESSION_FLAG.authValue) !== 0,
    password: (flags & SESSION_FLAG.password) !== 0,
    physicalPresence: (flags & SESSION_FLAG.physicalPresence) !== 0,
    commandCode: commandCode === 0 ? null : commandCode,
    locality: locality === 0 ? null : locality,
    cpHash: hash((flags & SESSION_FLAG.cpHash) !== 0),
    nameHash: hash(isNameHash),
    templateHash: hash((flags & SESSION_FLAG.templateHash) !== 0),
    nvWritten: flags & SESSION_FLAG.checkNvWritten ? (flags & SESSION_FLAG.nvWritten) !== 0 : null,
    pcrs: looksAtPcrs ? (areCurrent ? "current" : "changed") : null,
    expiresIn,
  };
}
