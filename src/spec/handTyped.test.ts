/** The numbers of the specification are written once, in this folder: elsewhere in src/ they are imported. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LOGIC, TPM_GENERATED, TPM_ST } from "./constants.ts";
import { TPM_RH } from "./handles.ts";
import * as header from "./header.ts";
import { constantValues, types } from "./types.ts";

const src = fileURLToPath(new URL("..", import.meta.url));

/** TPM_RC_NV_LOCKED, RC_NV_LOCKED and rcNvLocked are one name. */
const normalized = (name: string) =>
  name
    .replace(/^TPM(?=A?_)/, "")
    .replaceAll("_", "")
    .toUpperCase();

const names = new Set([...constantValues.keys(), ...Object.keys(header)].map(normalized));
// Anybody's words.
for (const name of Object.keys(LOGIC)) names.delete(name);
for (const [type, row] of Object.entries(types)) {
  for (const { name } of row.kind === "attributes" ? row.fields : []) {
    names.add(normalized(`${type}_${name}`));
    // Shorter ones are anybody's too: sign, decrypt, orderly.
    if (name.length > 7) names.add(normalized(name));
  }
}
/** Values that are nothing else, wherever they stand. */
const values = new Set<number>(
  [TPM_ST, TPM_RH, TPM_GENERATED].flatMap((table) => Object.values<number>(table)).filter((value) => value > 0x8000),
);

const DEFINITION = /(?<!\?\s*)\b([A-Za-z]\w*)(?:\s*:\s*\w+)?\s*[:=]\s*-?(?:0x[\da-f_]+|\d[\d_]*)\b(?!\.)/gi;
const HEXADECIMAL = /\b0x[\da-f_]+\b/gi;
/** The tag of a command, byte by byte. */
const MARSHALLED = /0x80,\s*0x0[12],\s*0\b/g;

/** Lines that type what the tables have. @param isTest may hold any value, as a vector; names it takes from the tables too. */
function handTyped(text: string, isTest: boolean): string[] {
  const code = text.replace(/\/\*.*?\*\/|\/\/.*$/gms, (comment) => comment.replace(/[^\n]/g, " "));
  const found = [...code.matchAll(DEFINITION)].filter(([, name = ""]) => names.has(normalized(name)));
  if (!isTest) {
    found.push(...[...code.matchAll(HEXADECIMAL)].filter(([hex]) => values.has(Number(hex.replaceAll("_", "")))));
    found.push(...text.matchAll(MARSHALLED));
  }
  return found.map((match) => `${text.slice(0, match.index).split("\n").length}: ${match[0].trim()}`);
}

function* sources(folder = src): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && path !== join(src, "spec")) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

describe("numbers of the specification", () => {
  it.each([
    ["const TPM_RC_LOCALITY = 0x907;", "1: TPM_RC_LOCALITY = 0x907"],
    ["\nconst CC_STARTUP: number = 324;", "2: CC_STARTUP: number = 324"],
    ["const CODES = { rcNvLocked: 0x148 };", "1: rcNvLocked: 0x148"],
    ["enum Cap { TPM_CAP_PCRS = 5 }", "1: TPM_CAP_PCRS = 5"],
    ["const CONTINUE_SESSION = 1;", "1: CONTINUE_SESSION = 1"],
    ["view.setUint16(0, 0x8001);", "1: 0x8001"],
    ["/** @example Uint8Array.of(0x80, 0x01, 0, 0) */", "1: 0x80, 0x01, 0"],
  ])("are found where they are typed: %j", (text, found) => {
    expect(handTyped(text, false)).toEqual([found]);
  });

  it.each([
    ["/** TPM_PT_REVISION: 159 */ const size = TPM_RC.TPM_RC_SIZE;"],
    ["const code = isState ? TPM_SU_STATE : 0;"],
    ["const STATE_DECRYPTED = 1; const port = 2321; if (tag === 0xc4) return;"],
  ])("are not found where they are not: %j", (text) => {
    expect(handTyped(text, false)).toEqual([]);
  });

  it("are typed nowhere else in src/", () => {
    const found = [...sources()].flatMap((path) => {
      const isTest = /\.test\.ts$|[\\/]testkit[\\/]/.test(path);
      return handTyped(readFileSync(path, "utf8"), isTest).map((line) => `src/${path.slice(src.length)}:${line}`);
    });
    expect(found).toEqual([]);
  });
});
