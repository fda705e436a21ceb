// Why the command in execution was refused, as a note for the host: the check and what it looked at (src/spec/refusals.ts).
// It is made where the check fails and nowhere else, so that a command that succeeds pays nothing, and of values that are
// no secrets.
import { RC_FMT1 } from "../generated/constants";

/** The number of the check, 0 for none, and four operands: UINT32s. */
export const refusalNote: usize = memory.data(20);
/** The response code that the note explains. */
let notedRc: u32 = 0;

/** Bits of a Format-One code that say what is wrong; the others say where (Part 2, 6.6.2). */
const ERROR: u32 = 0xbf;

/** Notes why, and gives the response code back: `return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_..., ...), parameters.RC_...)`. */
export function refuse(rc: u32, check: u32, a: u32 = 0, b: u32 = 0, c: u32 = 0, d: u32 = 0): u32 {
  notedRc = rc;
  store<u32>(refusalNote, check);
  store<u32>(refusalNote, a, 4);
  store<u32>(refusalNote, b, 8);
  store<u32>(refusalNote, c, 12);
  store<u32>(refusalNote, d, 16);
  return rc;
}

/** A command begins, or has succeeded. */
export function forgetRefusal(): void {
  store<u32>(refusalNote, 0);
}

/** A command ends with `rc`: a note about another code, which was got over on the way, explains nothing. */
export function settleRefusal(rc: u32): void {
  const same = rc & RC_FMT1 ? (rc & ERROR) == (notedRc & ERROR) : rc == notedRc;
  if (!same) forgetRefusal();
}
