/**
 * Commands and responses as a packet capture that Wireshark's TPM 2.0 dissector reads (pcapng, draft-ietf-opsawg-pcapng).
 * That dissector takes what goes to TCP port 2321 for a command and what comes from it for a response, one message a segment and
 * nothing around it: so each message is a TCP segment in an IPv4 packet between two ports of 127.0.0.1.
 */
import { blankCommand, blankResponse } from "./blank.ts";
import { summarizeCommand } from "./format.ts";

/** A command as it was executed: what {@link TpmEvents.command} tells of it. */
export interface TraceEvent {
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  readonly locality: number;
  /** The host's own, not the guest's. */
  readonly own: boolean;
  /** Milliseconds since 1970, with a fraction. */
  readonly startedAt: number;
  /** Milliseconds. */
  readonly duration: number;
}

export interface ExportOptions {
  /** Leaves secrets as they were; by default each is zeros of the same length. */
  revealSecrets?: boolean;
}

const TPM_PORT = 2321;
/** Higher than the TPM's: by that the dissector tells commands from responses. */
const CLIENT_PORT = 49152;
const LOOPBACK = [127, 0, 0, 1] as const;

const IP_HEADER = 20;
const TCP_HEADER = 20;
/** IPv4's total length has 16 bits. */
const MAX_PAYLOAD = 0xffff - IP_HEADER - TCP_HEADER;
const PROTOCOL_TCP = 6;
const TIME_TO_LIVE = 64;
const DONT_FRAGMENT = 0x4000;
const PSH_ACK = 0x18;
const WINDOW = 0xffff;

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
/** LINKTYPE_RAW: a packet begins with its IP header. */
const LINKTYPE_RAW = 101;
const OPTION_COMMENT = 1;
const OPTION_USER_APPLICATION = 4;
const OPTION_INTERFACE_NAME = 2;

/** Makes a capture piece by piece: {@link header} first, then {@link packetsOf} each command. */
export class PcapngWriter {
  readonly #reveals: boolean;
  /** Octets that each side has sent: TCP's sequence numbers. */
  #sent = 0;
  #answered = 0;

  constructor({ revealSecrets = false }: ExportOptions = {}) {
    this.#reveals = revealSecrets;
  }

  /** The blocks with which a capture begins. */
  header(): Uint8Array {
    const section = new Octets().u32(BYTE_ORDER).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff);
    section.option(OPTION_USER_APPLICATION, "tabtpm").endOfOptions();
    const description = new Octets().u16(LINKTYPE_RAW).u16(0).u32(0);
    description.option(OPTION_INTERFACE_NAME, "TPM").endOfOptions();
    return Uint8Array.from([...block(SECTION_HEADER, section), ...block(INTERFACE_DESCRIPTION, description)]);
  }

  /**
   * The two packets of a command: it and its response, with the time of each. Whole blocks: a capture may end behind any.
   * @param comment is shown beside the response, such as why the TPM refused.
   */
  packetsOf(event: TraceEvent, comment?: string): Uint8Array {
    const { locality, own, startedAt, duration } = event;
    const command = this.#reveals ? event.command : blankCommand(event.command);
    const response = this.#reveals ? event.response : blankResponse(event.response, event.command);
    const sender = own ? "sent by the host, not by the guest" : "";
    const asked = this.#segment(command, true);
    const answered = this.#segment(response, false);
    const summary = summarizeCommand(event.command, event.response);
    return Uint8Array.from([
      ...packet(asked, startedAt, [`locality ${locality}`, sender].filter(Boolean).join(", ")),
      ...packet(answered, startedAt + duration, [summary, comment].filter(Boolean).join("\n")),
    ]);
  }

  #segment(message: Uint8Array, isCommand: boolean): Octets {
    const payload = message.subarray(0, MAX_PAYLOAD);
    const [from, to] = isCommand ? [CLIENT_PORT, TPM_PORT] : [TPM_PORT, CLIENT_PORT];
    const [sequence, acknowledged] = isCommand ? [this.#sent, this.#answered] : [this.#answered, this.#sent];
    if (isCommand) this.#sent = (this.#sent + payload.length) >>> 0;
    else this.#answered = (this.#answered + payload.length) >>> 0;
    const tcp = new Octets()
      .u16(from, false)
      .u16(to, false)
      .u32((sequence + 1) >>> 0, false)
      .u32((acknowledged + 1) >>> 0, false)
      .u16(((TCP_HEADER / 4) << 12) | PSH_ACK, false)
      .u16(WINDOW, false)
      .u16(0)
      .u16(0)
      .bytes(payload);
    const pseudo = new Octets().bytes(LOOPBACK).bytes(LOOPBACK).u16(PROTOCOL_TCP, false).u16(tcp.length, false);
    tcp.put16(16, checksum([...pseudo.content, ...tcp.content]));
    const ip = new Octets()
      .u16(0x4500, false)
      .u16(IP_HEADER + tcp.length, false)
      .u16(0)
      .u16(DONT_FRAGMENT, false)
      .u16((TIME_TO_LIVE << 8) | PROTOCOL_TCP, false)
      .u16(0)
      .bytes(LOOPBACK)
      .bytes(LOOPBACK);
    ip.put16(10, checksum(ip.content));
    return ip.bytes(tcp.content);
  }
}

/** A whole capture. */
export function toPcapng(events: readonly TraceEvent[], options: ExportOptions = {}): Uint8Array {
  const writer = new PcapngWriter(options);
  const pieces = [writer.header(), ...events.map((event) => writer.packetsOf(event))];
  const capture = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    capture.set(piece, at);
    at += piece.length;
  }
  return capture;
}

function packet(content: Octets, milliseconds: number, comment: string): number[] {
  const microseconds = BigInt(Math.max(0, Math.round(milliseconds * 1000)));
  const body = new Octets()
    .u32(0)
    .u32(Number(microseconds >> 32n))
    .u32(Number(microseconds & 0xffffffffn))
    .u32(content.length)
    .u32(content.length)
    .bytes(content.content)
    .pad();
  return block(ENHANCED_PACKET, body.option(OPTION_COMMENT, comment).endOfOptions());
}

/** A block of the capture: its type, its length before and behind what it has. */
function block(type: number, body: Octets): number[] {
  const length = 12 + body.length;
  return new Octets().u32(type).u32(length).bytes(body.content).u32(length).content;
}

/** RFC 1071. */
function checksum(octets: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += ((octets[i] ?? 0) << 8) + (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** Octets that grow. The capture's own numbers are little-endian, those of the packets are not. */
class Octets {
  readonly content: number[] = [];

  get length(): number {
    return this.content.length;
  }

  u16(value: number, little = true): this {
    const octets = [value & 0xff, (value >>> 8) & 0xff];
    return this.bytes(little ? octets : octets.reverse());
  }

  u32(value: number, little = true): this {
    const octets = [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
    return this.bytes(little ? octets : octets.reverse());
  }

  bytes(octets: Iterable<number>): this {
    for (const octet of octets) this.content.push(octet);
    return this;
  }

  /** To a multiple of four octets. */
  pad(): this {
    while (this.content.length % 4 !== 0) this.content.push(0);
    return this;
  }

  option(code: number, text: string): this {
    const octets = new TextEncoder().encode(text);
    return this.u16(code).u16(octets.length).bytes(octets).pad();
  }

  endOfOptions(): this {
    return this.u32(0);
  }

  /** Big-endian, in the place of what is there. */
  put16(at: number, value: number): void {
    this.content[at] = value >>> 8;
    this.content[at + 1] = value & 0xff;
  }
}
