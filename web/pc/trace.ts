import { type CommandName, decodeCommand, decodeResponse, formatFields } from "../../src/index.ts";
import type { CommandEntry, DecodedEntry, Field } from "../state/model.ts";

const STARTUP: CommandName = "Startup";
/** What moves contexts in and out of the TPM: the kernel's resource manager does it around each command of a program. */
const SWAPPING: ReadonlySet<string> = new Set<CommandName>(["ContextSave", "ContextLoad", "FlushContext"]);
/** The answer by which the resource manager learns that the context of a session is gone. Nothing is wrong then. */
const GONE = "TPM_RC_REFERENCE_H0";

/** Whether a command is TPM2_Startup. */
export const isStartup = (command: Uint8Array): boolean => decodeCommand(command).name === STARTUP;
/** Whether a response says TPM_RC_SUCCESS. */
export const succeeded = (response: Uint8Array): boolean =>
  decodeResponse(response).responseCode.severity === "success";

/** What a row of the command list says of a command and its response. */
export function summarize(command: Uint8Array, response: Uint8Array) {
  const decoded = decodeCommand(command);
  const handleNames = decoded.command?.handles.map(({ name }) => name) ?? [];
  const handles = decoded.fields.filter(({ name }) => handleNames.includes(name)).map(({ value }) => value);
  const { severity, name, about, number } = decodeResponse(response, command).responseCode;
  const failed = severity !== "success";
  return {
    name: decoded.command === undefined ? decoded.name : `TPM2_${decoded.name}`,
    subject: handles.join(", "),
    responseCodeName: number === 0 ? name : `${name} (${about} ${number})`,
    failed,
    swaps: SWAPPING.has(decoded.name) && (!failed || name === GONE),
  };
}

/** All fields of a command and its response; secrets are hidden. */
export function decode({ command, response }: CommandEntry): DecodedEntry {
  const asked = decodeCommand(command);
  const answered = decodeResponse(response, command);
  return {
    command: withProblem(formatFields(asked.fields), asked.problem),
    response: withProblem(formatFields(answered.fields), answered.problem),
    explanation: answered.responseCode.severity === "success" ? "" : answered.responseCode.explanation,
  };
}

function withProblem(fields: readonly Field[], problem: string | undefined): readonly Field[] {
  return problem === undefined ? fields : [...fields, { name: "problem", value: problem, depth: 0, secret: false }];
}
