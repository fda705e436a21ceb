/**
 * What the core notes when it refuses a command: the check that failed, and what it looked at. Sentences are made of
 * these in src/trace/reasons. Rows have no secrets: handles, numbers of sessions, sizes, counts, public attributes.
 */

/** How the value of an operand is to be read. */
export type OperandKind =
  | "handle"
  | "number"
  | "octets"
  | "hex"
  | "command"
  | "algorithm"
  | "hierarchy"
  | "objectAttributes"
  | "nvAttributes"
  | "locality"
  | "localities"
  | "seconds";

/** An operand's name says what it is, in every row the same. */
export const operands = {
  /** Of a session, handle or parameter in the command, from 1. */
  session: "number",
  other: "number",
  number: "number",
  entity: "handle",
  handle: "handle",
  index: "handle",
  object: "handle",
  parent: "handle",
  hierarchy: "hierarchy",
  declared: "octets",
  size: "octets",
  wanted: "octets",
  left: "octets",
  /** Where the reader of the command stood, from its first octet. */
  position: "octets",
  offset: "number",
  room: "octets",
  tag: "hex",
  bits: "hex",
  location: "number",
  code: "command",
  bound: "command",
  algorithm: "algorithm",
  expected: "algorithm",
  locality: "locality",
  localities: "localities",
  askedLocalities: "localities",
  pcr: "number",
  tries: "number",
  maxTries: "number",
  count: "number",
  limit: "number",
  seconds: "seconds",
  attributes: "objectAttributes",
  nvAttributes: "nvAttributes",
} as const satisfies Readonly<Record<string, OperandKind>>;
export type OperandName = keyof typeof operands;

/** At most this many operands has a row; each is a UINT32. */
export const MAX_OPERANDS = 4;

