/** From libtpms' permanent state to ours, of a TPM with the profile libtpms-0.9. */
import { digestSize, TPM_ALG } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";
import { TPM_RH } from "../spec/handles.ts";
import { banks } from "../spec/layout/entries.ts";
import { PROFILE_PARTS } from "../spec/layout/permanentBlob.ts";
import { objectTable } from "../spec/layout/slots.ts";
import { LibtpmsStateError } from "./errors.ts";
import type { LibtpmsState } from "./permanentAll.ts";
import { type BlobContent, type BlobEntry, type BlobValues, Octets, permanentBlob } from "./permanentBlob.ts";
import type { BankSelection, Policy } from "./persistentData.ts";
import type { SavedState } from "./savedState.ts";
import type { Hierarchy, NvIndex, OrderlyEntry, PersistentObject } from "./userNvram.ts";

const LIBTPMS_0_9 = 1;
const NO_POLICY: Policy = { algorithm: TPM_ALG.TPM_ALG_NULL, digest: new Uint8Array(0) };
/** What changes of an orderly NV Index, and is kept with its data. */
const CHANGING = attributeBits("TPMA_NV", "WRITTEN", "READLOCKED", "WRITELOCKED");
const ORDERLY = attributeBits("TPMA_NV", "ORDERLY");
const HIERARCHIES: Readonly<Record<Hierarchy, number>> = {
  endorsement: TPM_RH.TPM_RH_ENDORSEMENT,
  owner: TPM_RH.TPM_RH_OWNER,
  platform: TPM_RH.TPM_RH_PLATFORM,
};
/** The commands of libtpms 0.9, from the first to the last of each row of codes that has no gap: its lists have a bit for each. */
const COMMANDS: readonly (readonly [number, number])[] = [
  [0x11f, 0x122],
  [0x124, 0x12e],
  [0x130, 0x140],
  [0x142, 0x159],
  [0x15b, 0x15e],
  [0x160, 0x165],
  [0x167, 0x174],
  [0x176, 0x178],
  [0x17a, 0x193],
  [0x197, 0x197],
];
/** TPM_CC_FIRST, where our maps begin too. */
const FIRST_COMMAND = 0x11f;
const COMMAND_MAP = 32;
const SESSIONS = 64;
const COMMITS = 16;
const STATIC_PCRS = 16;
const TIMERS = 2;

/**
 * The permanent state that goes on where libtpms' stopped: the core that takes it checks it. Pending commits and the contexts of
 * sessions that are saved outside are given up: they are the other copy's.
 * @throws LibtpmsStateError
 */
export function toPermanentBlob(state: LibtpmsState): Promise<Uint8Array<ArrayBuffer>> {
  return permanentBlob(blobContent(state));
}

