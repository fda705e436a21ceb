/** Part 2, 6.6: what a response code says, in words. */
import type { Command } from "../spec/commands.ts";
import { TPM_RC_SUCCESS } from "../spec/header.ts";
import { formatOneCodes, responseCodeParts, responseCodes } from "../spec/responseCodes.ts";

export interface DecodedResponseCode {
  readonly code: number;
  /** "TPM_RC_VALUE"; a number in hex where the specification has no name. */
  readonly name: string;
  /** `warning`: the command is not wrong, but can't be executed now. */
  readonly severity: "success" | "error" | "warning";
  /** What the code is about. Codes of format zero are about the command as a whole. */
  readonly about: "command" | "handle" | "session" | "parameter";
  /** 1-based number of the handle, session or parameter; 0 for the command as a whole, or where the TPM says none. */
  readonly number: number;
  /** Name of that handle or parameter, where the command is known: "pcrHandle". */
  readonly subject?: string;
  /** One sentence. */
  readonly explanation: string;
}

const { RC_FMT1, RC_WARN, TPM_RC_P, TPM_RC_S, TPM_RC_N_MASK } = responseCodeParts;
/** Bits 5..0 of a format one code tell the errors apart. */
const FORMAT_ONE_ERROR = 0x3f;
/** Bit 10 of a format zero code: the vendor's own. */
const VENDOR = 0x400;

const byNumber = new Map<number, readonly [name: string, explanation: string]>(
  Object.entries(responseCodes).map(([name, [code, explanation]]) => [code, [name, explanation]]),
);
const formatOneByNumber = new Map<number, readonly [name: string, explanation: string]>(
  Object.entries(formatOneCodes).map(([name, [code, explanation]]) => [code, [name, explanation]]),
);
const hex = (code: number) => `0x${code.toString(16).padStart(3, "0")}`;
const ordinal = (n: number) => `${n}${["th", "st", "nd", "rd"][n] ?? "th"}`;

/** Never throws: a code that the specification does not have is named by its number. */
export function decodeResponseCode(code: number, command?: Command): DecodedResponseCode {
  return (code & RC_FMT1) !== 0 && code >>> 12 === 0 ? formatOne(code, command) : formatZero(code);
}

function formatZero(code: number): DecodedResponseCode {
  const whole = { code, about: "command", number: 0 } as const;
  const isWarning = (code & RC_WARN) === RC_WARN;
  const severity = code === TPM_RC_SUCCESS ? "success" : isWarning ? "warning" : "error";
  const known = byNumber.get(code);
  if (known !== undefined) return { ...whole, severity, name: known[0], explanation: sentence(known[1]) };
  const explanation =
    code >>> 12 !== 0
      ? "The code comes from a layer above the TPM."
      : (code & VENDOR) !== 0
        ? "The code is the vendor's own."
        : "The specification has no such code.";
  return { ...whole, severity, name: hex(code), explanation };
}

function formatOne(code: number, command: Command | undefined): DecodedResponseCode {
  const base = code & (RC_FMT1 | FORMAT_ONE_ERROR);
  const [name, what] = formatOneByNumber.get(base) ?? [hex(base), "the specification has no such error"];
  const about = (code & TPM_RC_P) !== 0 ? "parameter" : (code & TPM_RC_S) !== 0 ? "session" : "handle";
  const number = (code & TPM_RC_N_MASK & (about === "parameter" ? TPM_RC_N_MASK : ~TPM_RC_S)) >>> 8;
  const fields = about === "parameter" ? command?.parameters : about === "handle" ? command?.handles : undefined;
  const subject = fields?.[number - 1]?.name;
  const place = number === 0 ? "" : `${ordinal(number)} ${about}${subject === undefined ? "" : ` (${subject})`}: `;
  return {
    code,
    name,
    severity: "error",
    about: number === 0 ? "command" : about,
    number,
    ...(subject === undefined ? {} : { subject }),
    explanation: place === "" ? sentence(what) : `${place}${what}.`,
  };
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
