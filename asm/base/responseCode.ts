// Response codes that say what is wrong: a handle, a session or a parameter, by its number (Part 2, 6.6). Those of a
// command's handles and parameters have names in its namespace of the generated parameters: RC_ and the field's.
import { RC_FMT1, TPM_RC_1, TPM_RC_H, TPM_RC_P, TPM_RC_S } from "../generated/constants";

/** Only Format-One codes carry a number; others are given back unchanged (Part 2, 6.6.2: bit 7). */
function isFormatOne(rc: u32): bool {
  return (rc & RC_FMT1) != 0;
}

/** `rc` about a handle or parameter: `rcAbout(TPM_RC_SIZE, parameters.RC_inPublic)`. */
export function rcAbout(rc: u32, about: u32): u32 {
  return isFormatOne(rc) ? rc + about : rc;
}

/** `rc` about the handle of this number, from 1 on: for code that goes through the handles of any command. */
export function rcHandle(rc: u32, number: u32): u32 {
  return rcAbout(rc, TPM_RC_H + number * TPM_RC_1);
}

/** `rc` about the session of this number, from 1 on. */
export function rcSession(rc: u32, number: u32): u32 {
  return rcAbout(rc, TPM_RC_S + number * TPM_RC_1);
}
