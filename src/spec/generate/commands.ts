/**
 * asm/generated/parameters.ts, the parameters of the command in execution, asm/generated/commandTable.ts, what is known
 * of each command that has a handler, and asm/generated/commands.ts, their unmarshalling and dispatch.
 */
import { type Command, commandAttributes, type Handle } from "../commands.ts";
import type { Field } from "../rows.ts";
import { integerOf, resolveAlias } from "../types.ts";
import { HEADER, hex, Imports, integerType } from "./text.ts";
import { callOf, loadOf } from "./unmarshal.ts";

/** A command and the module its handler is imported from, relative to asm/generated. */
export interface Implemented {
  readonly command: Command;
  readonly module: string;
}

export function generateParameters(implemented: readonly Implemented[]): string {
  const imports = new Imports();
  const lines = [
    "",
    "// Integers are values; structures are addresses of their wire form in the command buffer, already validated. RC_ and",
    "// a name is what a response code about this handle or parameter has added: see rcAbout in base/responseCode.ts.",
  ];
  for (const { command } of implemented) {
    const fields = [...command.handles, ...command.parameters];
    if (fields.length === 0) continue;
    lines.push("", `// Part 3, ${command.section}.`, `export namespace ${command.name} {`);
    for (const field of fields) {
      const integer = integerOf(field.type);
      const type = integer === null ? "usize" : integerType(integer);
      lines.push(`  export let ${field.name}: ${type} = 0; // ${field.type}`);
    }
    for (const [name, value] of positionsOf(command, imports)) lines.push(`  export const ${name}: u32 = ${value};`);
    lines.push("}");
  }
  if (implemented.length === 0) lines.push("export {};");
  return `${[HEADER, imports.toString(), ...lines].join("\n")}\n`;
}

/** RC_NAME for each handle and parameter of a command, and what a response code about it has added (Part 2, 6.6.2). */
function positionsOf({ handles, parameters }: Command, imports: Imports): [name: string, value: string][] {
  const constant = (name: string) => imports.from("./constants", name);
  const position =
    (kind: "TPM_RC_H" | "TPM_RC_P") =>
    (field: Field, index: number): [string, string] => [
      positionOf(field),
      `${constant(kind)} + ${constant(`TPM_RC_${(index + 1).toString(16).toUpperCase()}`)}`,
    ];
  return [...handles.map(position("TPM_RC_H")), ...parameters.map(position("TPM_RC_P"))];
}
function positionOf({ name }: Field): string {
  return `RC_${name}`;
}

/** Bits of commandFlags. */
const FLAGS: readonly (readonly [name: string, comment: string, has: (command: Command) => boolean])[] = [
  ["CC_DECRYPT_PARAMETER", "the first command parameter is a TPM2B", ({ parameters }) => is2B(parameters[0])],
  ["CC_ENCRYPT_RESPONSE", "the first response parameter is a TPM2B", ({ response }) => is2B(response[0])],
  ["CC_NO_SESSIONS", "no sessions are allowed", ({ sessions }) => sessions === "forbidden"],
  ["CC_PP_ALLOWED", "TPM2_PP_Commands may ask for Physical Presence", (c) => c.physicalPresence === "allowed"],
];
/** What authRole says. */
const ROLES = { NONE: 0, USER: 1, ADMIN: 2, DUP: 3 } as const;

function is2B(field: Field | undefined): boolean {
  return field !== undefined && resolveAlias(field.type).startsWith("TPM2B_");
}
function flagsOf(command: Command): number {
  return FLAGS.reduce((flags, [, , has], bit) => flags + (has(command) ? 2 ** bit : 0), 0);
}
/** Handles, response handles, and two bits for the role of each handle. */
function countsOf({ handles, responseHandles }: Command): number {
  const roles = handles.reduce((bits, { role }, i) => bits + ROLES[role ?? "NONE"] * 4 ** i, 0);
  return handles.length | (responseHandles.length << 4) | (roles << 8);
}

