import { type CommandName, decodeCommand, decodeResponse, formatFields } from "../../src/index.ts";
import type { CommandEntry, DecodedEntry, Field } from "../state/model.ts";

const STARTUP: CommandName = "Startup";

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
  return {
    name: decoded.command === undefined ? decoded.name : `TPM2_${decoded.name}`,
    subject: handles.join(", "),
    responseCodeName: number === 0 ? name : `${name} (${about} ${number})`,
    failed: severity !== "success",
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