/** Checks by their names; what the core calls one is its place in this list, from 1. Names of operands, by spaces. */
const rows = {
  // --- header and mode (Part 3, 5.2 and 5.3) ---------------------------------------------------------------------
  HEADER_SHORT: "size",
  HEADER_TAG: "tag",
  HEADER_SIZE: "declared size",
  COMMAND_TOO_LONG: "size room",
  COMMAND_UNKNOWN: "code",
  NOT_STARTED: "code",
  ALREADY_STARTED: "",
  FAILURE_MODE: "location",
  STORE_REFUSED: "",
  CANCELED: "",

  // --- handles (Part 3, 5.4) ---------------------------------------------------------------------------------------
  HANDLE_VALUE: "position",
  HIERARCHY_DISABLED: "number hierarchy",
  HANDLE_UNKNOWN: "number handle",
  OBJECT_ABSENT: "number handle",
  SESSION_ABSENT: "number handle",
  SESSION_SAVED: "number handle",
  SESSION_OTHER_TYPE: "number handle",
  PERSISTENT_ABSENT: "handle",
  PERSISTENT_DISABLED: "handle hierarchy",
  PERSISTENT_NO_SLOT: "handle",
  COMPONENT_ABSENT: "number handle",
  INDEX_UNDEFINED: "number index",
  INDEX_DISABLED: "number index hierarchy",

  // --- sessions (Part 3, 5.5) --------------------------------------------------------------------------------------
  AUTHORIZATION_SHORT: "left",
  AUTHORIZATION_SIZE: "declared left",
  SESSIONS_FORBIDDEN: "code",
  SESSIONS_TOO_MANY: "limit",
  SESSION_SHORT: "session left",
  SESSION_HANDLE: "session handle",
  SESSION_BUFFER: "session size room",
  SESSION_RESERVED: "session bits",
  PASSWORD_ATTRIBUTES: "session bits",
  PASSWORD_NONCE: "session size",
  SESSION_NOT_LOADED: "session handle",
  SESSION_CONTEXT_SAVED: "session handle",
  SESSION_KIND: "session handle",
  SESSION_TWICE: "session other handle",
  DECRYPT_NO_PARAMETER: "session code",
  DECRYPT_TWICE: "session other",
  DECRYPT_NO_CIPHER: "session handle",
  ENCRYPT_NO_PARAMETER: "session code",
  ENCRYPT_TWICE: "session other",
  ENCRYPT_NO_CIPHER: "session handle",
  AUDIT_TWICE: "session other",
  AUDIT_POLICY: "session handle",
  AUDIT_NOT_EXCLUSIVE: "session handle",
  DECRYPT_SHORT: "session left",
  DECRYPT_SIZE: "session declared left",

  // --- authorizations (Part 3, 5.6) --------------------------------------------------------------------------------
  AUTHORIZATION_MISSING: "number entity",
  PASSWORD_FOR_NOTHING: "session",
  TRIAL_FOR_USE: "session handle",
  SESSION_FOR_NOTHING: "session handle",
  PRESENCE_REQUIRED: "code",
  LOCKED_OUT: "tries maxTries seconds",
  LOCKOUT_AUTH_LOCKED: "seconds",
  FIRST_USE: "",
  POLICY_NONE: "session entity",
  POLICY_NOT_OPEN: "session index nvAttributes",
  PIN_USED_UP: "session index count limit",
  PIN_UNWRITTEN: "session index",
  POLICY_REQUIRED: "session entity",
  AUTH_NOT_OPEN: "session index nvAttributes",
  AUTH_PUBLIC_ONLY: "session object",
  AUTH_NOT_USER: "session object",
  AUTH_PLATFORM_DISABLED: "session entity",
  AUTH_UNWRITTEN: "session index",
  PASSWORD_WRONG: "session entity",
  PASSWORD_WRONG_COUNTED: "session entity tries maxTries",
  PASSWORD_WRONG_LOCKOUT: "session seconds",
  HMAC_WRONG: "session entity",
  HMAC_WRONG_WITHOUT_AUTH: "session entity",
  HMAC_WRONG_COUNTED: "session entity tries maxTries",
  HMAC_WRONG_LOCKOUT: "session seconds",
  HMAC_WRONG_ALONE: "session handle",
  HMAC_WRONG_BOUND: "session handle tries maxTries",

  // --- what a policy session still demands (Part 3, 5.6) -------------------------------------------------------------
  POLICY_SECRET_MODE: "session",
  POLICY_PCR_CHANGED: "session handle",
  POLICY_DIGEST: "session handle entity",
  POLICY_ALGORITHM: "session entity algorithm expected",
  POLICY_EXPIRED: "session handle seconds",
  POLICY_RESTARTED: "session handle",
  POLICY_COMMAND: "session bound code",
  POLICY_NO_COMMAND: "session entity code",
  POLICY_LOCALITY: "session localities locality",
  POLICY_PRESENCE: "session",
  POLICY_CP_HASH: "session code",
  POLICY_NAME_HASH: "session code",
  POLICY_TEMPLATE: "session code",
  POLICY_NOT_AN_INDEX: "session entity",
  POLICY_WRITTEN: "session index",
  POLICY_UNWRITTEN: "session index",

  // --- parameters (Part 3, 5.7 and 5.8) ------------------------------------------------------------------------------
  PARAMETER_VALUE: "position",
  PARAMETER_SURPLUS: "left",

  // --- NV Indices (Part 3, 31) ---------------------------------------------------------------------------------------
  NV_READ_LOCKED: "index",
  NV_READ_AUTHORITY: "index entity nvAttributes",
  NV_UNWRITTEN: "index",
  NV_WRITE_LOCKED: "index",
  NV_WRITE_AUTHORITY: "index entity nvAttributes",
  NV_OFFSET: "index offset room",
  NV_RANGE: "index offset size room",
  NV_PIECE: "size room",
  NV_WRITE_ALL: "index size room",
  NV_NOT_WRITABLE: "index nvAttributes",
  NV_NOT_COUNTER: "index nvAttributes",
  NV_NOT_BITS: "index nvAttributes",
  NV_NOT_EXTEND: "index nvAttributes",
  NV_NO_READ_LOCK: "index nvAttributes",
  NV_NO_WRITE_LOCK: "index nvAttributes",
  NV_AUTH_SIZE: "wanted",
  NV_POLICY_SIZE: "size wanted",
  NV_PLATFORM_DISABLED: "",
  NV_TYPE_SIZE: "nvAttributes size wanted",
  NV_TYPE_UNKNOWN: "nvAttributes",
  NV_ATTRIBUTES: "nvAttributes",
  NV_NO_READ: "nvAttributes",
  NV_NO_WRITE: "nvAttributes",
  NV_STATE_GIVEN: "nvAttributes",
  NV_PLATFORM_CREATE: "entity nvAttributes",
  NV_POLICY_DELETE_BY_OWNER: "",
  NV_WRITE_ALL_SIZE: "size room",
  NV_DEFINED: "index",
  NV_SPACE: "index size",
  NV_NEEDS_SPECIAL: "index",
  NV_OF_PLATFORM: "index",
  NV_NOT_SPECIAL: "index",

  // --- policy commands (Part 3, 23) ----------------------------------------------------------------------------------
  POLICY_NONCE: "",
  POLICY_TIMED_OUT: "seconds",
  POLICY_OTHER_EPOCH: "",
  POLICY_HASH_SIZE: "size wanted",
  POLICY_HASH_BOUND: "",
  POLICY_SELECT_COMMAND: "bound",
  POLICY_CODE_BOUND: "bound code",
  POLICY_CODE_UNKNOWN: "code",
  POLICY_LOCALITY_EMPTY: "localities askedLocalities",
  POLICY_OR_NONE: "handle count",
  POLICY_PCR_EARLIER: "handle",
  POLICY_PCR_VALUE: "algorithm",
  POLICY_WRITTEN_BOUND: "",
  POLICY_CONDITION: "index offset size",
  POLICY_COUNTER_OFFSET: "offset room",
  POLICY_COUNTER_RANGE: "offset size room",
  POLICY_COUNTER_CONDITION: "offset size",
  POLICY_KEY_HASH: "algorithm",
  POLICY_KEY_NAME: "size wanted",
  POLICY_APPROVED: "handle",
  POLICY_CHECK_TICKET: "",
  POLICY_TICKET: "",
  POLICY_NV_SHORT: "index room wanted",
  POLICY_NV_HASH: "index expected",
  POLICY_NV_OTHER: "handle index",
  POLICY_SIGNATURE: "object",
  POLICY_TIMEOUT_SIZE: "size wanted",
  POLICY_TRIAL_TICKET: "handle",
  POLICY_TEMPLATE_BOUND: "",

  // --- sessions and contexts (Part 3, 11, 28) ------------------------------------------------------------------------
  SESSION_SLOTS: "limit",
  SESSION_HANDLES: "limit",
  CONTEXT_GAP: "",
  CONTEXT_SHORT: "size",
  CONTEXT_INTEGRITY_SIZE: "declared wanted",
  CONTEXT_INTEGRITY: "handle",
  CONTEXT_STALE: "handle",
  CONTEXT_HIERARCHY: "hierarchy",
  OBJECT_SLOTS: "limit",
  FLUSH_ABSENT: "handle",
  EVICT_ATTRIBUTES: "object",
  EVICT_OTHER_HANDLE: "object handle",
  EVICT_HIERARCHY: "object hierarchy entity",
  EVICT_RANGE: "handle entity",
  EVICT_DEFINED: "handle",
  EVICT_SPACE: "handle",
  SALT_WITHOUT_KEY: "",
  SALT_KEY_TYPE: "object",
  SALT_MISSING: "object",
  SALT_PUBLIC_ONLY: "object",
  SALT_ATTRIBUTES: "object attributes",
  SALT_DECRYPT: "object",
  NONCE_SIZE: "size wanted room",
  BIND_PIN: "index",
  BIND_PUBLIC_ONLY: "object",
  SESSION_MODE: "algorithm",

  // --- objects (Part 3, 12, 13 and 14) -------------------------------------------------------------------------------
  PARENT_NOT: "parent",
  STORAGE_NOT: "parent",
  OBJECT_IS_SEQUENCE: "object",
  ORIGIN_WITHOUT_DATA: "attributes",
  ORIGIN_WITH_DATA: "attributes",
  SEAL_NOTHING: "attributes",
  CALLERS_PARENT: "attributes",
  ORIGIN_ASYMMETRIC: "attributes",
  OBJECT_POLICY_SIZE: "size wanted",
  FIXED_PARENT_ALONE: "attributes",
  FIXED_TPM_ALONE: "attributes",
  RESTRICTED_BOTH: "attributes",
  NO_USE: "attributes",
  ENCRYPTED_DUPLICATION_FIXED: "attributes",
  ENCRYPTED_DUPLICATION_PARENT: "attributes",
  DERIVED_FIXED: "attributes",
  OBJECT_SCHEME: "attributes algorithm",
  OBJECT_SYMMETRIC: "attributes",
  OBJECT_KDF: "",
  STORAGE_SYMMETRIC: "",
  STORAGE_NAME_ALG: "algorithm expected",
  STORAGE_OTHER_SYMMETRIC: "",
  OBJECT_AUTH_SIZE: "wanted",
  RSA_EXPONENT: "",
  WEAK_KEY: "",
  PRIVATE_EMPTY: "",
  PRIVATE_SIZES: "",
  PRIVATE_INTEGRITY: "",
  SENSITIVE_TYPE: "",
  SENSITIVE_SEED: "",
  SENSITIVE_KEY_SIZE: "",
  PUBLIC_UNIQUE: "",
  POINT_OFF_CURVE: "",
  OBJECT_BINDING: "",
  EXTERNAL_DISABLED: "hierarchy",
  EXTERNAL_HIERARCHY: "hierarchy",
  EXTERNAL_ATTRIBUTES: "attributes",
  SECRET_DECRYPT: "parent",
  CREDENTIAL_SIZE: "wanted",
  OTHER_PARENT: "parent object",
  UNSEAL_TYPE: "object",
  UNSEAL_ATTRIBUTES: "object attributes",
  DERIVED_RSA: "",
  DERIVED_ORIGIN: "attributes",
  DUPLICATE_FIXED: "object",
  DUPLICATE_INNER: "object",
  DUPLICATE_OUTER: "object",
  INNER_KEY_SIZE: "wanted",
  IMPORT_FIXED: "attributes",
  IMPORT_ENCRYPTED: "",
  REWRAP_SEED: "parent",

  // --- use of keys (Part 3, 15 to 18, 20 and 21) ---------------------------------------------------------------------
  KEY_TYPE: "expected",
  KEY_ATTRIBUTES: "attributes",
  KEY_NOT_SIGNING: "object",
  KEY_X509_ONLY: "object",
  SIGN_SCHEME: "object",
  SIGN_TICKET: "object",
  SIGN_DIGEST_SIZE: "",
  SIGNATURE_PUBLIC_ONLY: "",
  SIGNATURE_SCHEME: "algorithm",
  SIGNATURE_WRONG: "",
  MAC_SCHEME: "algorithm",
  CIPHER_MODE: "algorithm",
  CIPHER_IV: "size wanted",
  CIPHER_BLOCKS: "wanted",
  RSA_LABEL: "",
  RSA_SCHEME: "object",
  RSA_MESSAGE: "",
  RSA_CIPHER_SIZE: "size wanted",
  RSA_PADDING: "object",
  EXCHANGE_SCHEME: "algorithm",
  SEQUENCE_NOT: "object",
  CREATION_TICKET: "object",
  AUDIT_SESSION_NOT: "handle",
  COMMITMENT: "",
  CERTIFICATE_KEY: "object",
  CERTIFICATE_FORM: "",
  CERTIFICATE_USAGE: "object attributes",
  CERTIFICATE_SCHEME: "",
  TEMPLATE: "",

  // --- platform (Part 3, 9, 22, 24, 25) --------------------------------------------------------------------------------
  CLEAR_DISABLED: "",
  CLEAR_BY_LOCKOUT: "",
  HIERARCHY_CONTROL: "entity hierarchy",
  POLICY_AUTH_SIZE: "size wanted algorithm",
  PCR_LOCALITY_EXTEND: "pcr locality",
  PCR_LOCALITY_RESET: "pcr locality",
  PCR_NO_AUTH: "pcr",
  STARTUP_LOCALITY: "locality",
  STARTUP_NO_STATE: "",
  STARTUP_OTHER_LOCALITY: "locality",
  STARTUP_HCRTM: "",
  SHUTDOWN_PCRS: "",
  PCR_WITHOUT_CRTM: "",
  CLOCK_VALUE: "",
  AUDIT_LIST_GIVEN: "",
  ACT_NOT_SIGNALED: "",
  TEST_UNKNOWN: "algorithm",
  CAPABILITY_PROPERTY: "tag",
} as const satisfies Readonly<Record<string, string>>;

