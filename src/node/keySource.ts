/** Where a key or a password comes from, and how it becomes the key of a {@link Seal}. */
import { createHash, pbkdf2Sync } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync } from "node:fs";
import { UnusablePassphraseError } from "../passphrase/index.ts";
import { PassphraseSeal } from "../store/passphraseSeal.ts";
import { type PasswordKey, Seal, type SealPurpose, type StateSeal } from "../store/seal.ts";
import { UsageError } from "./errors.ts";

export type KeyForm = "hex" | "binary" | "pbkdf2" | "sha512";

export interface KeySource {
  option: string;
  from: { file: string } | { fd: number };
  /** A key as hexadecimal digits or as it is, a password and what makes a key of it, or a passphrase as pages take it. */
  form: KeyForm | "passphrase";
  /** Of the key, bytes. */
  size: 16 | 32;
  /** Delete the file once it is read. */
  removes: boolean;
}

/** What `mode=` and `--cipher` call a size of key. */
export const CIPHERS = { "aes-cbc": 16, "aes-128-cbc": 16, "aes-256-cbc": 32 } as const;

/** What earlier versions had instead of a salt, as swtpm has. */
const OLD_SALT = "swtpm";
/** swtpm's 1,000 are few today, and there is no file of swtpm's that could be read. */
const ROUNDS = 210_000;

/**
 * What encrypts a TPM's files with it. Reads it, once: a descriptor is closed, and a file removed where that was asked for.
 * @throws UsageError for what can't be a key or passphrase; Error where it can't be read.
 */
export function sealOf(source: KeySource, purpose: SealPurpose = "file"): StateSeal {
  const { form, option } = source;
  if (form !== "passphrase") return new Seal(loadKey({ ...source, form }), purpose);
  try {
    return new PassphraseSeal(passphraseIn(source), purpose);
  } catch (cause) {
    if (cause instanceof UnusablePassphraseError) throw new UsageError(`${option}: ${cause.message}`);
    throw cause;
  }
}

/** The first line, and nothing behind it. */
function passphraseIn(source: KeySource): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readSource(source));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(`${source.option}: the passphrase is no text in UTF-8.`);
  }
  const [passphrase = "", ...rest] = text.split(/\r?\n/);
  if (rest.some((line) => line !== ""))
    throw new UsageError(`${source.option}: the passphrase has more than one line.`);
  return passphrase;
}

/** What is there of key or password, once: a descriptor is closed, and a file removed where that was asked for. @throws Error */
export function readSource({ option, from, removes }: KeySource): Buffer {
  try {
    const bytes = readFrom(from);
    if (removes && "file" in from) unlinkSync(from.file);
    return bytes;
  } catch (cause) {
    throw new Error(`${option}: ${(cause as Error).message}.`, { cause });
  }
}

/** Reads a key, once, as {@link sealOf} does. */
export function loadKey(source: KeySource & { form: KeyForm }): Uint8Array | PasswordKey {
  const { option, form, size } = source;
  const bytes = readSource(source);
  switch (form) {
    case "pbkdf2":
    case "sha512":
      if (bytes.length === 0) throw new UsageError(`${option}: the password is empty.`);
      return form === "pbkdf2"
        ? (salt) => pbkdf2Sync(bytes, salt ?? OLD_SALT, ROUNDS, size, "sha512")
        : (salt) =>
            createHash("sha512")
              .update(salt ?? "")
              .update(bytes)
              .digest()
              .subarray(0, size);
    case "hex":
      return exactly(option, fromHex(option, bytes.toString("latin1")), size);
    case "binary":
      return exactly(option, bytes, size);
  }
}

/** swtpm's piece: a read that brings less is the last one. Who writes to a pipe may keep it open for ever. */
const PIECE = 1024;
const NOT_YET_MS = 5;

function readFrom(from: KeySource["from"]): Buffer {
  const fd = "fd" in from ? from.fd : openSync(from.file, "r");
  try {
    const pieces: Buffer[] = [];
    for (let size = PIECE; size === PIECE; ) {
      const piece = Buffer.alloc(PIECE);
      size = readPiece(fd, piece);
      pieces.push(piece.subarray(0, size));
    }
    return Buffer.concat(pieces);
  } finally {
    closeSync(fd);
  }
}

/** A descriptor that was made not to block says "not yet": then it is asked again. */
function readPiece(fd: number, piece: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NOT_YET_MS);
    }
  }
}

/** Digits up to the first white space, perhaps after 0x. */
function fromHex(option: string, text: string): Buffer {
  const [digits = ""] = text.replace(/^0x/, "").split(/\s/);
  if (!/^([0-9a-f]{2})+$/i.test(digits))
    throw new UsageError(
      `${option}: the key is no hexadecimal number; format=binary takes a file's octets as they are.`,
    );
  return Buffer.from(digits, "hex");
}

function exactly(option: string, key: Uint8Array, size: number): Uint8Array {
  if (key.length === size) return key;
  throw new UsageError(`${option}: the key has ${key.length * 8} bits; aes-${size * 8}-cbc needs ${size * 8}.`);
}
