/** Commands of Part 3 as bytes, for tests of what lies around the core. */
import { attributeBits } from "../../spec/attributes.ts";
import { TPM_CC } from "../../spec/commands.ts";
import { TPM_SU } from "../../spec/constants.ts";
import { TPM_RH } from "../../spec/handles.ts";
import { HEADER_SIZE, TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS } from "../../spec/header.ts";

const { TPM_SU_CLEAR, TPM_SU_STATE } = TPM_SU;
const CONTINUE_SESSION = attributeBits("TPMA_SESSION", "continueSession");

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const sized = (bytes: ArrayLike<number>) => [...u16(bytes.length), ...Array.from(bytes)];

function build(tag: number, code: number, body: number[]): Uint8Array {
  return Uint8Array.from([...u16(tag), ...u32(HEADER_SIZE + body.length), ...u32(code), ...body]);
}

const bare = (code: number, body: number[]) => build(TPM_ST_NO_SESSIONS, code, body);
export const startup = (type: "clear" | "state" = "clear") =>
  bare(TPM_CC.TPM_CC_Startup, u16(type === "clear" ? TPM_SU_CLEAR : TPM_SU_STATE));
export const shutdown = (type: "clear" | "state" = "clear") =>
  bare(TPM_CC.TPM_CC_Shutdown, u16(type === "clear" ? TPM_SU_CLEAR : TPM_SU_STATE));
export const getRandom = (size: number) => bare(TPM_CC.TPM_CC_GetRandom, u16(size));
export const getTestResult = () => bare(TPM_CC.TPM_CC_GetTestResult, []);
export const getCapability = (capability: number, property: number, count: number) =>
  bare(TPM_CC.TPM_CC_GetCapability, [...u32(capability), ...u32(property), ...u32(count)]);
export const readClock = () => bare(TPM_CC.TPM_CC_ReadClock, []);

function buildWithPassword(code: number, handle: number, auth: Uint8Array, parameters: number[]): Uint8Array {
  const session = [...u32(TPM_RH.TPM_RS_PW), ...sized([]), CONTINUE_SESSION, ...sized(auth)];
  return build(TPM_ST_SESSIONS, code, [...u32(handle), ...u32(session.length), ...session, ...parameters]);
}

/** TPM2_HierarchyChangeAuth of the owner, authorised by its present authValue as password. */
export const changeOwnerAuth = (present: Uint8Array, next: Uint8Array) =>
  buildWithPassword(TPM_CC.TPM_CC_HierarchyChangeAuth, TPM_RH.TPM_RH_OWNER, present, sized(next));

/** TPM2_Clear by the platform hierarchy, whose authValue is empty. */
export const clear = () => buildWithPassword(TPM_CC.TPM_CC_Clear, TPM_RH.TPM_RH_PLATFORM, new Uint8Array(0), []);

/** TPM2_DictionaryAttackLockReset, authorised by lockoutAuth as password. */
export const lockReset = (lockoutAuth: Uint8Array) =>
  buildWithPassword(TPM_CC.TPM_CC_DictionaryAttackLockReset, TPM_RH.TPM_RH_LOCKOUT, lockoutAuth, []);

/** TPM2_ACT_SetTimeout of TPM_RH_ACT_n, which has no authValue. */
export const setActTimeout = (n: number, seconds: number) =>
  buildWithPassword(TPM_CC.TPM_CC_ACT_SetTimeout, TPM_RH.TPM_RH_ACT_0 + n, new Uint8Array(0), u32(seconds));

export const responseCode = (response: Uint8Array) => new DataView(response.buffer, response.byteOffset).getUint32(6);

/** resetCount in a response of TPM2_ReadClock: time and clock, 8 bytes each, come first. */
export const resetCount = (response: Uint8Array) =>
  new DataView(response.buffer, response.byteOffset).getUint32(HEADER_SIZE + 8 + 8);
