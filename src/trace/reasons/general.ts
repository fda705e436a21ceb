/** What a response code says by itself, where the core has noted nothing. */
import { responseCodes } from "../../spec/responseCodes.ts";
import { sentence } from "../responseCode.ts";
import { pairs } from "./pairs.ts";
import type { Place } from "./words.ts";

/** By the code's name without number. */
const meanings: ReadonlyMap<string, string> = new Map(
  Object.entries(responseCodes).map(([name, [, meaning]]) => [name, meaning]),
);

/** @param command its name without TPM2_ @param name of the code, without the number of a handle, session or parameter */
export function generalInEnglish(command: string | null, name: string, { about, number, subject }: Place): string {
  // What a command says of a session is the same for all commands.
  const ofCommand =
    about === "session" ? undefined : (pairs as Record<string, Record<string, string>>)[command ?? ""]?.[name];
  const meaning = ofCommand ?? meanings.get(name) ?? `the specification has no code ${name}`;
  if (number === 0) return sentence(meaning);
  return `${sentence(about).slice(0, -1)} ${number}${subject === undefined ? "" : ` (${subject})`}: ${meaning}.`;
}
