/** Part 3: all commands, ready to be used. The rows are in commands/, one file for each chapter. */
import { asymmetricPrimitives } from "./commands/asymmetricPrimitives.ts";
import { attachedComponents } from "./commands/attachedComponents.ts";
import { attestationCommands } from "./commands/attestationCommands.ts";
import { authenticatedCountdownTimer } from "./commands/authenticatedCountdownTimer.ts";
import { capabilityCommands } from "./commands/capabilityCommands.ts";
import { clocksAndTimers } from "./commands/clocksAndTimers.ts";
import { commandAudit } from "./commands/commandAudit.ts";
import { contextManagement } from "./commands/contextManagement.ts";
import { dictionaryAttackFunctions } from "./commands/dictionaryAttackFunctions.ts";
import { duplicationCommands } from "./commands/duplicationCommands.ts";
import { enhancedAuthorizationCommands } from "./commands/enhancedAuthorizationCommands.ts";
import { ephemeralEcKeys } from "./commands/ephemeralEcKeys.ts";
import { fieldUpgrade } from "./commands/fieldUpgrade.ts";
import { hashHmacEventSequences } from "./commands/hashHmacEventSequences.ts";
import { hierarchyCommands } from "./commands/hierarchyCommands.ts";
import { integrityCollection } from "./commands/integrityCollection.ts";
import { miscellaneousManagementFunctions } from "./commands/miscellaneousManagementFunctions.ts";
import { nonvolatileStorage } from "./commands/nonvolatileStorage.ts";
import { objectCommands } from "./commands/objectCommands.ts";
import { randomNumberGenerator } from "./commands/randomNumberGenerator.ts";
import { sessionCommands } from "./commands/sessionCommands.ts";
import { signingAndSignatureVerification } from "./commands/signingAndSignatureVerification.ts";
import { startup } from "./commands/startup.ts";
import { symmetricPrimitives } from "./commands/symmetricPrimitives.ts";
import { testing } from "./commands/testing.ts";
import { vendorSpecific } from "./commands/vendorSpecific.ts";
import { type CommandRow, type Field, parseField, type Role, roleOf } from "./rows.ts";

export const commandRows = {
  ...startup,
  ...testing,
  ...sessionCommands,
  ...objectCommands,
  ...duplicationCommands,
  ...asymmetricPrimitives,
  ...symmetricPrimitives,
  ...randomNumberGenerator,
  ...hashHmacEventSequences,
  ...attestationCommands,
  ...ephemeralEcKeys,
  ...signingAndSignatureVerification,
  ...commandAudit,
  ...integrityCollection,
  ...enhancedAuthorizationCommands,
  ...hierarchyCommands,
  ...dictionaryAttackFunctions,
  ...miscellaneousManagementFunctions,
  ...fieldUpgrade,
  ...contextManagement,
  ...clocksAndTimers,
  ...capabilityCommands,
  ...nonvolatileStorage,
  ...attachedComponents,
  ...authenticatedCountdownTimer,
  ...vendorSpecific,
} as const;

/** Titles of the chapters of Part 3. */
export const chapters: Readonly<Record<string, string>> = {
  9: "Start-up",
  10: "Testing",
  11: "Session Commands",
  12: "Object Commands",
  13: "Duplication Commands",
  14: "Asymmetric Primitives",
  15: "Symmetric Primitives",
  16: "Random Number Generator",
  17: "Hash/HMAC/Event Sequences",
  18: "Attestation Commands",
  19: "Ephemeral EC Keys",
  20: "Signing and Signature Verification",
  21: "Command Audit",
  22: "Integrity Collection (PCR)",
  23: "Enhanced Authorization (EA) Commands",
  24: "Hierarchy Commands",
  25: "Dictionary Attack Functions",
  26: "Miscellaneous Management Functions",
  27: "Field Upgrade",
  28: "Context Management",
  29: "Clocks and Timers",
  30: "Capability Commands",
  31: "Non-volatile Storage",
  32: "Attached Components",
  33: "Authenticated Countdown Timer",
  34: "Vendor Specific",
};

/** Name without the prefix TPM2_. */
export type CommandName = keyof typeof commandRows;

export interface Handle extends Field {
  /** The role in which an authorisation session has to authorise the use of the handle; null: none. */
  readonly role: Role | null;
}

export interface Command {
  readonly name: CommandName;
  /** TPM_CC. */
  readonly code: number;
  /** Section of Part 3. */
  readonly section: string;
  readonly nv: boolean;
  readonly extensive: boolean;
  readonly flushed: boolean;
  readonly sessions: CommandRow["sessions"];
  readonly physicalPresence: "required" | "allowed" | "never";
  readonly handles: readonly Handle[];
  readonly parameters: readonly Field[];
  readonly responseHandles: readonly Field[];
  readonly response: readonly Field[];
}

function toCommand(name: CommandName, row: CommandRow): Command {
  const decorations = row.attributes?.split(" ") ?? [];
  return {
    name,
    code: row.code,
    section: row.section,
    nv: decorations.includes("NV"),
    extensive: decorations.includes("E"),
    flushed: decorations.includes("F"),
    sessions: row.sessions,
    physicalPresence: row.physicalPresence ?? "never",
    handles: (row.handles ?? []).map((handle) => ({ ...parseField(handle), role: roleOf(handle) })),
    parameters: (row.parameters ?? []).map(parseField),
    responseHandles: (row.responseHandles ?? []).map(parseField),
    response: (row.response ?? []).map(parseField),
  };
}

/** In the order of Part 3. */
export const commands: readonly Command[] = Object.entries(commandRows).map(([name, row]) =>
  toCommand(name as CommandName, row),
);
const byName = new Map<string, Command>(commands.map((command) => [command.name, command]));
const byCode = new Map<number, Command>();
for (const command of commands) {
  // HMAC and MAC share a code, as HMAC_Start and MAC_Start do. MAC takes whatever HMAC takes, so its row is the one.
  if (byCode.get(command.code) === undefined || command.name.startsWith("MAC")) byCode.set(command.code, command);
}

/** @throws when there is no such command. */
export function commandNamed(name: string): Command {
  const command = byName.get(name);
  if (command === undefined) throw new Error(`the specification has no command named "${name}"`);
  return command;
}
export function commandWithCode(code: number): Command | undefined {
  return byCode.get(code);
}

/** Names to command codes: TPM_CC_PCR_Extend and so on. */
export const TPM_CC = Object.fromEntries(commands.map(({ name, code }) => [`TPM_CC_${name}`, code])) as {
  readonly [Name in CommandName as `TPM_CC_${Name}`]: (typeof commandRows)[Name]["code"];
};

/** The TPMA_CC of a command (Part 2, 8.9). */
export function commandAttributes(command: Command): number {
  let attributes = command.code & 0xffff;
  if (command.nv) attributes |= 1 << 22;
  if (command.extensive) attributes |= 1 << 23;
  if (command.flushed) attributes |= 1 << 24;
  attributes |= command.handles.length << 25;
  if (command.responseHandles.length > 0) attributes |= 1 << 28;
  return (attributes | (command.code & 0x20000000)) >>> 0;
}
