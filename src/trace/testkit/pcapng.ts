/** For tests: a reader of pcapng captures, as far as this project writes them. Knows nothing of the writer. */

export interface Packet {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly comment: string;
  /** Ports and content of its TCP segment. */
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly payload: Uint8Array;
}

/** @throws when anything in the capture is not as the draft (draft-ietf-opsawg-pcapng), RFC 791 and RFC 9293 say. */
export function readPcapng(capture: Uint8Array): Packet[] {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.length);
  const packets: Packet[] = [];
  let at = 0;
  for (let index = 0; at < capture.length; index++) {
    const [type, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    same("a block's length is a multiple of 4", length % 4, 0);
    same("a block's length stands behind it, too", view.getUint32(at + length - 4, true), length);
    if (index === 0) {
      same("a section header comes first", type, 0x0a0d0d0a);
      same("its byte order", view.getUint32(at + 8, true), 0x1a2b3c4d);
    } else if (index === 1) {
      same("an interface comes next", type, 1);
      same("its link type is LINKTYPE_RAW", view.getUint16(at + 8, true), 101);
    } else {
      same("the others are packets", type, 6);
      packets.push(packetOf(view, at));
    }
    at += length;
  }
  return packets;
}

function packetOf(view: DataView, at: number): Packet {
  const microseconds = (BigInt(view.getUint32(at + 12, true)) << 32n) | BigInt(view.getUint32(at + 16, true));
  const size = view.getUint32(at + 20, true);
  same("nothing was cut off", view.getUint32(at + 24, true), size);
  const options = at + 28 + Math.ceil(size / 4) * 4;
  same("a comment is there", view.getUint16(options, true), 1);
  const comment = bytes(view, options + 4, view.getUint16(options + 2, true));
  return {
    time: Number(microseconds) / 1000,
    comment: new TextDecoder().decode(comment),
    ...segmentOf(bytes(view, at + 28, size)),
  };
}

function segmentOf(packet: Uint8Array) {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  same("IPv4 with a header of 20 octets", packet[0], 0x45);
  same("its length", view.getUint16(2), packet.length);
  same("TCP", packet[9], 6);
  same("the checksum of the header", sum(packet.subarray(0, 20)), 0xffff);
  const tcp = packet.subarray(20);
  const pseudo = Uint8Array.from([...packet.subarray(12, 20), 0, 6, tcp.length >> 8, tcp.length & 255, ...tcp]);
  same("the checksum of the segment", sum(pseudo), 0xffff);
  return {
    from: view.getUint16(20),
    to: view.getUint16(22),
    sequence: view.getUint32(24),
    acknowledged: view.getUint32(28),
    payload: tcp.subarray(((tcp[12] ?? 0) >> 4) * 4),
  };
}

const bytes = (view: DataView, at: number, size: number) => new Uint8Array(view.buffer, view.byteOffset + at, size);

/** The one's complement sum of all octets, which a right checksum makes 0xffff. */
function sum(octets: Uint8Array): number {
  let total = 0;
  octets.forEach((octet, i) => {
    total += i % 2 === 0 ? octet * 256 : octet;
    if (total > 0xffff) total -= 0xffff;
  });
  return total;
}

function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${expected} expected, ${actual} found`);
}
