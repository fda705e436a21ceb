/**
 * Constant time, tested: rewrites a compiled module so that it keeps, for every place where timing could tell
 * something, a hash over the values seen there. Two runs with different secrets must leave the same hashes.
 *
 * Places are the conditions of `if`, `br_if`, `br_table`, `call_indirect` and `select` (which an engine may turn into a
 * branch), the addresses of loads and stores, sizes and addresses of bulk memory operations, and the operands of
 * divisions (whose time depends on them). It works on the optimised binary, so on the code that the product runs.
 *
 * Each place has a 64-bit hash in memory that is added above the module's own. The order between places needs no hash
 * of its own: the conditions determine it.
 */

export interface Place {
  /** Index of the function in the module. */
  function: number;
  kind: "branch" | "select" | "address" | "size" | "division";
  /** Offset of the instruction in the body of its function. */
  at: number;
}

export interface Instrumented {
  wasm: Uint8Array<ArrayBuffer>;
  places: Place[];
  /** Address of the hashes: 8 bytes for each place. */
  hashes: number;
}

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;
/** Locals added to each function, to hold what lies on the stack above the operand in question. */
const ADDED_LOCALS = [I32, I32, I64, I64, F32, F64, V128];
const PAGE = 65536;

class Reader {
  at: number;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error(`the module ends within an instruction, at ${this.at - 1}`);
    return byte;
  }
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  skip(count: number): void {
    this.at += count;
  }
  skipLeb(): void {
    while (this.byte() >= 0x80);
  }
}

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest ? low | 0x80 : low);
  } while (rest);
  return out;
}

/** i32.const: signed LEB128. */
function constant(value: number): number[] {
  const out: number[] = [0x41];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
      out.push(low);
      return out;
    }
    out.push(low | 0x80);
  }
}

/** The type of what a store instruction stores. */
function storedType(opcode: number): number {
  if (opcode === 0x36 || opcode === 0x3a || opcode === 0x3b) return I32;
  if (opcode === 0x38) return F32;
  if (opcode === 0x39) return F64;
  return I64;
}

