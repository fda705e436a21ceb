/** What {@link Tpm.inspect} tells: the TPM as it stands, by the TPM itself, without a command and without its secrets. */
import type { AlgorithmName, CurveName } from "../spec/algorithms.ts";
import type { TpmProfile } from "./core.ts";

/** A policy that an entity has; null for none. */
export interface InspectedPolicy {
  readonly hashAlg: AlgorithmName;
  readonly digest: Uint8Array;
}

export type InspectedHierarchyName = "owner" | "endorsement" | "platform" | "null";

export interface InspectedHierarchy {
  readonly name: InspectedHierarchyName;
  /** TPM_RH_OWNER, TPM_RH_ENDORSEMENT, TPM_RH_PLATFORM or TPM_RH_NULL. */
  readonly handle: number;
  /** shEnable, ehEnable or phEnable; true for the NULL hierarchy. Without meaning before TPM2_Startup. */
  readonly enabled: boolean;
  /** There is a primary seed. What it is stays in the TPM. */
  readonly hasSeed: boolean;
  /** Its authValue is not empty. */
  readonly authSet: boolean;
  readonly policy: InspectedPolicy | null;
}

/** A TPMT_PUBLIC. */
export interface InspectedPublic {
  readonly type: "TPM_ALG_RSA" | "TPM_ALG_ECC" | "TPM_ALG_KEYEDHASH" | "TPM_ALG_SYMCIPHER";
  readonly nameAlg: AlgorithmName;
  /** TPMA_OBJECT. */
  readonly attributes: number;
  /** Empty for none. */
  readonly authPolicy: Uint8Array;
  /** Of RSA and symmetric keys, bits; null for others. */
  readonly keyBits: number | null;
  /** Of ECC keys. */
  readonly curve: CurveName | null;
  /** Signing, encryption or key exchange scheme; null where the key leaves it to the command, and for symmetric keys. */
  readonly scheme: AlgorithmName | null;
  /** The cipher of a symmetric key, or that a storage key protects its children with. */
  readonly symmetric: AlgorithmName | null;
  /** All of it in wire form, for who wants the rest. */
  readonly area: Uint8Array;
}

export interface InspectedObject {
  readonly kind: "object";
  readonly handle: number;
  readonly hierarchy: InspectedHierarchyName;
  readonly publicArea: InspectedPublic;
  readonly name: Uint8Array;
  readonly qualifiedName: Uint8Array;
  /** Its authValue is not empty. */
  readonly authSet: boolean;
  /** It has its sensitive area; else it is a public key only. */
  readonly hasSensitive: boolean;
  /** Loaded by TPM2_LoadExternal. */
  readonly external: boolean;
  /** Created from a primary seed. */
  readonly primary: boolean;
  /** It goes with the next TPM Reset or TPM Restart: its own stClear, or that of an ancestor. */
  readonly stClear: boolean;
  /** The handle of its parent: a hierarchy for a primary object, an object that is in the TPM now, or null where it is not. */
  readonly parent: number | null;
}

/** A hash, HMAC or event sequence in progress. */
export interface InspectedSequence {
  readonly kind: "sequence";
  readonly handle: number;
  readonly sequence: "hash" | "hmac" | "event";
  /** Null for an event sequence, which has one of each bank. */
  readonly hashAlg: AlgorithmName | null;
  readonly authSet: boolean;
}

/** What a policy session asks for when it is used, beyond a policyDigest that is the entity's authPolicy. */
export interface PolicyDemands {
  /** TPM2_PolicyAuthValue: the entity's authValue goes into the HMAC. */
  readonly authValue: boolean;
  /** TPM2_PolicyPassword: the entity's authValue in the clear. */
  readonly password: boolean;
  readonly physicalPresence: boolean;
  /** TPM_CC: the only command that it may authorize. */
  readonly commandCode: number | null;
  /** TPMA_LOCALITY. */
  readonly locality: number | null;
  readonly cpHash: Uint8Array | null;
  readonly nameHash: Uint8Array | null;
  readonly templateHash: Uint8Array | null;
  /** The NV index must have been written, or must not have been. */
  readonly nvWritten: boolean | null;
  /** TPM2_PolicyPCR: `current` while no PCR that counts has changed since; null without it. */
  readonly pcrs: "current" | "changed" | null;
  /** Until it expires, milliseconds; 0 when it has; null when it does not. */
  readonly expiresIn: number | null;
}

export interface InspectedSession {
  readonly handle: number;
  readonly kind: "hmac" | "policy" | "trial";
  readonly authHash: AlgorithmName;
  /** For parameter encryption; null for none. `keyBits` of a cipher. */
  readonly symmetric: { readonly algorithm: AlgorithmName; readonly keyBits: number | null } | null;
  /** It has a session key: it was salted or bound. */
  readonly hasSessionKey: boolean;
  /** Bound to an entity. */
  readonly bound: boolean;
  /** Bound to something that the dictionary attack protection covers: a wrong use is a failed try. */
  readonly daBound: boolean;
  /** The digest of an audit session; null for others. */
  readonly auditDigest: Uint8Array | null;
  /** It is the exclusive audit session. */
  readonly exclusiveAudit: boolean;
  readonly policyDigest: Uint8Array | null;
  /** Of a policy or trial session. */
  readonly demands: PolicyDemands | null;
}

/** A session whose context was saved outside: only its handle is known, and that as of an HMAC session. */
export interface SavedSession {
  readonly handle: number;
}

