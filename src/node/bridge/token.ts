/** The token that a guest has to know, and the file that it may lie in. */
import { randomBytes } from "node:crypto";
import { DurableFile } from "../../store/durableFile.ts";
import { UsageError } from "../errors.ts";

const TOKEN_BYTES = 24;
/** Of a token that somebody has written himself: what can stand in an address as it is. */
const TOKEN = /^[A-Za-z0-9._~-]{16,512}$/;

/** 192 random bits, in characters that can stand in an address. */
export const newToken = () => randomBytes(TOKEN_BYTES).toString("base64url");

/**
 * The token in this file; a new one is written there, for its owner's eyes only, when there is no such file.
 * @throws UsageError when it holds none; StoreError when it can't be read or written.
 */
export async function tokenIn(path: string): Promise<string> {
  const found = await readTokenFile(path);
  if (found !== null) return found;
  const token = newToken();
  await new DurableFile(path, "the token of the bridge", { mode: 0o600 }).create(
    new TextEncoder().encode(`${token}\n`),
  );
  return token;
}

/** @returns null when there is no such file. @throws UsageError when it holds no token; StoreError when it can't be read. */
export async function readTokenFile(path: string): Promise<string | null> {
  const bytes = await new DurableFile(path, "the token of the bridge").read();
  if (bytes === null) return null;
  const text = new TextDecoder().decode(bytes).trim();
  if (TOKEN.test(text)) return text;
  throw new UsageError(`--token-file: ${path} holds no token: one line of 16 to 512 letters, digits, -, ., _ or ~.`);
}
