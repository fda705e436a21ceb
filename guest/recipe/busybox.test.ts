import { describe, expect, it } from "vitest";
import { withoutCursorQuery } from "./busybox.mjs";
import { applets } from "./initrd.mjs";

const TEXT_ADDRESS = 0x08048000;
const GOT_ADDRESS = 0x0823df28;
const QUERY_AT = 0x200;

/**
 * An ELF32 file of 4 KiB with one segment, a .got section, code that loads `target` relative to it, and the strings
 * of vi (0x1f6) and of the line editor (0x200, the tail of vi's) as the linker merges them.
 */
function busyboxWith({ opcode = 0x8d, references = 1, query = "\x1b[999;999H\x1b[6n\0" } = {}): Buffer {
  const file = Buffer.alloc(4096);
  file.write("\x7fELF\x01\x01\x01", "latin1");
  file.writeUInt32LE(52, 28); // program headers
  file.writeUInt16LE(32, 42);
  file.writeUInt16LE(1, 44);
  file.writeUInt32LE(1, 52); // PT_LOAD
  file.writeUInt32LE(TEXT_ADDRESS, 60);
  file.writeUInt32LE(4096, 68);
  file.writeUInt32LE(0x300, 32); // section headers: .got and the names
  file.writeUInt16LE(40, 46);
  file.writeUInt16LE(2, 48);
  file.writeUInt16LE(1, 50);
  file.writeUInt32LE(1, 0x300);
  file.writeUInt32LE(GOT_ADDRESS, 0x300 + 12);
  file.writeUInt32LE(0x400, 0x328 + 16);
  file.write("\0.got\0", 0x400, "latin1");
  file.write(query, QUERY_AT - query.indexOf("\x1b[6n"), "latin1");
  for (let index = 0; index < references; index++) {
    file.writeUInt8(opcode, 0x100 + 16 * index);
    file.writeUInt8(0x87, 0x101 + 16 * index);
    file.writeInt32LE(TEXT_ADDRESS + QUERY_AT - GOT_ADDRESS, 0x102 + 16 * index);
  }
  return file;
}

describe("withoutCursorQuery", () => {
  it("points the line editor at an empty string and changes nothing else", () => {
    const before = busyboxWith();
    const after = withoutCursorQuery(before);
    const address = after.readInt32LE(0x102) + GOT_ADDRESS;
    expect(after[address - TEXT_ADDRESS]).toBe(0);
    expect(address).toBe(TEXT_ADDRESS + QUERY_AT + 4);
    before.copy(after, 0x102, 0x102, 0x106);
    expect(after.equals(before)).toBe(true);
  });

  it.each([
    ["no query", { query: "nothing here" }, "the query string is there not at all"],
    ["two queries", { query: "\x1b[6n\0 \x1b[6n\0" }, "the query string is there more than once"],
    ["no reference", { references: 0 }, "a reference to the query string is there not at all"],
    ["two references", { references: 2 }, "a reference to the query string is there more than once"],
    ["another instruction", { opcode: 0x8b }, "the reference is not an lea"],
  ])("stops at a BusyBox with %s", (_what, options, message) => {
    expect(() => withoutCursorQuery(busyboxWith(options))).toThrow(message);
    expect(() => withoutCursorQuery(busyboxWith(options))).toThrow("guest/recipe/busybox.mjs");
  });
});

describe("applets", () => {
  it("reads the table up to the empty name, without busybox itself", () => {
    const table = Buffer.from("junk\0[\0[[\0acpid\0busybox\0sha256sum\0run-init\0\0more\0");
    expect(applets(table)).toEqual(["[", "[[", "acpid", "sha256sum", "run-init"]);
  });

  it("says when there is no table", () => {
    expect(() => applets(Buffer.from("nothing"))).toThrow("no table of applet names");
  });
});
