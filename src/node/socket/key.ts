/** `--key` and `--migration-key`. */
import { CIPHERS, type KeySource } from "../keySource.ts";
import type { KEY_PARTS } from "./optionTable.ts";
import type { SubValues } from "./subOptions.ts";

/** A key, and whether what is not encrypted is taken under it. */
export interface KeyOption extends KeySource {
  adopts: boolean;
}

/** @param parts with one of the sources among them. */
export function parseKeyOption(option: string, parts: SubValues<typeof KEY_PARTS>): KeyOption {
  const { file, fd, pwdfile, pwdfd, mode = "aes-128-cbc", format = "hex", kdf = "pbkdf2" } = parts;
  const isPassword = pwdfile !== undefined || pwdfd !== undefined;
  const path = file ?? pwdfile;
  return {
    option,
    from: path === undefined ? { fd: (fd ?? pwdfd) as number } : { file: path },
    form: isPassword ? kdf : format,
    size: CIPHERS[mode],
    removes: parts.remove ?? false,
    adopts: parts.adopt ?? false,
  };
}
