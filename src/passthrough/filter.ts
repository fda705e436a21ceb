/**
 * Between a guest and a TPM that is not its own: what would harm the chip, or what else uses it, never reaches it. It is looked at
 * as the chip would: a command is one that the tables have, whole, with a header that says so; everything else is refused.
 */
import { type Command, commandWithCode } from "../spec/commands.ts";
import { TPM_SU } from "../spec/constants.ts";
import {
  codeOf,
  HEADER_SIZE,
  TPM_RC_COMMAND_SIZE,
  TPM_RC_SUCCESS,
  TPM_ST_NO_SESSIONS,
  TPM_ST_SESSIONS,
} from "../spec/header.ts";
import { responseCodeParts, TPM_RC } from "../spec/responseCodes.ts";
import { ALLOWABLE, LAST_PLATFORM_PCR, RULES, refusedAuthorization } from "./rules.ts";

/** What becomes of a command: it goes to the chip, or is answered with this code. `why` is null where nothing is refused. */
export type Verdict =
  | { readonly kind: "pass" }
  | { readonly kind: "answer"; readonly responseCode: number; readonly why: string | null };

export interface FilterState {
  /** TPM2_Startup was received since the guest's last _TPM_Init. */
  readonly started: boolean;
}

const PASS: Verdict = { kind: "pass" };
const HANDLE_SIZE = 4;
const STARTUP_TYPE_SIZE = 2;

/** @returns the names that can't be allowed. */
export const unknownAllowances = (names: Iterable<string>): string[] =>
  [...names].filter((name) => !ALLOWABLE.includes(name));

/**
 * @param bytes the command as the guest sent it, of any length; nothing is changed.
 * @param allowed names of {@link ALLOWABLE}: a command that is refused for two reasons needs both.
 */
export function judge(bytes: Uint8Array, allowed: ReadonlySet<string>, { started }: FilterState): Verdict {
  if (bytes.length < HEADER_SIZE) return refuse(TPM_RC_COMMAND_SIZE, "it is shorter than a header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tag = view.getUint16(0);
  if (tag !== TPM_ST_NO_SESSIONS && tag !== TPM_ST_SESSIONS)
    return refuse(TPM_RC.TPM_RC_BAD_TAG, "its tag is none of a TPM 2.0's");
  if (view.getUint32(2) !== bytes.length) return refuse(TPM_RC_COMMAND_SIZE, "its header gives it another size");
  const command = commandWithCode(codeOf(bytes));
  if (command === undefined) return refuse(TPM_RC.TPM_RC_COMMAND_CODE, "nobody here knows what it does");
  if (RULES[command.name] === "power") return answerPower(command, view, tag, started);
  const handles = handlesOf(command, view);
  if (handles === null) return refuse(TPM_RC_COMMAND_SIZE, "its handles are missing");
  return judgeKnown(command, handles, allowed);
}

function judgeKnown({ name }: Command, handles: readonly number[], allowed: ReadonlySet<string>): Verdict {
  const rule = RULES[name];
  if (rule === "refused" && !allowed.has(name))
    return refuse(TPM_RC.TPM_RC_COMMAND_CODE, `--allow ${name} would let it through`);
  const [pcr = 0] = handles;
  if (rule === "platformPcrs" && pcr <= LAST_PLATFORM_PCR && !allowed.has(name)) {
    return refuse(TPM_RC.TPM_RC_LOCALITY, `PCR ${pcr} is the host's; --allow ${name} would let it through`);
  }
  for (const [at, handle] of handles.entries()) {
    const authorization = refusedAuthorization(handle);
    if (authorization === null || allowed.has(authorization)) continue;
    const ordinal = responseCodeParts.TPM_RC_1 * (at + 1);
    // As of a platform hierarchy that the firmware has switched off.
    const code = TPM_RC.TPM_RC_HIERARCHY + responseCodeParts.TPM_RC_H + ordinal;
    return refuse(code, `it uses ${authorization}; --allow ${authorization} would let it through`);
  }
  return PASS;
}

/** The chip has had its TPM2_Startup from the host's firmware, and gets its TPM2_Shutdown from the host. */
function answerPower({ name }: Command, view: DataView, tag: number, started: boolean): Verdict {
  if (tag !== TPM_ST_NO_SESSIONS && name === "Startup") return answer(TPM_RC.TPM_RC_AUTH_CONTEXT);
  const size = HEADER_SIZE + STARTUP_TYPE_SIZE;
  // Sessions of TPM2_Shutdown, which may audit it, would be the chip's to answer.
  if (view.byteLength !== size) return answer(TPM_RC_COMMAND_SIZE);
  const type = view.getUint16(HEADER_SIZE);
  if (type !== TPM_SU.TPM_SU_CLEAR && type !== TPM_SU.TPM_SU_STATE) {
    return answer(TPM_RC.TPM_RC_VALUE + responseCodeParts.TPM_RC_P + responseCodeParts.TPM_RC_1);
  }
  if (name === "Startup" && started) return answer(TPM_RC.TPM_RC_INITIALIZE);
  return answer(TPM_RC_SUCCESS);
}

/** @returns null when they are not all there. */
function handlesOf({ handles }: Command, view: DataView): number[] | null {
  if (view.byteLength < HEADER_SIZE + handles.length * HANDLE_SIZE) return null;
  return handles.map((_, at) => view.getUint32(HEADER_SIZE + at * HANDLE_SIZE));
}

const answer = (responseCode: number): Verdict => ({ kind: "answer", responseCode, why: null });
const refuse = (responseCode: number, why: string): Verdict => ({ kind: "answer", responseCode, why });