/** The table stands below everything that the handlers are made of: authorization and audit read it. */
export function generateCommandTable(implemented: readonly Implemented[]): string {
  const records = implemented.map(
    ({ command }) =>
      `  ${hex(command.code)}, ${hex(commandAttributes(command))}, ${hex(flagsOf(command))}, ${hex(countsOf(command))}, // ${command.name}`,
  );
  return `${HEADER}

${FLAGS.map(([name, comment], bit) => `/** ${comment} */\nexport const ${name}: u32 = ${hex(2 ** bit)};`).join("\n")}

// Authorization roles of a command's handles.
${Object.entries(ROLES)
  .map(([name, value]) => `export const ROLE_${name}: u32 = ${value};`)
  .join("\n")}

// For each command that has a handler, by ascending code: TPM_CC, TPMA_CC, flags, counts and roles.
const COUNT: u32 = ${implemented.length};
const table: usize = memory.data<u32>([
${records.length > 0 ? records.join("\n") : "  0,"}
]);

@inline
function column(index: u32, number: u32): u32 {
  return load<u32>(table + (index << 4) + (number << 2));
}

/** Position of a command in the table, or -1 when it is unknown or has no handler. */
export function commandIndex(code: u32): i32 {
  let low: u32 = 0;
  let high: u32 = COUNT;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column(middle, 0) < code) low = middle + 1;
    else high = middle;
  }
  return low < COUNT && column(low, 0) == code ? (low as i32) : -1;
}

export function commandCount(): u32 {
  return COUNT;
}

export function commandCodeAt(index: u32): u32 {
  return column(index, 0);
}

/** TPMA_CC. */
export function commandAttributes(index: u32): u32 {
  return column(index, 1);
}

/** The bits CC_... */
export function commandFlags(index: u32): u32 {
  return column(index, 2);
}

export function handleCount(index: u32): u32 {
  return column(index, 3) & 15;
}

export function responseHandleCount(index: u32): u32 {
  return (column(index, 3) >> 4) & 15;
}

/** ROLE_... in which handle \`handle\` is authorised. */
export function authRole(index: u32, handle: u32): u8 {
  return handle < handleCount(index) ? (((column(index, 3) >> (8 + 2 * handle)) & 3) as u8) : (ROLE_NONE as u8);
}
`;
}

export function generateCommands(implemented: readonly Implemented[]): string {
  const imports = new Imports();
  imports.from("./constants", "TPM_RC_COMMAND_CODE");
  const handles = implemented.map(({ command }, index) =>
    caseOf(
      index,
      command.name,
      command.handles.map((handle, i) => handleLines(command, handle, i, imports)),
    ),
  );
  const parameters = implemented.map(({ command }, index) =>
    caseOf(
      index,
      command.name,
      command.parameters.map((field) => unmarshalLines(command, field, imports)),
    ),
  );
  for (const { command, module } of implemented) imports.from(module, command.name);
  for (const { command } of implemented)
    if (command.handles.length + command.parameters.length > 0)
      imports.from("./parameters", `${command.name} as ${namespaceOf(command)}`);
  const switchOf = (cases: readonly string[]) =>
    ["  switch (index) {", ...cases.filter((text) => text !== ""), "  }", "  return 0;"].join("\n");
  return `${HEADER}
${imports.toString()}

/** Unmarshals the handle area at the reader. Returns 0 or the response code with the handle's number. */
export function unmarshalHandles(index: u32): u32 {
${switchOf(handles)}
}

/**
 * Unmarshals the parameters at the reader. Returns 0 or the response code with the parameter's number. Whether octets
 * are left over is the caller's to check.
 */
export function unmarshalParameters(index: u32): u32 {
${switchOf(parameters)}
}

/** Executes the command whose handles and parameters were unmarshalled. */
export function run(index: u32): u32 {
  switch (index) {
${implemented.map(({ command }, index) => `    case ${index}:\n      return ${command.name}();`).join("\n")}
  }
  return TPM_RC_COMMAND_CODE;
}
`;
}

function namespaceOf(command: Command): string {
  return `${command.name}_parameters`;
}

function caseOf(index: number, name: string, blocks: readonly (readonly string[])[]): string {
  if (blocks.length === 0) return "";
  const lines = [
    "let at: usize;",
    "let result: u32;",
    ...blocks.flatMap((block) => ["at = readerPosition();", ...block]),
    "return 0;",
  ];
  return [`    case ${index}: {`, `      // ${name}`, ...lines.map((line) => `      ${line}`), "    }"].join("\n");
}

function unmarshalLines(command: Command, field: Field, imports: Imports): string[] {
  imports.from("../base/reader", "readerPosition");
  const call = callOf(field);
  imports.from("./unmarshal", call.slice(0, call.indexOf("(")));
  const value = integerOf(field.type) === null ? "at" : narrowed(field.type, imports);
  return [
    `result = ${call};`,
    `if (result != 0) return result + ${namespaceOf(command)}.${positionOf(field)};`,
    `${namespaceOf(command)}.${field.name} = ${value};`,
  ];
}
function narrowed(type: string, imports: Imports): string {
  const integer = integerOf(type);
  const loaded = loadOf(type, "at", imports);
  return integer?.bytes === 2 && !integer.signed ? `${loaded} as u16` : loaded;
}

function handleLines(command: Command, handle: Handle, index: number, imports: Imports): string[] {
  imports.from("../base/handles", "setHandle");
  return [...unmarshalLines(command, handle, imports), `setHandle(${index}, ${namespaceOf(command)}.${handle.name});`];
}
