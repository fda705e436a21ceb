/**
 * Non-volatile storage as Part 3, 31 tells it, in a few lines of TypeScript: what a TPM must answer to a sequence of NV
 * commands and power cycles. Indices are the owner's, without authValue; policies and authorizations are tested elsewhere.
 */

import { createHash } from "node:crypto";
import fc from "fast-check";
import { command, concat, hex, u16, u64 } from "./harness.ts";
import { CC, RH, rc } from "./names.ts";
import {
  defineSpace,
  globalWriteLock,
  NV,
  type NvPublic,
  nvExtend,
  nvIncrement,
  nvName,
  nvPublic,
  nvRead,
  nvReadLock,
  nvReadPublic,
  nvSetBits,
  nvWrite,
  nvWriteLock,
  undefineSpace,
} from "./nv.ts";

const RC = {
  SUCCESS: 0,
  NV_RANGE: rc("TPM_RC_NV_RANGE"),
  NV_LOCKED: rc("TPM_RC_NV_LOCKED"),
  NV_UNINITIALIZED: rc("TPM_RC_NV_UNINITIALIZED"),
  NV_SPACE: rc("TPM_RC_NV_SPACE"),
  NV_DEFINED: rc("TPM_RC_NV_DEFINED"),
  ATTRIBUTES: rc("TPM_RC_ATTRIBUTES"),
  ATTRIBUTES_OF_HANDLE_2: rc("TPM_RC_ATTRIBUTES", { handle: 2 }),
  HANDLE_2: rc("TPM_RC_HANDLE", { handle: 2 }),
  VALUE_OF_OFFSET: rc("TPM_RC_VALUE", { parameter: 2 }),
} as const;
/** Octets for orderly indices, each of which takes 12 more than its data. */
const ORDERLY_ROOM = 512;
const MAX_ORDERLY_COUNT = 255n;

export type PowerCycle = "crash" | "reset" | "restart" | "resume";
export type Operation =
  | { kind: "define"; index: number; type: number; flags: number; size: number }
  | { kind: "write"; index: number; offset: number; data: Uint8Array }
  | { kind: "setBits"; index: number; bits: bigint }
  | { kind: "extend"; index: number; data: Uint8Array }
  | { kind: "read"; index: number; size: number; offset: number }
  | { kind: "increment"; index: number }
  | { kind: "undefine" | "writeLock" | "readLock" | "readPublic"; index: number }
  | { kind: "globalLock" }
  | { kind: "power"; cycle: PowerCycle };

interface Index {
  info: NvPublic;
  attributes: number;
  data: Uint8Array;
  /** What is left after a power loss, of an orderly index. */
  saved: { attributes: number; data: Uint8Array };
}

const TYPES = [0, NV.COUNTER, NV.BITS, NV.EXTEND];
const FLAGS = [
  NV.ORDERLY,
  NV.WRITEDEFINE,
  NV.WRITE_STCLEAR,
  NV.GLOBALLOCK,
  NV.READ_STCLEAR,
  NV.CLEAR_STCLEAR,
  NV.WRITEALL,
];
const handleOf = (index: number) => 0x01000000 + index;

/** Random operations on a handful of indices; `power` says which power cycles may occur. */
export function operations(power: PowerCycle[], length: number): fc.Arbitrary<Operation[]> {
  const index = fc.nat(5);
  const octets = (max: number) => fc.uint8Array({ maxLength: max });
  const only = (kind: "undefine" | "increment" | "writeLock" | "readLock" | "readPublic") =>
    index.map((i): Operation => ({ kind, index: i }));
  const define = fc.record({
    kind: fc.constant("define" as const),
    index,
    // Ordinary ones more often: only they have a size of their own.
    type: fc.constantFrom(0, 0, ...TYPES),
    flags: fc.subarray(FLAGS).map((flags) => flags.reduce((all, flag) => all | flag, 0)),
    size: fc.oneof(fc.nat(24), fc.constantFrom(300, 400, 1024, 1025)),
  });
  return fc.array(
    fc.oneof(
      { arbitrary: define, weight: 5 },
      {
        arbitrary: fc.record({ kind: fc.constant("write" as const), index, offset: fc.nat(20), data: octets(12) }),
        weight: 5,
      },
      {
        arbitrary: fc.record({ kind: fc.constant("setBits" as const), index, bits: fc.bigInt(0n, 2n ** 64n - 1n) }),
        weight: 2,
      },
      { arbitrary: fc.record({ kind: fc.constant("extend" as const), index, data: octets(40) }), weight: 2 },
      {
        arbitrary: fc.record({ kind: fc.constant("read" as const), index, size: fc.nat(24), offset: fc.nat(10) }),
        weight: 4,
      },
      { arbitrary: only("increment"), weight: 4 },
      { arbitrary: only("readPublic"), weight: 4 },
      { arbitrary: fc.oneof(only("undefine"), only("writeLock"), only("readLock")), weight: 3 },
      { arbitrary: fc.constant<Operation>({ kind: "globalLock" }), weight: 1 },
      {
        arbitrary: fc.constantFrom(...power).map((cycle): Operation => ({ kind: "power", cycle })),
        weight: power.length > 0 ? 1 : 0,
      },
    ),
    { minLength: length, maxLength: length },
  );
}