export function instrument(module: Uint8Array): Instrumented {
  const reader = new Reader(module, 8);
  const sections: { id: number; body: Uint8Array }[] = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    const size = reader.unsigned();
    sections.push({ id, body: module.subarray(reader.at, reader.at + size) });
    reader.at += size;
  }
  const section = (id: number) => {
    const found = sections.find((candidate) => candidate.id === id);
    if (!found) throw new Error(`the module has no section ${id}`);
    return found;
  };

  // Types: how many parameters each function has.
  const types = new Reader(section(1).body);
  const typeCount = types.unsigned();
  const parameters: number[] = [];
  for (let i = 0; i < typeCount; i++) {
    if (types.byte() !== 0x60) throw new Error("only function types are known here");
    const count = types.unsigned();
    types.skip(count);
    types.skip(types.unsigned());
    parameters.push(count);
  }
  if (sections.some(({ id }) => id === 2)) throw new Error("modules with imports are not supported");
  const functions = new Reader(section(3).body);
  const functionCount = functions.unsigned();
  const typeOf = Array.from({ length: functionCount }, () => functions.unsigned());
  const memory = new Reader(section(5).body);
  memory.unsigned();
  const hasMaximum = memory.byte() & 1;
  const pages = memory.unsigned();
  const maximum = hasMaximum ? memory.unsigned() : 0;
  const hashes = pages * PAGE;

  const note32 = functionCount;
  const note64 = functionCount + 1;
  const places: Place[] = [];
  const code = new Reader(section(10).body);
  code.unsigned();
  const bodies: number[][] = [];
  for (let index = 0; index < functionCount; index++) {
    const size = code.unsigned();
    const body = code.bytes.subarray(code.at, code.at + size);
    code.at += size;
    bodies.push(rewrite(body, index, parameters[typeOf[index] as number] as number));
  }

  function rewrite(body: Uint8Array, index: number, parameterCount: number): number[] {
    const from = new Reader(body);
    const groups = from.unsigned();
    let locals = parameterCount;
    const declared = from.at;
    for (let i = 0; i < groups; i++) {
      locals += from.unsigned();
      from.byte();
    }
    const out = [...leb(groups + ADDED_LOCALS.length), ...body.subarray(declared, from.at)];
    for (const type of ADDED_LOCALS) out.push(1, type);
    const spare = (type: number, which = 0) => {
      let at = -1;
      for (let i = 0; i <= which; i++) at = ADDED_LOCALS.indexOf(type, at + 1);
      return locals + at;
    };
    const set = (local: number) => out.push(0x21, ...leb(local));
    const get = (local: number) => out.push(0x20, ...leb(local));
    const note = (kind: Place["kind"], at: number, type = I32) => {
      out.push(...constant(places.length), 0x10, ...leb(type === I64 ? note64 : note32));
      places.push({ function: index, kind, at });
    };
    const under = (type: number, at: number) => {
      set(spare(type));
      note("address", at);
      get(spare(type));
    };
    while (from.at < body.length) {
      const start = from.at;
      const opcode = from.byte();
      if (opcode === 0x04 || opcode === 0x0d || opcode === 0x0e || opcode === 0x11) note("branch", start);
      else if (opcode === 0x1b || opcode === 0x1c) note("select", start);
      else if (opcode >= 0x28 && opcode <= 0x35) note("address", start);
      else if (opcode >= 0x36 && opcode <= 0x3e) under(storedType(opcode), start);
      else if ((opcode >= 0x6d && opcode <= 0x70) || (opcode >= 0x7f && opcode <= 0x82)) {
        const type = opcode >= 0x7f ? I64 : I32;
        set(spare(type));
        note("division", start, type);
        get(spare(type));
        note("division", start, type);
      }
      switch (opcode) {
        case 0x02:
        case 0x03:
        case 0x04:
        case 0x0c:
        case 0x0d:
        case 0x10:
        case 0x20:
        case 0x21:
        case 0x22:
        case 0x23:
        case 0x24:
        case 0x3f:
        case 0x40:
        case 0x41:
        case 0x42:
          from.skipLeb();
          break;
        case 0x0e:
          for (let count = from.unsigned(); count >= 0; count--) from.skipLeb();
          break;
        case 0x11:
          from.skipLeb();
          from.skipLeb();
          break;
        case 0x1c:
          from.skip(from.unsigned());
          break;
        case 0x43:
          from.at += 4;
          break;
        case 0x44:
          from.at += 8;
          break;
        case 0xfc: {
          const operation = from.unsigned();
          if (operation === 10 || operation === 11) {
            // destination, source or value, size
            set(spare(I32, 1));
            set(spare(I32));
            note("address", start);
            get(spare(I32));
            if (operation === 10) note("address", start);
            get(spare(I32, 1));
            note("size", start);
            from.skipLeb();
            if (operation === 10) from.skipLeb();
          } else if (operation > 7) throw new Error(`instruction 0xfc ${operation} is not known here`);
          break;
        }
        case 0xfd: {
          const operation = from.unsigned();
          const memoryOperand = operation <= 11 || (operation >= 84 && operation <= 93);
          if (operation === 11 || (operation >= 84 && operation <= 91)) under(V128, start);
          else if (memoryOperand) note("address", start);
          if (memoryOperand) {
            from.skipLeb();
            from.skipLeb();
            if (operation >= 84 && operation <= 91) from.at++;
          } else if (operation === 12 || operation === 13) from.at += 16;
          else if (operation >= 21 && operation <= 34) from.at++;
          break;
        }
        default:
          if (opcode >= 0x28 && opcode <= 0x3e) {
            from.skipLeb();
            from.skipLeb();
          } else if (opcode > 0xc4) throw new Error(`instruction ${opcode} is not known here`);
      }
      for (let i = start; i < from.at; i++) out.push(body[i] as number);
    }
    return out;
  }

  /** hash = (rotate(hash, 5) ^ value) * odd constant + 1; the value is returned. */
  const noteBody = (extend: number[]) => [
    ...[1, 1, I32],
    ...[0x20, 1, 0x41, 3, 0x74, ...constant(hashes), 0x6a, 0x22, 2],
    ...[0x20, 2, 0x29, 3, 0, 0x42, 5, 0x89],
    ...[0x20, 0, ...extend, 0x85],
    ...[0x42, 0x95, 0xf8, 0xa9, 0xfa, 0x97, 0xb7, 0xde, 0x9b, 0x9e, 0x7f, 0x7e],
    ...[0x42, 1, 0x7c, 0x37, 3, 0],
    ...[0x20, 0, 0x0b],
  ];
  bodies.push(noteBody([0xad]), noteBody([]));

  const added = Math.ceil((places.length * 8) / PAGE);
  const replaced = new Map<number, number[]>();
  replaced.set(1, [
    ...leb(typeCount + 2),
    ...section(1).body.subarray(leb(typeCount).length),
    ...[0x60, 2, I32, I32, 1, I32],
    ...[0x60, 2, I64, I32, 1, I64],
  ]);
  replaced.set(3, [
    ...leb(functionCount + 2),
    ...section(3).body.subarray(leb(functionCount).length),
    ...leb(typeCount),
    ...leb(typeCount + 1),
  ]);
  replaced.set(5, [1, hasMaximum, ...leb(pages + added), ...(hasMaximum ? leb(maximum + added) : [])]);
  const codeSection: number[] = leb(bodies.length);
  for (const body of bodies) {
    for (const byte of leb(body.length)) codeSection.push(byte);
    for (const byte of body) codeSection.push(byte);
  }
  replaced.set(10, codeSection);

  const output: Buffer[] = [Buffer.from(module.subarray(0, 8))];
  for (const { id, body } of sections) {
    const bytes = replaced.get(id) ?? body;
    output.push(Buffer.from([id, ...leb(bytes.length)]), Buffer.from(bytes));
  }
  return { wasm: new Uint8Array(Buffer.concat(output)), places, hashes };
}

/** The hashes of an instance of an instrumented module. */
export class Trace {
  readonly #instrumented: Instrumented;
  readonly #hashes: BigUint64Array;

  constructor(instrumented: Instrumented, memory: WebAssembly.Memory) {
    this.#instrumented = instrumented;
    this.#hashes = new BigUint64Array(memory.buffer, instrumented.hashes, instrumented.places.length);
  }

  /** The hashes that `run` leaves. */
  of(run: () => void): BigUint64Array {
    this.#hashes.fill(0n);
    run();
    return this.#hashes.slice();
  }

  /** The places at which two traces differ, readable. */
  differences(a: BigUint64Array, b: BigUint64Array): string[] {
    const found: string[] = [];
    this.#instrumented.places.forEach((place, i) => {
      if (a[i] !== b[i]) found.push(`${place.kind} in function ${place.function} at ${place.at}`);
    });
    return found;
  }
}
