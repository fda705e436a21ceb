/** Reads DER, and shares no code with what writes it. */
export interface Node {
  readonly tag: number;
  readonly content: Buffer;
  readonly children: readonly Node[];
}

export function readDer(der: Uint8Array): Node {
  const [node, rest] = readOne(Buffer.from(der));
  if (rest.length > 0) throw new Error(`${rest.length} octets are left over`);
  return node;
}

function readOne(der: Buffer): [Node, Buffer] {
  const tag = der.readUInt8(0);
  let at = 2;
  let size = der.readUInt8(1);
  if (size > 0x80) {
    const octets = size & 0x7f;
    size = der.readUIntBE(2, octets);
    at += octets;
    if (size < 0x80 || (octets > 1 && size < 1 << (8 * (octets - 1)))) throw new Error("the length is not minimal");
  }
  if (at + size > der.length) throw new Error("the content ends too early");
  const content = der.subarray(at, at + size);
  const children: Node[] = [];
  if (tag & 0x20) {
    for (let rest = content; rest.length > 0; ) {
      const [child, after] = readOne(rest);
      children.push(child);
      rest = after;
    }
  }
  return [{ tag, content, children }, der.subarray(at + size)];
}

/** "2.5.29.17" */
export function readOid({ tag, content }: Node): string {
  if (tag !== 0x06) throw new Error(`tag ${tag} is no OBJECT IDENTIFIER`);
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...rest].join(".");
}

/** The extensions of a certificate, in their order. */
export function extensionsOf(certificate: Uint8Array): { id: string; critical: boolean; value: Node }[] {
  const [tbs] = readDer(certificate).children;
  const extensions = tbs?.children.find(({ tag }) => tag === 0xa3)?.children[0]?.children ?? [];
  return extensions.map(({ children }) => {
    const [id, ...rest] = children;
    const value = rest.at(-1);
    if (id === undefined || value === undefined) throw new Error("an extension is incomplete");
    return { id: readOid(id), critical: rest.length > 1, value: readDer(value.content) };
  });
}
