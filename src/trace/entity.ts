/** What a handle stands for, as data, and in words. */
import { TPM_HT, TPM_RH } from "../spec/handles.ts";
import { type NvPurpose, nvPurposeOf } from "../spec/reservedHandles.ts";
import { nameHandle } from "./names.ts";

export type HierarchyName = "owner" | "endorsement" | "platform" | "lockout" | "null";
export type NvKind = "ordinary" | "counter" | "bits" | "extend" | "PIN fail" | "PIN pass";
export type ObjectUse =
  | "storage key"
  | "signing key"
  | "restricted signing key"
  | "decryption key"
  | "signing and decryption key"
  | "derivation parent"
  | "sealed data"
  | "HMAC key"
  | "key"
  | "hash sequence"
  | "HMAC sequence"
  | "event sequence";
export type SessionKind = "HMAC" | "policy" | "trial policy";

/** What a public area says of an object. */
export interface ObjectKind {
  /** "RSA-2048", "ECC NIST P-256", "AES-128", "SHA-256"; empty where there is no algorithm to name. */
  readonly algorithm: string;
  readonly use: ObjectUse;
}

export type Entity =
  | { readonly kind: "hierarchy"; readonly handle: number; readonly name: HierarchyName }
  | { readonly kind: "password"; readonly handle: number }
  | { readonly kind: "pcr"; readonly handle: number }
  | {
      readonly kind: "nv";
      readonly handle: number;
      /** Null until the index was seen to be defined, or its public area read. */
      readonly type: NvKind | null;
      readonly purpose: NvPurpose | null;
    }
  | {
      readonly kind: "object";
      readonly handle: number;
      readonly isPersistent: boolean;
      /** Null where nothing was seen that says what it is. */
      readonly object: ObjectKind | null;
      /** Of a primary object, the hierarchy in which it was made. */
      readonly primaryOf: HierarchyName | null;
    }
  | { readonly kind: "session"; readonly handle: number; readonly type: SessionKind }
  /** What has a name in the specification, or nothing but its number. */
  | { readonly kind: "other"; readonly handle: number };

const HIERARCHIES: Readonly<Record<number, HierarchyName>> = {
  [TPM_RH.TPM_RH_OWNER]: "owner",
  [TPM_RH.TPM_RH_ENDORSEMENT]: "endorsement",
  [TPM_RH.TPM_RH_PLATFORM]: "platform",
  [TPM_RH.TPM_RH_LOCKOUT]: "lockout",
  [TPM_RH.TPM_RH_NULL]: "null",
};

export const hierarchyOf = (handle: number): HierarchyName | null => HIERARCHIES[handle] ?? null;

/** What the number of a handle alone tells. */
export function entityOfHandle(handle: number): Entity {
  const name = hierarchyOf(handle);
  if (name !== null) return { kind: "hierarchy", handle, name };
  if (handle === TPM_RH.TPM_RS_PW) return { kind: "password", handle };
  switch (handle >>> 24) {
    case TPM_HT.TPM_HT_PCR:
      return { kind: "pcr", handle };
    case TPM_HT.TPM_HT_NV_INDEX:
      return { kind: "nv", handle, type: null, purpose: nvPurposeOf(handle) };
    case TPM_HT.TPM_HT_HMAC_SESSION:
      return { kind: "session", handle, type: "HMAC" };
    case TPM_HT.TPM_HT_POLICY_SESSION:
      return { kind: "session", handle, type: "policy" };
    case TPM_HT.TPM_HT_TRANSIENT:
      return { kind: "object", handle, isPersistent: false, object: null, primaryOf: null };
    case TPM_HT.TPM_HT_PERSISTENT:
      return { kind: "object", handle, isPersistent: true, object: null, primaryOf: null };
    default:
      return { kind: "other", handle };
  }
}

const hex = (handle: number) => handle.toString(16).padStart(8, "0");

/** "owner", "NV 0x1500016 'counter'", "object 80000001: RSA-2048 signing key" */
export function describeEntity(entity: Entity): string {
  switch (entity.kind) {
    case "hierarchy":
      return entity.name;
    case "password":
      return "password";
    case "pcr":
      return `PCR ${entity.handle}`;
    case "nv": {
      const { type, purpose } = entity;
      const what = purpose === null ? type : [purpose.what, purpose.key].filter(Boolean).join(", ");
      return `NV 0x${entity.handle.toString(16)}${what === null ? "" : ` '${what}'`}`;
    }
    case "object": {
      const { object, primaryOf, isPersistent } = entity;
      const handle = `${isPersistent ? "persistent object" : "object"} ${hex(entity.handle)}`;
      if (object === null) return handle;
      const primary = primaryOf === null ? "" : `, primary of ${primaryOf}`;
      return `${handle}: ${[object.algorithm, object.use].filter(Boolean).join(" ")}${primary}`;
    }
    case "session":
      return `${entity.type} session ${hex(entity.handle)}`;
    case "other":
      return nameHandle(entity.handle);
  }
}

/** TPM_HANDLE, and the interface types of handles (Part 2, clause 9); not that of a saved context, which names no object. */
export const isHandleType = (type: string): boolean =>
  /^(TPM_HANDLE|TPMI_(DH|RH|SH)_\w+)$/.test(type) && type !== "TPMI_DH_SAVED";

/** What each attribute of a session asks for, in words (Part 2, 8.4). */
export const SESSION_FLAGS = {
  continueSession: "the session stays after this command",
  auditExclusive: "no other command may have come since the audit began",
  auditReset: "the audit begins anew with this command",
  decrypt: "the first parameter of the command is encrypted",
  encrypt: "the first parameter of the response is encrypted",
  audit: "the command counts in the session's audit",
} as const;
export type SessionFlag = keyof typeof SESSION_FLAGS;

/** The flags in the decoder's words for a TPMA_SESSION, "continueSession | decrypt". */
export const sessionFlagsOf = (value: string): SessionFlag[] =>
  value.split(" | ").filter((name): name is SessionFlag => Object.hasOwn(SESSION_FLAGS, name));
