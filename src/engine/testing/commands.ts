/** Commands of Part 3 as bytes, for tests of what lies around the core. */

export const TPM_RH_OWNER = 0x40000001;
const TPM_RH_ACT_0 = 0x40000110;

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const sized = (bytes: ArrayLike<number>) => [...u16(bytes.length), ...Array.from(bytes)];

function build(tag: number, code: number, body: number[]): Uint8Array {
  return Uint8Array.from([...u16(tag), ...u32(10 + body.length), ...u32(code), ...body]);
}

export const startup = (type: "clear" | "state" = "clear") => build(0x8001, 0x144, u16(type === "clear" ? 0 : 1));
export const shutdown = (type: "clear" | "state" = "clear") => build(0x8001, 0x145, u16(type === "clear" ? 0 : 1));
export const getRandom = (size: number) => build(0x8001, 0x17b, u16(size));
export const readClock = () => build(0x8001, 0x181, []);

function buildWithPassword(code: number, handle: number, auth: Uint8Array, parameters: number[]): Uint8Array {
  const session = [...u32(0x40000009), ...sized([]), 1, ...sized(auth)];
  return build(0x8002, code, [...u32(handle), ...u32(session.length), ...session, ...parameters]);
}

/** TPM2_HierarchyChangeAuth of the owner, authorised by its present authValue as password. */
export const changeOwnerAuth = (present: Uint8Array, next: Uint8Array) =>
  buildWithPassword(0x129, TPM_RH_OWNER, present, sized(next));

/** TPM2_ACT_SetTimeout of TPM_RH_ACT_n, which has no authValue. */
export const setActTimeout = (n: number, seconds: number) =>
  buildWithPassword(0x198, TPM_RH_ACT_0 + n, new Uint8Array(0), u32(seconds));

export const responseCode = (response: Uint8Array) => new DataView(response.buffer, response.byteOffset).getUint32(6);

/** resetCount in a response of TPM2_ReadClock: time and clock, 8 bytes each, come first. */
export const resetCount = (response: Uint8Array) =>
  new DataView(response.buffer, response.byteOffset).getUint32(10 + 8 + 8);
