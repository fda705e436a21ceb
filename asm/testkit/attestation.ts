/** Attestation commands and TPMS_ATTEST, as bytes of Part 2, 10.12 and Part 3, 18. */

import { command, concat, password, type Session, sized, u16 } from "./harness.ts";
import { CC, RH } from "./names.ts";
import { Fields } from "./objects.ts";
import { NO_SCHEME } from "./signatures.ts";

export const ATTEST = {
  NV: 0x8014,
  COMMAND_AUDIT: 0x8015,
  SESSION_AUDIT: 0x8016,
  CERTIFY: 0x8017,
  QUOTE: 0x8018,
  TIME: 0x8019,
  CREATION: 0x801a,
  NV_DIGEST: 0x801c,
} as const;

interface Options {
  qualifyingData?: Uint8Array | number[];
  scheme?: Uint8Array;
  sessions?: Session[];
}
const two = [password(), password()];
const qualified = ({ qualifyingData = [], scheme = NO_SCHEME }: Options) => [sized(qualifyingData), scheme];

export const certify = (object: number, key: number, o: Options = {}) =>
  command(CC.Certify, [object, key], qualified(o), o.sessions ?? two);
export const certifyCreation = (
  key: number,
  object: number,
  creationHash: Uint8Array,
  ticket: Uint8Array,
  { qualifyingData = [], scheme = NO_SCHEME, sessions = [password()] }: Options = {},
) => command(CC.CertifyCreation, [key, object], [sized(qualifyingData), sized(creationHash), scheme, ticket], sessions);
export const quote = (key: number, selections: Uint8Array, o: Options = {}) =>
  command(CC.Quote, [key], [...qualified(o), selections], o.sessions ?? [password()]);
export const getSessionAuditDigest = (key: number, session: number, o: Options & { privacyAdmin?: number } = {}) =>
  command(CC.GetSessionAuditDigest, [o.privacyAdmin ?? RH.ENDORSEMENT, key, session], qualified(o), o.sessions ?? two);
export const getCommandAuditDigest = (key: number, o: Options & { privacyAdmin?: number } = {}) =>
  command(CC.GetCommandAuditDigest, [o.privacyAdmin ?? RH.ENDORSEMENT, key], qualified(o), o.sessions ?? two);
export const getTime = (key: number, o: Options & { privacyAdmin?: number } = {}) =>
  command(CC.GetTime, [o.privacyAdmin ?? RH.ENDORSEMENT, key], qualified(o), o.sessions ?? two);
export const nvCertify = (
  key: number,
  authHandle: number,
  index: number,
  size: number,
  offset: number,
  o: Options = {},
) => command(CC.NV_Certify, [key, authHandle, index], [...qualified(o), u16(size), u16(offset)], o.sessions ?? two);
export const certifyX509 = (
  object: number,
  key: number,
  partial: Uint8Array | number[],
  { scheme = NO_SCHEME, sessions = two, reserved = [] }: Options & { reserved?: number[] } = {},
) => command(CC.CertifyX509, [object, key], [sized(reserved), scheme, sized(partial)], sessions);

export interface Attest {
  magic: number;
  type: number;
  qualifiedSigner: Uint8Array;
  extraData: Uint8Array;
  clock: bigint;
  resetCount: number;
  restartCount: number;
  safe: number;
  firmwareVersion: bigint;
  /** TPMU_ATTEST */
  attested: Fields;
}
export function readAttest(bytes: Uint8Array): Attest {
  const fields = new Fields(bytes);
  const wide = () => BigInt(fields.number(4)) * 0x100000000n + BigInt(fields.number(4));
  return {
    magic: fields.number(4),
    type: fields.number(2),
    qualifiedSigner: fields.sized(),
    extraData: fields.sized(),
    clock: wide(),
    resetCount: fields.number(4),
    restartCount: fields.number(4),
    safe: fields.number(1),
    firmwareVersion: wide(),
    attested: new Fields(concat(fields.rest())),
  };
}
