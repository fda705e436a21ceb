/** What a verifier asks of a machine: the shape of a policy, as policyFormat.ts reads it from JSON. docs/attest.md has the words. */

/** A policy file's version: what an older reader must refuse has a higher one. */
export const POLICY_VERSION = 1;

/** What is not on a list. */
export type Others = "refuse" | "accept";

/** An event of the firmware's log, by what its digest must be. */
export interface ExpectedEvent {
  /** In the bank of the policy; null where a text is asked for. */
  readonly digest: Uint8Array | null;
  /** Its octets, whose digest is the event's; null where the digest itself is asked for. */
  readonly text: Uint8Array | null;
  /** For people: "kernel". */
  readonly what: string;
}

export interface EventRule {
  /** In their order. */
  readonly list: readonly ExpectedEvent[];
  /** Events of the PCR that are not on the list. */
  readonly others: Others;
}

export interface ImaRule {
  /** Path -> digests that it may have, as the list has them: "sha256:5179…". */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** Files that are not on the list. */
  readonly others: Others;
  /** Files that were written while they were measured. */
  readonly violations: Others;
  /** Whether the list's first entry must be of the quoted PCRs of the boot. */
  readonly bootAggregate: "compare" | "ignore";
}

export const SECURE_BOOT_VARIABLES = ["PK", "KEK", "db", "dbx"] as const;
export type SecureBootVariable = (typeof SECURE_BOOT_VARIABLES)[number];

export interface SecureBootRule {
  /** Whether the variable SecureBoot is on. */
  readonly enabled: boolean;
  /** SHA-256 digests that the variable's value may have. */
  readonly variables: ReadonlyMap<SecureBootVariable, readonly Uint8Array[]>;
  /** SHA-256 digests of what may have verified an image, of EV_EFI_VARIABLE_AUTHORITY; null: any. */
  readonly authorities: readonly Uint8Array[] | null;
}

export interface AttestationPolicy {
  /** For people. */
  readonly name: string | null;
  /** TPM_ALG_ID of the bank that logs are replayed in; null: the strongest that there is, which SHA-1 is never. */
  readonly bank: number | null;
  /** Bank (TPM_ALG_ID) -> PCR -> values that it may have. */
  readonly pcrs: ReadonlyMap<number, ReadonlyMap<number, readonly Uint8Array[]>>;
  /** By PCR. */
  readonly events: ReadonlyMap<number, EventRule>;
  /** Quoted PCRs that may have any value. */
  readonly ignoredPcrs: readonly number[];
  readonly ima: ImaRule | null;
  readonly secureBoot: SecureBootRule | null;
  /** Any of them; null: any version. */
  readonly firmwareVersions: readonly bigint[] | null;
  /** Certificates in PEM that an EK's chain may end in; null: those that the verifier is given. */
  readonly ekRoots: readonly string[] | null;
  /** Names of EKs, any of them; null: any EK. */
  readonly ekNames: readonly Uint8Array[] | null;
  /** Names of AKs, any of them; null: any AK. */
  readonly akNames: readonly Uint8Array[] | null;
}

/** A policy that asks for nothing: what others are made of. */
export const EMPTY_POLICY: AttestationPolicy = {
  name: null,
  bank: null,
  pcrs: new Map(),
  events: new Map(),
  ignoredPcrs: [],
  ima: null,
  secureBoot: null,
  firmwareVersions: null,
  ekRoots: null,
  ekNames: null,
  akNames: null,
};
