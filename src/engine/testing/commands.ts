/** Commands of Part 3 as bytes, for tests of what lies around the core. */

export const TPM_RH_OWNER = 0x40000001;

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

/** TPM2_HierarchyChangeAuth of the owner, authorised by its present authValue as password. */
export function changeOwnerAuth(present: Uint8Array, next: Uint8Array): Uint8Array {
  const session = [...u32(0x40000009), ...sized([]), 1, ...sized(present)];
  return build(0x8002, 0x129, [...u32(TPM_RH_OWNER), ...u32(session.length), ...session, ...sized(next)]);
}

export const responseCode = (response: Uint8Array) => new DataView(response.buffer, response.byteOffset).getUint32(6);

/** resetCount in a response of TPM2_ReadClock: time and clock, 8 bytes each, come first. */
export const resetCount = (response: Uint8Array) =>
  new DataView(response.buffer, response.byteOffset).getUint32(10 + 8 + 8);
