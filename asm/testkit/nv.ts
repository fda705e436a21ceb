/** Commands for NV Indices, as bytes: Part 3, 31 and 23. */

import { TPM_NT } from "../../src/spec/constants.ts";
import { command, concat, password, type Session, sized, u8, u16, u32, u64 } from "./harness.ts";
import { ALG, bitsOf, CC, RH } from "./names.ts";
import { digest } from "./sessions.ts";

const { TPM_NT: NT_FIELD, ...FLAGS } = bitsOf("TPMA_NV");
const nvType = (type: keyof typeof TPM_NT) => (NT_FIELD & -NT_FIELD) * TPM_NT[type];
/** TPMA_NV (Part 2, 13.4), with the values of its field TPM_NT. */
export const NV = {
  ...FLAGS,
  COUNTER: nvType("TPM_NT_COUNTER"),
  BITS: nvType("TPM_NT_BITS"),
  EXTEND: nvType("TPM_NT_EXTEND"),
  PIN_FAIL: nvType("TPM_NT_PIN_FAIL"),
  PIN_PASS: nvType("TPM_NT_PIN_PASS"),
} as const;
/** The owner and whoever knows the authValue may read and write; failed tries are not counted. */
export const OPEN = NV.OWNERWRITE | NV.AUTHWRITE | NV.OWNERREAD | NV.AUTHREAD | NV.NO_DA;

export interface NvPublic {
  handle: number;
  /** TPMI_ALG_HASH, SHA-256 unless given. */
  nameAlg?: number;
  attributes: number;
  policy?: Uint8Array;
  size: number;
}

/** TPMS_NV_PUBLIC */
export function nvPublic({ handle, nameAlg = ALG.SHA256, attributes, policy = new Uint8Array(0), size }: NvPublic) {
  return concat(u32(handle), u16(nameAlg), u32(attributes >>> 0), sized(policy), u16(size));
}

/** The Name of an index whose attributes are now `attributes`. */
export function nvName(info: NvPublic, attributes = info.attributes): Uint8Array {
  const nameAlg = info.nameAlg ?? ALG.SHA256;
  return concat(u16(nameAlg), digest(nameAlg, nvPublic({ ...info, attributes })));
}

type Bytes = Uint8Array | number[];
/** A password, or the sessions in its place. */
type Auth = Bytes | Session[];
const isSessions = (auth: Auth): auth is Session[] => typeof auth[0] === "object";
const by = (auth: Auth): Session[] => (isSessions(auth) ? auth : [password(auth)]);

/** TPM2_NV_DefineSpace by the owner, or the platform where the attributes say so. */
export function defineSpace(info: NvPublic, auth: Bytes = [], authHandle?: number, ownerAuth: Bytes = []): Uint8Array {
  const creator = authHandle ?? (info.attributes & NV.PLATFORMCREATE ? RH.PLATFORM : RH.OWNER);
  return command(CC.NV_DefineSpace, [creator], [sized(auth), sized(nvPublic(info))], [password(ownerAuth)]);
}
export const undefineSpace = (authHandle: number, index: number, auth: Auth = []) =>
  command(CC.NV_UndefineSpace, [authHandle, index], [], by(auth));
export const nvReadPublic = (index: number) => command(CC.NV_ReadPublic, [index]);
export const nvWrite = (authHandle: number, index: number, data: Bytes, offset = 0, auth: Auth = []) =>
  command(CC.NV_Write, [authHandle, index], [sized(data), u16(offset)], by(auth));
export const nvIncrement = (authHandle: number, index: number, auth: Auth = []) =>
  command(CC.NV_Increment, [authHandle, index], [], by(auth));
export const nvExtend = (authHandle: number, index: number, data: Bytes, auth: Auth = []) =>
  command(CC.NV_Extend, [authHandle, index], [sized(data)], by(auth));
export const nvSetBits = (authHandle: number, index: number, bits: bigint, auth: Auth = []) =>
  command(CC.NV_SetBits, [authHandle, index], [u64(bits)], by(auth));
export const nvWriteLock = (authHandle: number, index: number, auth: Auth = []) =>
  command(CC.NV_WriteLock, [authHandle, index], [], by(auth));
export const globalWriteLock = (authHandle: number, auth: Auth = []) =>
  command(CC.NV_GlobalWriteLock, [authHandle], [], by(auth));
export const nvRead = (authHandle: number, index: number, size: number, offset = 0, auth: Auth = []) =>
  command(CC.NV_Read, [authHandle, index], [u16(size), u16(offset)], by(auth));
export const nvReadLock = (authHandle: number, index: number, auth: Auth = []) =>
  command(CC.NV_ReadLock, [authHandle, index], [], by(auth));

/** TPMS_NV_PIN_COUNTER_PARAMETERS */
export const pin = (count: number, limit: number) => concat(u32(count), u32(limit));

export const policyNvWritten = (session: number, written: boolean) =>
  command(CC.PolicyNvWritten, [session], [u8(written ? 1 : 0)]);
export const policyNv = (
  authHandle: number,
  index: number,
  session: number,
  operand: Bytes,
  offset: number,
  operation: number,
  auth: Auth = [],
) => command(CC.PolicyNV, [authHandle, index, session], [sized(operand), u16(offset), u16(operation)], by(auth));
export const policyAuthorizeNv = (authHandle: number, index: number, session: number, auth: Auth = []) =>
  command(CC.PolicyAuthorizeNV, [authHandle, index, session], [], by(auth));
