// BusyBox asks the terminal for the cursor's position (ESC [ 6 n) before each prompt. Over a serial line the answer
// arrives as input, and lands in whatever program was started in between: `cat`, `read`, a password prompt. Debian
// builds with FEATURE_EDITING_ASK_TERMINAL=y and there is no switch at run time, so the one instruction that loads
// the query's address is pointed at the string's terminating NUL instead. vi, less and resize keep their own query.
import { addressOf, sections } from "./elf.mjs";

const QUERY = Buffer.from("\x1b[6n\0", "latin1");

/**
 * @param {Buffer} busybox Debian's statically linked /bin/busybox for i386
 * @returns {Buffer} a copy whose line editor does not query the cursor
 * @throws Error when it is not built the way this function expects (a new version: look at it, adapt this function)
 */
export function withoutCursorQuery(busybox) {
  const query = only(busybox, QUERY, "the query string");
  const got = sections(busybox).find((section) => section.name === ".got");
  if (!got) throw new Error(`busybox: no .got section; ${ADVICE}`);
  // Position-independent code: `lea disp32(%reg)`, relative to the global offset table.
  const displacement = Buffer.alloc(4);
  displacement.writeInt32LE(addressOf(busybox, query) - got.address);
  const at = only(busybox, displacement, "a reference to the query string");
  if (busybox[at - 2] !== 0x8d) throw new Error(`busybox: the reference is not an lea; ${ADVICE}`);
  const patched = Buffer.from(busybox);
  patched.writeInt32LE(displacement.readInt32LE() + QUERY.length - 1, at);
  return patched;
}

const ADVICE = "the line editor of this version differs: adapt guest/recipe/busybox.mjs";

function only(haystack, needle, what) {
  const at = haystack.indexOf(needle);
  if (at < 0 || haystack.indexOf(needle, at + 1) >= 0) {
    throw new Error(`busybox: ${what} is there ${at < 0 ? "not at all" : "more than once"}; ${ADVICE}`);
  }
  return at;
}
