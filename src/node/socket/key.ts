/** `--key` and `--migration-key`: where a key comes from, and how it becomes one. */
import { createHash, pbkdf2Sync } from "node:crypto";
import { closeSync, readFileSync, unlinkSync } from "node:fs";
import { UsageError } from "../errors.ts";
import type { KEY_PARTS } from "./optionTable.ts";
import type { SubValues } from "./subOptions.ts";

export interface KeySource {
  option: string;
  from: { file: string } | { fd: number };
  /** A key as hexadecimal digits or as it is, or a password and what makes a key of it. */
  form: "hex" | "binary" | "pbkdf2" | "sha512";
  /** Of the key, bytes. */
  size: 16 | 32;
  /** Delete the file once it is read. */
  removes: boolean;
}

type KeyParts = SubValues<typeof KEY_PARTS>;
const SIZES: Record<NonNullable<KeyParts["mode"]>, 16 | 32> = { "aes-cbc": 16, "aes-128-cbc": 16, "aes-256-cbc": 32 };
/** swtpm's salt. Its 1,000 rounds are few today, and there is no file of swtpm's that could be read. */
const SALT = "swtpm";
const ROUNDS = 210_000;

/** @throws UsageError */
export function parseKeySource(option: string, parts: KeyParts): KeySource {
  const { file, fd, pwdfile, pwdfd, mode = "aes-128-cbc", format = "hex", kdf = "pbkdf2", remove = false } = parts;
  const isPassword = pwdfile !== undefined || pwdfd !== undefined;
  const path = file ?? pwdfile;
  return {
    option,
    from: path === undefined ? { fd: (fd ?? pwdfd) as number } : { file: path },
    form: isPassword ? kdf : format,
    size: SIZES[mode],
    removes: remove,
  };
}

/** Reads the key, once: a descriptor is closed, and a file removed where that was asked for. */
export function loadKey({ option, from, form, size, removes }: KeySource): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync("fd" in from ? from.fd : from.file);
    if ("fd" in from) closeSync(from.fd);
    else if (removes) unlinkSync(from.file);
  } catch (cause) {
    throw new Error(`${option}: ${(cause as Error).message}.`, { cause });
  }
  switch (form) {
    case "pbkdf2":
    case "sha512":
      if (bytes.length === 0) throw new UsageError(`${option}: the password is empty.`);
      return form === "pbkdf2"
        ? pbkdf2Sync(bytes, SALT, ROUNDS, size, "sha512")
        : createHash("sha512").update(bytes).digest().subarray(0, size);
    case "hex":
      return exactly(option, fromHex(option, bytes.toString("latin1")), size);
    case "binary":
      return exactly(option, bytes, size);
  }
}

/** Digits up to the first white space, perhaps after 0x. */
function fromHex(option: string, text: string): Buffer {
  const [digits = ""] = text.replace(/^0x/, "").split(/\s/);
  if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new UsageError(`${option}: the key is no hexadecimal number.`);
  return Buffer.from(digits, "hex");
}

function exactly(option: string, key: Uint8Array, size: number): Uint8Array {
  if (key.length === size) return key;
  throw new UsageError(`${option}: the key has ${key.length * 8} bits; mode=aes-${size * 8}-cbc needs ${size * 8}.`);
}
