/** libtpms' own state, as Debian's swtpm keeps it: read, and made into one of ours. Pure but for WebCrypto. */
export { toPermanentBlob } from "./convert.ts";
export { type LibtpmsProblem, LibtpmsStateError } from "./errors.ts";
export { type LibtpmsState, readPermanentAll } from "./permanentAll.ts";
export { isSwtpmFile, openSwtpmFile } from "./swtpmFile.ts";
