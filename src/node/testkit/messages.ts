/** Commands and responses in hexadecimal, as {@link Client} sends and receives them. */
import { type CommandInput, marshalCommand, type SessionOctets } from "../../client/index.ts";
import { errorResponse } from "../../engine/responses.ts";
import type { CommandName } from "../../spec/commands.ts";
import { rc } from "../../spec/testkit/responseCode.ts";

/** Of an integer, big-endian. @param size octets */
export const hexOf = (value: number, size = 4) => value.toString(16).padStart(size * 2, "0");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

export function command<Name extends CommandName>(
  name: Name,
  input: CommandInput<Name> & { readonly sessions?: readonly SessionOctets[] },
): string {
  return hex(marshalCommand(name, input));
}

export const STARTUP = command("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
export const STARTUP_STATE = command("Startup", { parameters: { startupType: "TPM_SU_STATE" } });
export const SHUTDOWN = command("Shutdown", { parameters: { shutdownType: "TPM_SU_CLEAR" } });
/** Of 4 octets. */
export const GET_RANDOM = command("GetRandom", { parameters: { bytesRequested: 4 } });
export const READ_CLOCK = command("ReadClock", {});

/** Of the bank of SHA-256; its response has 62 octets, and ends with the value. */
export function readPcr(pcr: number): string {
  const pcrSelect = new Uint8Array(3);
  pcrSelect[pcr >> 3] = 1 << (pcr & 7);
  return command("PCR_Read", { parameters: { pcrSelectionIn: [{ hash: "TPM_ALG_SHA256", pcrSelect }] } });
}

/** Its response has 19 octets. */
export const EXTEND_16 = command("PCR_Extend", {
  handles: { pcrHandle: 16 },
  parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(7) }] },
});

/** A response code. */
export const codeOf = (...about: Parameters<typeof rc>) => hexOf(rc(...about));
/** A response of 10 octets, with this response code. */
export const bare = (...about: Parameters<typeof rc>) => hex(errorResponse(rc(...about)));
export const SUCCESS = bare("TPM_RC_SUCCESS");

/** The response code of a response. */
export const responseCode = (response: string) => response.slice(12, 20);
