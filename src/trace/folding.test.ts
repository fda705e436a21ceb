import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { marshalCommand } from "../node/index.ts";
import { foldTraffic } from "./index.ts";

interface Entry {
  readonly says: string;
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  readonly own?: boolean;
}

const answer = (code: number, body: readonly number[] = []) =>
  Uint8Array.from([0x80, 1, 0, 0, 0, 10 + body.length, 0, 0, code >> 8, code & 255, ...body]);
const handle = (value: number) => [value >>> 24, 0, 0, value & 255];
/** A TPMS_CONTEXT that no other has. */
const context = (n: number, saved: number) => ({
  sequence: BigInt(n),
  savedHandle: saved,
  hierarchy: 0x40000001,
  contextBlob: new Uint8Array(40).fill(n),
});
const REFERENCE_H0 = 0x910;

/** A TPM as the resource manager of Linux sees it: transient objects and sessions of one program, and what it does with them. */
function program() {
  const entries: Entry[] = [];
  let next = 0;
  const contexts = new Map<number, number>();
  const add = (says: string, command: Uint8Array, response: Uint8Array) =>
    void entries.push({ says, command, response });
  const octets = (n: number, saved: number) =>
    marshalCommand("ContextLoad", { parameters: { context: context(n, saved) } });
  const save = (says: string, of: number) => {
    const n = ++next;
    contexts.set(of, n);
    add(
      says,
      marshalCommand("ContextSave", { handles: { saveHandle: of } }),
      answer(0, [...octets(n, of).subarray(10)]),
    );
  };
  const flush = (says: string, of: number) =>
    add(says, marshalCommand("FlushContext", { parameters: { flushHandle: of } }), answer(0));
  const load = (says: string, of: number, code = 0) =>
    add(says, octets(contexts.get(of) ?? 0, of), answer(code, code === 0 ? handle(of) : []));
  const other = (says: string) =>
    add(says, marshalCommand("GetRandom", { parameters: { bytesRequested: 4 } }), answer(0, [0, 4, 1, 2, 3, 4]));
  return { entries, save, flush, load, other };
}

const shape = (entries: readonly Entry[]) =>
  foldTraffic(entries).map(({ main, before, after }) =>
    [before.map(({ says }) => says).join(" "), main.says, after.map(({ says }) => says).join(" ")].join(" | "),
  );

const KEY = 0x80000000;
const SESSION = 0x02000000;

describe("what a resource manager does around a command", () => {
  test("is folded into it, and what the program asked for itself is not", () => {
    const { entries, save, flush, load, other } = program();
    other("create");
    save("s1", KEY);
    flush("f1", KEY);
    load("l1", KEY);
    other("sign");
    save("s2", KEY);
    flush("f2", KEY);
    // tpm2_createprimary -c: the program saves the key itself.
    load("l2", KEY);
    save("program saves", KEY);
    save("s3", KEY);
    flush("f3", KEY);
    load("l3", KEY);
    flush("program flushes", KEY);
    other("last");
    expect(shape(entries)).toEqual([
      " | create | s1 f1",
      "l1 | sign | s2 f2",
      "l2 | program saves | s3 f3",
      "l3 | program flushes | ",
      " | last | ",
    ]);
  });

  test("with sessions, also one that is gone, and those that are left when the program ends", () => {
    const { entries, save, flush, load, other } = program();
    other("start");
    save("s1", SESSION);
    load("l1", SESSION);
    other("use");
    save("s2", SESSION);
    load("gone", SESSION, REFERENCE_H0);
    other("next");
    flush("end of program", SESSION);
    other("last");
    expect(shape(entries)).toEqual([" | start | s1", "l1 | use | s2", "gone | next | end of program", " | last | "]);
  });

  test("does not fold what failed, or what the host sent in between", () => {
    const { entries, save, flush, other } = program();
    other("create");
    entries.push({ says: "page", command: entries[0]!.command, response: entries[0]!.response, own: true });
    save("s1", KEY);
    flush("f1", KEY);
    entries.push({ says: "refused", command: entries[3]!.command, response: answer(0x1cb) });
    expect(shape(entries)).toEqual([" | create | s1 f1", " | page | ", " | refused | "]);
  });

  test("that served nothing yet is shown by itself", () => {
    const { entries, save, load, other } = program();
    other("start");
    save("s1", SESSION);
    load("l1", SESSION);
    expect(shape(entries)).toEqual([" | start | s1", " | l1 | "]);
  });
});

test("every entry is there once, in any order of commands", () => {
  const step = fc.constantFrom("save", "flush", "load", "other", "gone");
  const on = fc.constantFrom(KEY, KEY + 1, SESSION, SESSION + 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(step, on), { maxLength: 30 }), (steps) => {
      const { entries, ...does } = program();
      for (const [name, of] of steps) {
        if (name === "gone") does.load(String(entries.length), of, REFERENCE_H0);
        else if (name === "other") does.other(String(entries.length));
        else does[name](String(entries.length), of);
      }
      const folded = foldTraffic(entries).flatMap(({ main, before, after }) => [...before, main, ...after]);
      expect(folded.map(({ says }) => says)).toEqual(entries.map(({ says }) => says));
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.uint8Array(), fc.uint8Array())), (any) => {
      const entries = any.map(([command, response]) => ({ command, response }));
      expect(foldTraffic(entries).length).toBeLessThanOrEqual(entries.length);
    }),
  );
});