function blobContent({ persistent, orderly, saved, orderlyIndices, nv }: LibtpmsState): BlobContent {
  // libtpms' level 0 is the first of its ways, and 0 is our own.
  const way = (level: number, shift: number) => (level + 1) * 2 ** shift;
  const values: BlobValues = {
    PROFILE:
      LIBTPMS_0_9 +
      way(persistent.epSeedLevel, PROFILE_PARTS.EP_DERIVATION_SHIFT) +
      way(persistent.spSeedLevel, PROFILE_PARTS.SP_DERIVATION_SHIFT) +
      way(persistent.ppSeedLevel, PROFILE_PARTS.PP_DERIVATION_SHIFT),
    DISABLE_CLEAR: Number(persistent.disableClear),
    // swtpm keeps it in the volatile state.
    ESTABLISHED: 0,
    LOCKOUT_AUTH_ENABLED: Number(persistent.lockoutAuthEnabled),
    CLOCK_SAFE: Number(orderly.clockSafe),
    ORDERLY_STATE: persistent.orderlyState,
    AUDIT_HASH_ALG: persistent.auditHashAlgorithm,
    FAILED_TRIES: persistent.failedTries,
    MAX_TRIES: persistent.maxTries,
    RECOVERY_TIME: persistent.recoveryTime,
    LOCKOUT_RECOVERY: persistent.lockoutRecovery,
    RESET_COUNT: persistent.resetCount,
    ALGORITHM_SET: persistent.algorithmSet,
    TIME_EPOCH: persistent.timeEpoch,
    TOTAL_RESET_COUNT: persistent.totalResetCount,
    AUDIT_COUNTER: persistent.auditCounter,
    CLOCK: orderly.clock,
    SELF_HEAL_TIMER: orderly.selfHealTimer,
    LOCKOUT_TIMER: orderly.lockoutTimer,
    SHUTDOWN_TIME: orderly.time,
    PP_COMMANDS: commandMap(persistent.ppCommands),
    AUDIT_COMMANDS: commandMap(persistent.auditCommands),
    EP_SEED: persistent.epSeed,
    SP_SEED: persistent.spSeed,
    PP_SEED: persistent.ppSeed,
    PH_PROOF: persistent.phProof,
    SH_PROOF: persistent.shProof,
    EH_PROOF: persistent.ehProof,
    OWNER_AUTH: withoutTrailingZeros(persistent.ownerAuth),
    ENDORSEMENT_AUTH: withoutTrailingZeros(persistent.endorsementAuth),
    LOCKOUT_AUTH: withoutTrailingZeros(persistent.lockoutAuth),
    OWNER_POLICY: policyOf(persistent.ownerPolicy, "the owner"),
    ENDORSEMENT_POLICY: policyOf(persistent.endorsementPolicy, "the endorsement hierarchy"),
    LOCKOUT_POLICY: policyOf(persistent.lockoutPolicy, "lockout"),
    PCR_POLICY: policyOf(persistent.pcrPolicy, "PCRs"),
    PCR_ALLOCATION: allocationOf(persistent.pcrAllocation),
    ...(saved && savedValues(saved)),
  };
  return {
    values,
    isSaved: saved !== undefined,
    nvMaxCounter: nv.maxCount,
    orderly: orderlyEntries(nv.indices, orderlyIndices),
    nv: [...nv.indices.map(indexEntry), ...nv.objects.map(objectEntry)],
  };
}

function savedValues(saved: SavedState): BlobValues {
  return {
    CONTEXT_COUNTER: saved.contextCounter,
    OBJECT_CONTEXT_ID: saved.objectContextId,
    COMMIT_COUNTER: saved.commitCounter,
    CLEAR_COUNT: saved.clearCount,
    RESTART_COUNT: saved.restartCount,
    PCR_COUNTER: saved.pcrCounter,
    CONTEXT_ARRAY: new Array(SESSIONS).fill(0),
    COMMIT_ARRAY: new Uint8Array(COMMITS),
    NULL_PROOF: saved.nullProof,
    NULL_SEED: saved.nullSeed,
    COMMIT_NONCE: saved.commitNonce,
    COMMAND_AUDIT_DIGEST: saved.commandAuditDigest,
    SH_ENABLE: Number(saved.shEnable),
    EH_ENABLE: Number(saved.ehEnable),
    PH_ENABLE_NV: Number(saved.phEnableNv),
    PLATFORM_POLICY: policyOf(saved.platformPolicy, "the platform"),
    PLATFORM_AUTH: withoutTrailingZeros(saved.platformAuth),
    PCR_AUTH: withoutTrailingZeros(saved.pcrAuth),
    ACT_POLICIES: new Array(TIMERS).fill(NO_POLICY),
    ACT_REMAINING: new Array(TIMERS).fill(0),
    ACT_SIGNALED: 0,
    SAVED_PCRS: pcrRun(saved.pcrs),
  };
}

/** libtpms has bank after bank, we have PCR after PCR. */
function pcrRun(runs: readonly Uint8Array[]): Uint8Array {
  const out = new Octets();
  for (let pcr = 0; pcr < STATIC_PCRS; pcr++) {
    for (const run of runs) {
      const size = run.length / STATIC_PCRS;
      out.octets(run.subarray(pcr * size, (pcr + 1) * size));
    }
  }
  return out.all();
}

