/** What a command is about, read without decoding it: for whoever lists commands while a guest runs. */
import { type Command, commandWithCode } from "../spec/commands.ts";
import { codeOf, HEADER_SIZE, TPM_RC_SUCCESS, TPM_ST_SESSIONS } from "../spec/header.ts";
import { type DecodedResponseCode, decodeResponseCode } from "./responseCode.ts";

export interface TraceHead {
  /** Name without TPM2_: "PCR_Extend"; the code in hex where there is no such command. */
  readonly name: string;
  readonly code: number;
  /** Undefined where there is no such command. */
  readonly command: Command | undefined;
  /** The handles that the command names; fewer where its octets end early. */
  readonly handles: readonly number[];
  /** The handles of its sessions. */
  readonly sessions: readonly number[];
  /** The handle that the response brings; undefined where it brings none. */
  readonly responseHandle: number | undefined;
  readonly responseCode: DecodedResponseCode;
}

const MAX_SESSIONS = 3;
/** Nonce, attributes and HMAC of a session are at least as long. */
const LEAST_SESSION = 9;

const u16 = (octets: Uint8Array, at: number) => (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
const u32 = (octets: Uint8Array, at: number) => u16(octets, at) * 65536 + u16(octets, at + 2);

/** Never throws, whatever the octets are. */
export function readHead(octets: Uint8Array, response: Uint8Array): TraceHead {
  const isWhole = octets.length >= HEADER_SIZE;
  const code = isWhole ? codeOf(octets) : 0;
  const command = isWhole ? commandWithCode(code) : undefined;
  const handles: number[] = [];
  let at = HEADER_SIZE;
  for (const _ of command?.handles ?? []) {
    if (at + 4 > octets.length) break;
    handles.push(u32(octets, at));
    at += 4;
  }
  const responseCode = decodeResponseCode(codeOf(response), command);
  const bringsHandle =
    responseCode.code === TPM_RC_SUCCESS &&
    (command?.responseHandles.length ?? 0) > 0 &&
    response.length >= HEADER_SIZE + 4;
  return {
    name: command?.name ?? (isWhole ? `0x${code.toString(16).padStart(8, "0")}` : "(short)"),
    code,
    command,
    handles,
    sessions: command === undefined ? [] : sessionsOf(octets, at),
    responseHandle: bringsHandle ? u32(response, HEADER_SIZE) : undefined,
    responseCode,
  };
}

function sessionsOf(octets: Uint8Array, start: number): number[] {
  const sessions: number[] = [];
  if (u16(octets, 0) !== TPM_ST_SESSIONS) return sessions;
  const end = Math.min(octets.length, start + 4 + u32(octets, start));
  let at = start + 4;
  while (at + LEAST_SESSION <= end && sessions.length < MAX_SESSIONS) {
    sessions.push(u32(octets, at));
    at += 4;
    // Nonce, attributes, HMAC.
    at += 2 + u16(octets, at) + 1;
    at += 2 + u16(octets, at);
  }
  return sessions;
}