type Rows = typeof rows;
export type RefusalName = keyof Rows;
type Words<Text extends string> = Text extends `${infer First} ${infer Rest}`
  ? First | Words<Rest>
  : Text extends ""
    ? never
    : Text;
/** The operands of a check, by their names: UINT32s. */
export type RefusalOperands<Name extends RefusalName> = Readonly<Record<Words<Rows[Name]> & OperandName, number>>;

/** Why a command was refused: noted by the core at the very place. */
export type Refusal = {
  [Name in RefusalName]: { readonly check: Name; readonly operands: RefusalOperands<Name> };
}[RefusalName];

/** The names of the checks, in the order of the core's numbers. */
export const refusalNames = Object.keys(rows) as readonly RefusalName[];

/** The names of a check's operands, in their order. */
export function operandsOf(check: RefusalName): readonly OperandName[] {
  const row: string = rows[check];
  return row === "" ? [] : (row.split(" ") as OperandName[]);
}

/** A refusal by name, for those that are not the core's. */
export function refusal<Name extends RefusalName>(check: Name, operands: RefusalOperands<Name>): Refusal {
  return { check, operands } as unknown as Refusal;
}

/**
 * A note of the core.
 * @param check its number of the check; 0 for none
 * @param values UINT32s, as many as the row has; what is missing is 0
 * @returns null for no check, and for one that this table does not have
 */
export function refusalOf(check: number, values: ArrayLike<number>): Refusal | null {
  const name = refusalNames[check - 1];
  if (name === undefined) return null;
  const named = Object.fromEntries(operandsOf(name).map((operand, i) => [operand, (values[i] ?? 0) >>> 0]));
  return { check: name, operands: named } as unknown as Refusal;
}
