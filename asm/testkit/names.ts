/** The specification's names for the numbers in commands and responses; the table in src/spec has the numbers. */
import { type CommandName, commands } from "../../src/spec/commands.ts";

/** TPM_CC by the names of Part 3, without TPM2_. */
export const CC = Object.fromEntries(commands.map(({ name, code }) => [name, code])) as Readonly<
  Record<CommandName, number>
>;