/** The command of an operation that is no power cycle. */
export function commandOf(operation: Exclude<Operation, { kind: "power" }>): Uint8Array {
  switch (operation.kind) {
    case "define":
      return defineSpace(infoOf(operation));
    case "globalLock":
      return globalWriteLock(RH.OWNER);
  }
  const handle = handleOf(operation.index);
  switch (operation.kind) {
    case "undefine":
      return undefineSpace(RH.OWNER, handle);
    case "readPublic":
      return nvReadPublic(handle);
    case "write":
      return nvWrite(RH.OWNER, handle, operation.data, operation.offset);
    case "read":
      return nvRead(RH.OWNER, handle, operation.size, operation.offset);
    case "increment":
      return nvIncrement(RH.OWNER, handle);
    case "setBits":
      return nvSetBits(RH.OWNER, handle, operation.bits);
    case "extend":
      return nvExtend(RH.OWNER, handle, operation.data);
    case "writeLock":
      return nvWriteLock(RH.OWNER, handle);
    case "readLock":
      return nvReadLock(RH.OWNER, handle);
  }
}

/** A definition that is right but for the room that it needs. */
function infoOf({ index, type, flags, size }: Extract<Operation, { kind: "define" }>): NvPublic {
  let attributes = NV.OWNERREAD | NV.OWNERWRITE | NV.NO_DA | type | flags;
  if (type === NV.COUNTER || attributes & NV.WRITEDEFINE) attributes &= ~NV.CLEAR_STCLEAR;
  const dataSize = type === 0 ? size : type === NV.EXTEND ? 32 : 8;
  return { handle: handleOf(index), attributes, size: dataSize };
}

/** Responses as parameters in hexadecimal, after a response code. */
export class NvModel {
  readonly #indices = new Map<number, Index>();
  #maxCounter = 0n;

  /** What the TPM answers: response code and parameters. */
  answer(operation: Exclude<Operation, { kind: "power" }>): string {
    if (operation.kind === "define") return this.#define(infoOf(operation));
    if (operation.kind === "globalLock") {
      for (const each of this.#indices.values()) if (each.attributes & NV.GLOBALLOCK) each.attributes |= NV.WRITELOCKED;
      return success();
    }
    const index = this.#indices.get(handleOf(operation.index));
    if (!index) return failure(operation.kind === "readPublic" ? rc("TPM_RC_HANDLE", { handle: 1 }) : RC.HANDLE_2);
    switch (operation.kind) {
      case "undefine":
        return this.#undefine(index);
      case "readPublic":
        return readPublic(index);
      case "read":
        return read(index, operation.size, operation.offset);
      case "readLock":
        if (index.attributes & NV.READLOCKED) return success();
        if (!(index.attributes & NV.READ_STCLEAR)) return failure(RC.ATTRIBUTES_OF_HANDLE_2);
        index.attributes |= NV.READLOCKED;
        return success();
      case "writeLock":
        if (index.attributes & NV.WRITELOCKED) return success();
        if (!(index.attributes & (NV.WRITEDEFINE | NV.WRITE_STCLEAR))) return failure(RC.ATTRIBUTES_OF_HANDLE_2);
        index.attributes |= NV.WRITELOCKED;
        return success();
      default:
        return index.attributes & NV.WRITELOCKED ? failure(RC.NV_LOCKED) : this.#change(index, operation);
    }
  }

  /** Power goes, with the TPM2_Shutdown that the cycle has, and TPM2_Startup follows. */
  power(cycle: PowerCycle): void {
    for (const index of this.#indices.values()) {
      const orderly = (index.attributes & NV.ORDERLY) !== 0;
      if (cycle !== "crash") save(index);
      if (orderly) Object.assign(index, { attributes: index.saved.attributes, data: index.saved.data.slice() });
      if (cycle === "resume") continue;
      const isCounter = typeOf(index) === NV.COUNTER;
      let attributes = index.attributes & ~NV.READLOCKED;
      const lost = attributes & NV.CLEAR_STCLEAR || (orderly && cycle !== "restart");
      if (lost && !isCounter) attributes &= ~NV.WRITTEN;
      if (!(attributes & NV.WRITTEN && attributes & NV.WRITEDEFINE)) attributes &= ~NV.WRITELOCKED;
      index.attributes = attributes;
      if (orderly && isCounter && cycle === "crash") index.data = u64(number(index.data) | MAX_ORDERLY_COUNT);
    }
  }

  #define(info: NvPublic): string {
    if (info.attributes & NV.WRITEALL && info.size > 1024) return failure(rc("TPM_RC_SIZE", { parameter: 2 }));
    if (this.#indices.has(info.handle)) return failure(RC.NV_DEFINED);
    let used = 0;
    for (const { info: other } of this.#indices.values()) if (other.attributes & NV.ORDERLY) used += 12 + other.size;
    if (info.attributes & NV.ORDERLY && used + 12 + info.size > ORDERLY_ROOM) return failure(RC.NV_SPACE);
    const data = new Uint8Array(info.size);
    this.#indices.set(info.handle, {
      info,
      attributes: info.attributes,
      data,
      saved: { attributes: info.attributes, data },
    });
    this.#saveAll(info.attributes);
    return success();
  }

