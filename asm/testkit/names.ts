/** The specification's names for the numbers in commands and responses; the table in src/spec has the numbers. */
import { type CommandName, commands } from "../../src/spec/commands.ts";
import { type formatOneCodes, type ResponseCodeName, responseCodeParts, TPM_RC } from "../../src/spec/responseCodes.ts";

type FormatOneName = keyof typeof formatOneCodes;

/** TPM_CC by the names of Part 3, without TPM2_. */
export const CC = Object.fromEntries(commands.map(({ name, code }) => [name, code])) as Readonly<
  Record<CommandName, number>
>;

/** Which handle, session or parameter of the command a response code is about, counted from 1. */
type About = { handle: number } | { session: number } | { parameter: number };

/**
 * TPM_RC (Part 2, 6.6).
 * @param about for codes of format one, which may name a handle, session or parameter
 */
export function rc(name: FormatOneName, about: About): number;
export function rc(name: ResponseCodeName): number;
export function rc(name: ResponseCodeName, about?: About): number {
  if (!about) return TPM_RC[name];
  const { TPM_RC_H, TPM_RC_S, TPM_RC_P, TPM_RC_1 } = responseCodeParts;
  if ("handle" in about) return TPM_RC[name] + TPM_RC_H + TPM_RC_1 * about.handle;
  if ("session" in about) return TPM_RC[name] + TPM_RC_S + TPM_RC_1 * about.session;
  return TPM_RC[name] + TPM_RC_P + TPM_RC_1 * about.parameter;
}
