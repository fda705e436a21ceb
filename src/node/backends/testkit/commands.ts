/** Commands for TPMs elsewhere, and how their answers look: hexadecimal. */
import type { TpmBackend } from "../../../engine/backend.ts";

export const STARTUP = "80010000000c000001440000";
export const SHUTDOWN = "80010000000c000001450000";
export const GET_RANDOM = "80010000000c0000017b0010";
/** PCR 16 to 23 can be extended and reset by anybody. */
export const pcrRead = (pcr: number) => {
  const select = [0, 0, 0];
  select[pcr >> 3] = 1 << (pcr & 7);
  return `8001000000140000017e00000001000b03${Buffer.from(select).toString("hex")}`;
};
/** An empty password. */
const PASSWORD = "00000009400000090000000000";
export const sessions = (code: string, handles: string, parameters: string, auth = PASSWORD) => {
  const body = `${code}${handles}${auth}${parameters}`;
  return `8002${(6 + body.length / 2).toString(16).padStart(8, "0")}${body}`;
};
const u32 = (value: number) => value.toString(16).padStart(8, "0");
export const pcrExtend = (pcr: number) => sessions("00000182", u32(pcr), `00000001000b${"5a".repeat(32)}`);
export const pcrReset = (pcr: number) => sessions("0000013d", u32(pcr), "");
/** RSA-2048, which takes a software TPM long enough to be met in the middle of it. */
export const CREATE_RSA = sessions(
  "00000131",
  "40000001",
  "000400000000001a0001000b00030072000000060080004300100800000000000000000000000000",
);

export const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
export const ask = async (tpm: Pick<TpmBackend, "execute">, hex: string, locality: 0 | 1 | 2 | 3 | 4 = 0) =>
  Buffer.from(await tpm.execute(bytes(hex), { locality })).toString("hex");
export const code = (response: string) => response.slice(12, 20);
