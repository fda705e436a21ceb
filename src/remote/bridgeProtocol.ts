/**
 * The messages between a bridge and who uses its TPM, on a WebSocket with subprotocol `tabtpm.bridge` (docs/bridge.md).
 *
 * The first two are text, JSON: {@link Hello} from the client, {@link Welcome} from the bridge. All others are binary, integers
 * big-endian: UINT8 what, UINT32 number, and what belongs to it. The client numbers its requests; an answer has its request's number.
 */
import type { TpmPower } from "../engine/backend.ts";

export const SUBPROTOCOL = "tabtpm.bridge";
export const BRIDGE_VERSION = 1;

/** Requests. */
export const EXECUTE = 0x01;
export const CANCEL = 0x02;
export const POWER_ON = 0x03;
export const POWER_OFF = 0x04;
export const HASH_START = 0x05;
export const HASH_DATA = 0x06;
export const HASH_END = 0x07;
export const RESET_ESTABLISHED = 0x08;
/** Answers: UINT8 flags, and what was asked for; or UINT8 kind and a sentence. */
export const DONE = 0x81;
export const REFUSED = 0x82;

/** Of DONE. */
export const FLAG_ESTABLISHED = 1;

/** Kinds of REFUSED. */
export const KIND_POWERED_OFF = 1;
export const KIND_UNSUPPORTED = 2;
export const KIND_FAILED = 3;

const REQUESTS: readonly number[] = [
  EXECUTE,
  CANCEL,
  POWER_ON,
  POWER_OFF,
  HASH_START,
  HASH_DATA,
  HASH_END,
  RESET_ESTABLISHED,
];
const HEAD = 5;
/** The largest binary message: a command or response, its head and its locality or flags. */
export const MAX_MESSAGE = 4096 + HEAD + 1;
export const MAX_HELLO = 4096;

/** Why a bridge closes the connection: codes of the range that is an application's own (RFC 6455, 7.4.2). */
export const CLOSE = {
  protocol: 4400,
  token: 4401,
  origin: 4403,
  busy: 4409,
  version: 4426,
  backend: 4500,
} as const;

export interface Hello {
  type: "hello";
  version: number;
  token: string;
}

export interface Welcome {
  type: "welcome";
  version: number;
  /** What the TPM is, for people. */
  tpm: string;
  shared: boolean;
  established: boolean;
  power: TpmPower;
}

export interface Message {
  what: number;
  number: number;
  body: Uint8Array;
}

/** A message that this protocol does not have. */
export class BridgeProtocolError extends Error {
  override name = "BridgeProtocolError";
}

export function encodeMessage(what: number, number: number, ...body: Uint8Array[]): Uint8Array {
  const size = body.reduce((sum, part) => sum + part.length, HEAD);
  const message = new Uint8Array(size);
  const view = new DataView(message.buffer);
  view.setUint8(0, what);
  view.setUint32(1, number);
  let at = HEAD;
  for (const part of body) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

/** @param from who sent it. @throws BridgeProtocolError */
export function decodeMessage(message: Uint8Array, from: "client" | "bridge"): Message {
  if (message.length < HEAD) throw new BridgeProtocolError(`a message of ${message.length} bytes`);
  if (message.length > MAX_MESSAGE) throw new BridgeProtocolError(`a message of ${message.length} bytes`);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const what = view.getUint8(0);
  const body = message.subarray(HEAD);
  const known = from === "client" ? REQUESTS.includes(what) : what === DONE || what === REFUSED;
  if (!known) throw new BridgeProtocolError(`there is no message 0x${what.toString(16)}`);
  if (!fits(what, body.length)) {
    throw new BridgeProtocolError(`message 0x${what.toString(16)} with ${body.length} bytes`);
  }
  return { what, number: view.getUint32(1), body };
}

function fits(what: number, size: number): boolean {
  switch (what) {
    case EXECUTE:
      return size >= 2;
    case HASH_DATA:
    case DONE:
    case REFUSED:
      return size >= 1;
    case POWER_ON:
      return size === 4;
    case RESET_ESTABLISHED:
      return size === 1;
    default:
      return size === 0;
  }
}

/** @throws BridgeProtocolError for what is no hello; its version is not looked at. */
export function decodeHello(text: string): Hello {
  const { type, version, token } = parse<Hello>(text);
  if (type !== "hello" || !isVersion(version) || typeof token !== "string") {
    throw new BridgeProtocolError("the first message is no hello");
  }
  return { type, version, token };
}

/** @throws BridgeProtocolError for what is no welcome. */
export function decodeWelcome(text: string): Welcome {
  const { type, version, tpm, shared, established, power } = parse<Welcome>(text);
  const isPower = power === "off" || power === "on" || power === "failed";
  if (
    type !== "welcome" ||
    !isVersion(version) ||
    typeof tpm !== "string" ||
    typeof shared !== "boolean" ||
    typeof established !== "boolean" ||
    !isPower
  ) {
    throw new BridgeProtocolError("the first message is no welcome");
  }
  return { type, version, tpm, shared, established, power };
}

const isVersion = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;

function parse<T>(text: string): { [Name in keyof T]?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BridgeProtocolError("the first message is no JSON");
  }
  if (typeof value !== "object" || value === null) throw new BridgeProtocolError("the first message is no object");
  return value as { [Name in keyof T]?: unknown };
}