function commandMap(list: Uint8Array): Uint8Array {
  const map = new Uint8Array(COMMAND_MAP);
  const codes = COMMANDS.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  for (let bit = 0; bit < 8 * list.length; bit++) {
    if ((((list[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 0) continue;
    const code = codes[bit];
    if (code === undefined) throw damaged(`a list of commands has a bit ${bit}, where there is no command`);
    const at = code - FIRST_COMMAND;
    map[at >> 3] = (map[at >> 3] ?? 0) | (1 << (at & 7));
  }
  return map;
}

function policyOf({ algorithm, digest }: Policy, whose: string): Policy {
  // libtpms has 0 where there never was one.
  if (digest.length === 0 && (algorithm === 0 || algorithm === TPM_ALG.TPM_ALG_NULL)) return NO_POLICY;
  if (digest.length === 0 || digest.length !== digestSize(algorithm))
    throw damaged(`the policy of ${whose} has ${digest.length} octets for the algorithm 0x${algorithm.toString(16)}`);
  return { algorithm, digest };
}

function allocationOf(selections: readonly BankSelection[]): number[] {
  const unknown = selections.find(({ algorithm }) => !banks.some((name) => TPM_ALG[name] === algorithm));
  if (unknown !== undefined) throw damaged(`there is a PCR bank of 0x${unknown.algorithm.toString(16)}`);
  return banks.map((name) => {
    const found = selections.filter(({ algorithm }) => algorithm === TPM_ALG[name]);
    if (found.length > 1) throw damaged(`there are two PCR banks of ${name}`);
    return found[0]?.pcrs ?? 0;
  });
}

/** @throws LibtpmsStateError when the two lists of libtpms don't have the same orderly NV Indices. */
function orderlyEntries(indices: readonly NvIndex[], entries: readonly OrderlyEntry[]): BlobEntry[] {
  const orderly = indices.filter(({ attributes }) => (attributes & ORDERLY) !== 0);
  for (const { handle, attributes, dataSize } of orderly) {
    const twins = entries.filter((entry) => entry.handle === handle);
    const [twin] = twins;
    const fits =
      twins.length === 1 &&
      twin?.data.length === dataSize &&
      (twin.attributes & ~CHANGING) === (attributes & ~CHANGING);
    if (!fits) throw damaged(`the orderly NV Index 0x${handle.toString(16)} has no data that fit it`);
  }
  if (entries.length !== orderly.length) throw damaged("there are data of an orderly NV Index that does not exist");
  return entries.map(({ handle, attributes, data }) => {
    const content = new Octets();
    content.integer(attributes >>> 0, 4);
    content.octets(data);
    return { handle, content: content.all() };
  });
}

/** TPM2B_NV_PUBLIC, the TPM2B_AUTH in room for a digest of nameAlg, the data. */
function indexEntry({ handle, nameAlg, attributes, authPolicy, dataSize, auth, data }: NvIndex): BlobEntry {
  const isOrderly = (attributes & ORDERLY) !== 0;
  const area = new Octets();
  area.integer(handle, 4);
  area.integer(nameAlg, 2);
  area.integer((isOrderly ? attributes & ~CHANGING : attributes) >>> 0, 4);
  area.sized(authPolicy);
  area.integer(dataSize, 2);
  const value = withoutTrailingZeros(auth);
  const room = digestSize(nameAlg);
  if (value.length > room) throw damaged(`the authValue of the NV Index 0x${handle.toString(16)} is too long`);
  const content = new Octets();
  content.sized(area.all());
  content.sized(value);
  content.octets(new Uint8Array(room - value.length));
  content.octets(data);
  return { handle, content: content.all() };
}

/** Flags, hierarchy, and six TPM2Bs: asm/tpm/objects/storedObject.ts. */
function objectEntry(object: PersistentObject): BlobEntry {
  const content = new Octets();
  content.integer(
    flag("OBJECT_IS_OCCUPIED") |
      (object.isPrimary ? flag("IS_PRIMARY") : 0) |
      (object.isParent ? flag("IS_PARENT") : 0) |
      (object.isDerivation ? flag("IS_DERIVATION") : 0),
    4,
  );
  content.integer(HIERARCHIES[object.hierarchy], 4);
  content.sized(withoutTrailingZeros(object.auth));
  content.sized(object.seed);
  content.sized(object.name);
  content.sized(object.qualifiedName);
  content.sized(object.publicArea);
  content.sized(object.sensitive);
  return { handle: object.handle, content: content.all() };
}

function flag(name: string): number {
  const found = objectTable.rows.flatMap(({ values = [] }) => values).find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`${name} is no flag of an object.`);
  return Number(found.value);
}

function withoutTrailingZeros(octets: Uint8Array): Uint8Array {
  let size = octets.length;
  while (size > 0 && octets[size - 1] === 0) size--;
  return octets.subarray(0, size);
}

const damaged = (what: string) => new LibtpmsStateError(`libtpms' state is damaged: ${what}.`, "damaged");