/** Why the data of an NV index are not told, or that they are. */
export type NvContents =
  | { readonly data: Uint8Array }
  | { readonly data: null; readonly why: "protected" | "unwritten" };

export interface InspectedNvIndex {
  readonly handle: number;
  readonly nameAlg: AlgorithmName;
  /** TPMA_NV as it is now. */
  readonly attributes: number;
  /** Empty for none. */
  readonly authPolicy: Uint8Array;
  /** Bytes. */
  readonly dataSize: number;
  readonly name: Uint8Array;
  readonly authSet: boolean;
  /** The hierarchy of its creator is enabled. Without meaning before TPM2_Startup. */
  readonly accessible: boolean;
  /** The data where an empty authValue may read them and no read lock stands. */
  readonly contents: NvContents;
}

export interface InspectedBank {
  readonly hashAlg: AlgorithmName;
  /** The PCRs that the bank has, by their numbers; an inactive bank has none. */
  readonly values: ReadonlyMap<number, Uint8Array>;
}

export interface InspectedLockout {
  readonly failedTries: number;
  readonly maxTries: number;
  /** Seconds after which one failed try is forgotten; 0 turns the protection off. */
  readonly recoveryTime: number;
  /** Seconds after which lockoutAuth may be used again when it was wrong; 0 is at the next TPM2_Startup. */
  readonly lockoutRecovery: number;
  readonly inLockout: boolean;
  /** Milliseconds until the next failed try is forgotten; null when none is counted down. */
  readonly nextForgottenIn: number | null;
  /** Milliseconds until the TPM leaves lockout by itself; null when it is not in it, or does not know. */
  readonly endsIn: number | null;
  /** lockoutAuth may be used. */
  readonly lockoutAuthEnabled: boolean;
  /** Milliseconds until it may be used again; null when nothing is counted down. */
  readonly lockoutAuthEnabledIn: number | null;
  /** lockoutAuth is not empty. */
  readonly authSet: boolean;
  readonly policy: InspectedPolicy | null;
}

export interface InspectedAct {
  readonly handle: number;
  readonly signaled: boolean;
  /** Seconds; null when it stands still. */
  readonly remaining: number | null;
  readonly policy: InspectedPolicy | null;
}

export interface TpmInspection {
  readonly profile: TpmProfile;
  /** TPM2_Startup succeeded. Before it most of what is volatile is empty. */
  readonly started: boolean;
  readonly failureMode: boolean;
  readonly established: boolean;
  /** The last power cycle ended with TPM2_Shutdown; before TPM2_Startup the one that is on record. */
  readonly lastShutdownOrderly: boolean;
  /** TPM2_Shutdown was the last word: power may go. */
  readonly shutdownOnRecord: boolean;
  /** TPM2_Clear by lockout is disabled. */
  readonly disableClear: boolean;
  /** The platform asserts physical presence. */
  readonly physicalPresence: boolean;
  /** TPM2_PCR_Allocate has changed the banks of the next _TPM_Init. */
  readonly pcrsReconfigured: boolean;
  readonly algorithmSet: number;
  readonly clock: {
    /** Milliseconds since _TPM_Init. */
    readonly time: bigint;
    /** Milliseconds with power since the last TPM2_Clear. */
    readonly clock: bigint;
    readonly safe: boolean;
    readonly resetCount: number;
    readonly restartCount: number;
    readonly clearCount: number;
  };
  readonly hierarchies: readonly InspectedHierarchy[];
  /** NV indices that the platform made may be used. */
  readonly phEnableNV: boolean;
  readonly lockout: InspectedLockout;
  /** Authenticated Countdown Timers. */
  readonly acts: readonly InspectedAct[];
  readonly audit: {
    /** Null when commands are not audited. */
    readonly hashAlg: AlgorithmName | null;
    /** Empty when no audited command has run since it was last read. */
    readonly digest: Uint8Array;
    readonly counter: bigint;
    /** TPM_CC. */
    readonly commands: readonly number[];
    /** Handle of the exclusive audit session. */
    readonly exclusiveSession: number | null;
  };
  /** TPM_CC of the commands that need physical presence with platformAuth. */
  readonly physicalPresenceCommands: readonly number[];
  readonly storage: {
    /** Bytes of the non-volatile store: NV indices and persistent objects. */
    readonly capacity: number;
    readonly used: number;
    /** Bytes of RAM for orderly NV indices. */
    readonly orderlyCapacity: number;
    readonly orderlyUsed: number;
    /** How many more have room for sure. */
    readonly persistentAvailable: number;
    readonly countersAvailable: number;
    readonly transientSlots: number;
    readonly sessionSlots: number;
    readonly activeSessions: number;
  };
  /** Split signing (TPM2_Commit, TPM2_EC_Ephemeral). */
  readonly commits: { readonly counter: bigint; readonly pending: number };
  readonly pcrs: {
    readonly updateCounter: number;
    /** The authValue of the group of PCRs that may have one is not empty. */
    readonly authSet: boolean;
    readonly policy: InspectedPolicy | null;
    readonly banks: readonly InspectedBank[];
  };
  readonly transient: readonly (InspectedObject | InspectedSequence)[];
  readonly persistent: readonly InspectedObject[];
  readonly sessions: readonly InspectedSession[];
  readonly savedSessions: readonly SavedSession[];
  readonly nvIndices: readonly InspectedNvIndex[];
}
