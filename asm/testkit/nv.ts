/** Commands for NV Indices, as bytes: Part 3, 31 and 23. */

import { ALG, command, concat, password, RH, type Session, sized, u8, u16, u32, u64 } from "./harness.ts";
import { CC } from "./names.ts";
import { digest } from "./sessions.ts";

/** TPMA_NV (Part 2, 13.4). */
export const NV = {
  PPWRITE: 0x1,
  OWNERWRITE: 0x2,
  AUTHWRITE: 0x4,
  POLICYWRITE: 0x8,
  COUNTER: 0x10,
  BITS: 0x20,
  EXTEND: 0x40,
  PIN_FAIL: 0x80,
  PIN_PASS: 0x90,
  POLICY_DELETE: 0x400,
  WRITELOCKED: 0x800,
  WRITEALL: 0x1000,
  WRITEDEFINE: 0x2000,
  WRITE_STCLEAR: 0x4000,
  GLOBALLOCK: 0x8000,
  PPREAD: 0x1_0000,
  OWNERREAD: 0x2_0000,
  AUTHREAD: 0x4_0000,
  POLICYREAD: 0x8_0000,
  NO_DA: 0x200_0000,
  ORDERLY: 0x400_0000,
  CLEAR_STCLEAR: 0x800_0000,
  READLOCKED: 0x1000_0000,
  WRITTEN: 0x2000_0000,
  PLATFORMCREATE: 0x4000_0000,
  READ_STCLEAR: 0x8000_0000,
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
