/** For tests: the generated code for every command and every type, with handlers that return their command code. */
import { commandNamed, commands } from "../../commands.ts";
import { resolveAlias, types } from "../../types.ts";
import { generate } from "../generate.ts";
import { functionOf, takesNull } from "../unmarshal.ts";
import { compile } from "./compile.ts";

export const everyCommand: readonly string[] = commands.map(({ name }) => name);
/** What a command can be made of: unions are reached through their structures only. */
export const everyType: readonly string[] = Object.entries(types)
  .filter(([, { kind }]) => kind !== "union" && kind !== "alias")
  .map(([name]) => name);

const INDEX = (constants: readonly string[]) => `
import * as commands from "./generated/commands";
import * as unmarshal from "./generated/unmarshal";
import { readerPosition, readerStart } from "./base/reader";
import { handleAt } from "./base/handles";
import { select } from "./tpm/algorithms/implemented";
import { TPM_RC_COMMAND_CODE } from "./generated/constants";
export { commandAttributes, commandCodeAt, commandCount, commandFlags, commandIndex, authRole,
  handleCount, responseHandleCount } from "./generated/commandTable";
export { run } from "./generated/commands";
export { ${constants.join(", ")} } from "./generated/commandTable";
export { select } from "./tpm/algorithms/implemented";
const input: usize = memory.data(8192);
export function buffer(): usize { return input; }
export function handle(index: u32): u32 { return handleAt(index); }
export function consumed(): u32 { return (readerPosition() - input) as u32; }
export function unmarshalType(type: u32, allowNull: bool, size: u32): u32 {
  readerStart(input, size);
  switch (type) {
${everyType.map((type, i) => `    case ${i}: return unmarshal.${functionOf(type)}(${takesNull(type) ? "allowNull" : ""});`).join("\n")}
  }
  return TPM_RC_COMMAND_CODE;
}
export function handles(index: u32, size: u32): u32 {
  readerStart(input, size);
  return commands.unmarshalHandles(index);
}
export function parameters(index: u32): u32 {
  return commands.unmarshalParameters(index);
}
`;
const IMPLEMENTED = `
let some: bool = false;
export function select(value: bool): void { some = value; }
export function algorithmImplemented(algorithm: u32): bool { return !some || (algorithm & 1) == 1; }
export function curveImplemented(curve: u32): bool { return curve > 0 && curve < 0x40 && (!some || (curve & 1) == 1); }
export function keyBitsImplemented(algorithm: u32, bits: u32): bool { return bits == 128 || bits == 2048; }
export function byProfile(full: u32, libtpms: u32): u32 { return some ? libtpms : full; }
`;

interface Exports {
  memory: WebAssembly.Memory;
  commandCount(): number;
  commandIndex(code: number): number;
  commandCodeAt(index: number): number;
  commandAttributes(index: number): number;
  commandFlags(index: number): number;
  handleCount(index: number): number;
  responseHandleCount(index: number): number;
  authRole(index: number, handle: number): number;
  run(index: number): number;
  buffer(): number;
  handle(index: number): number;
  consumed(): number;
  select(some: boolean): void;
  unmarshalType(type: number, allowNull: boolean, size: number): number;
  handles(index: number, size: number): number;
  parameters(index: number): number;
}
export interface Unmarshaller extends Exports {
  /** Value of an exported constant CC_... or ROLE_... */
  constant(name: string): number;
  /** Unmarshals one value. `consumed` is only meaningful with code 0. */
  unmarshal(type: string, allowNull: boolean, octets: Uint8Array): { code: number; consumed: number };
  /** Unmarshals handles, then parameters: the first response code that is not 0, or 0. */
  command(name: string, octets: Uint8Array): { code: number; consumed: number };
}

export async function loadUnmarshaller(): Promise<Unmarshaller> {
  const handlers = new Map(everyCommand.map((name) => [name, `../commands/${name}`]));
  const generated = generate({ handlers, alsoTypes: everyType });
  const constants = [...(generated.get("commandTable.ts") ?? "").matchAll(/^export const (\w+)/gm)].map(
    (m) => m[1] ?? "",
  );
  const files = new Map<string, string>();
  for (const [name, text] of generated) files.set(`asm/generated/${name}`, text);
  for (const name of everyCommand)
    files.set(`asm/commands/${name}.ts`, `export function ${name}(): u32 { return ${commandNamed(name).code}; }`);
  files.set("asm/tpm/algorithms/implemented.ts", IMPLEMENTED);
  files.set("asm/test.ts", INDEX(constants));

  const wasm = await compile(files, "asm/test.ts");
  const exports = wasm as unknown as Exports;
  const put = (octets: Uint8Array) => new Uint8Array(exports.memory.buffer, exports.buffer(), 8192).set(octets);
  return {
    ...exports,
    constant: (name) => (wasm[name] as WebAssembly.Global).value,
    unmarshal(type, allowNull, octets) {
      put(octets);
      const code = exports.unmarshalType(everyType.indexOf(resolveAlias(type)), allowNull, octets.length) >>> 0;
      return { code, consumed: exports.consumed() };
    },
    command(name, octets) {
      put(octets);
      const index = exports.commandIndex(commandNamed(name).code);
      const code = exports.handles(index, octets.length) || exports.parameters(index);
      return { code: code >>> 0, consumed: exports.consumed() };
    },
  };
}