  #undefine(index: Index): string {
    if (typeOf(index) === NV.COUNTER && index.attributes & NV.WRITTEN) {
      const count = number(index.data);
      if (count > this.#maxCounter) this.#maxCounter = count;
    }
    this.#indices.delete(index.info.handle);
    this.#saveAll(index.attributes);
    return success();
  }

  /** When one orderly index is made permanent, all are. */
  #saveAll(attributes: number): void {
    if (attributes & NV.ORDERLY) for (const index of this.#indices.values()) save(index);
  }

  #change(index: Index, operation: Extract<Operation, { kind: "write" | "increment" | "extend" | "setBits" }>): string {
    const type = typeOf(index);
    const isFirst = !(index.attributes & NV.WRITTEN);
    const old = isFirst ? new Uint8Array(index.info.size) : index.data;
    let data: Uint8Array;
    switch (operation.kind) {
      case "write": {
        if (type !== 0) return failure(RC.ATTRIBUTES);
        if (operation.offset > index.info.size) return failure(RC.VALUE_OF_OFFSET);
        if (operation.offset + operation.data.length > index.info.size) return failure(RC.NV_RANGE);
        if (index.attributes & NV.WRITEALL && operation.data.length !== index.info.size) return failure(RC.NV_RANGE);
        // Erased memory is all ones, RAM all zeros.
        data = isFirst && !(index.attributes & NV.ORDERLY) ? old.fill(0xff) : old.slice();
        data.set(operation.data, operation.offset);
        break;
      }
      case "increment":
        if (type !== NV.COUNTER) return failure(RC.ATTRIBUTES_OF_HANDLE_2);
        data = u64((isFirst ? this.#maxCounter : number(old)) + 1n);
        break;
      case "setBits":
        if (type !== NV.BITS) return failure(RC.ATTRIBUTES_OF_HANDLE_2);
        data = u64(number(old) | operation.bits);
        break;
      case "extend":
        if (type !== NV.EXTEND) return failure(RC.ATTRIBUTES_OF_HANDLE_2);
        data = createHash("sha256").update(old).update(operation.data).digest();
        break;
    }
    index.data = data;
    index.attributes |= NV.WRITTEN;
    if (operation.kind === "increment" && (isFirst || (number(data) & MAX_ORDERLY_COUNT) === 0n))
      this.#saveAll(index.attributes);
    return success();
  }
}

function save(index: Index): void {
  index.saved = { attributes: index.attributes, data: index.data.slice() };
}

const typeOf = (index: Index) => index.attributes & 0xf0;
const number = (data: Uint8Array) => Buffer.from(data).readBigUInt64BE();
const failure = (rc: number) => rc.toString(16);
const success = (parameters: Uint8Array = new Uint8Array(0)) => `0 ${hex(parameters)}`;

function readPublic({ info, attributes }: Index): string {
  const name = nvName(info, attributes);
  const area = nvPublic({ ...info, attributes });
  return success(concat(u16(area.length), area, u16(name.length), name));
}

function read({ info, attributes, data }: Index, size: number, offset: number): string {
  if (attributes & NV.READLOCKED) return failure(RC.NV_LOCKED);
  if (!(attributes & NV.WRITTEN)) return failure(RC.NV_UNINITIALIZED);
  if (offset > info.size) return failure(RC.VALUE_OF_OFFSET);
  if (offset + size > info.size) return failure(RC.NV_RANGE);
  return success(concat(u16(size), data.subarray(offset, offset + size)));
}

/** The commands of a power cycle: before the power goes, and after it came back. */
export function powerCommands(cycle: PowerCycle): { before: Uint8Array | null; after: Uint8Array } {
  const type = (state: boolean) => u16(state ? 1 : 0);
  return {
    before: cycle === "crash" ? null : command(CC.Shutdown, [], [type(cycle !== "reset")]),
    after: command(CC.Startup, [], [type(cycle === "resume")]),
  };
}

/** A response in the form of {@link NvModel.answer}. */
export function answerOf(rc: number, parameters: Uint8Array): string {
  return rc === 0 ? success(parameters) : failure(rc);
}
