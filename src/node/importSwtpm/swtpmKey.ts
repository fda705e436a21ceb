/** The key that swtpm makes of its `--key` (src/swtpm/key.c there): of a password in its own way, which is not ours. */
import { createHash, pbkdf2Sync } from "node:crypto";
import { UsageError } from "../errors.ts";
import { type KeySource, loadKey, readSource } from "../keySource.ts";

const SALT = "swtpm";
const ROUNDS = 1000;

/** @throws UsageError, Error when the file can't be read */
export function loadSwtpmKey(source: KeySource): Uint8Array {
  const { form } = source;
  if (form === "passphrase") {
    throw new UsageError(
      `${source.option}: swtpm has no passphrases; say kdf=pbkdf2 or kdf=sha512, as swtpm was told.`,
    );
  }
  if (form === "hex" || form === "binary") {
    const key = loadKey({ ...source, form });
    if (key instanceof Uint8Array) return key;
  }
  const password = readSource(source);
  if (password.length === 0) throw new UsageError(`${source.option}: the password is empty.`);
  if (form === "pbkdf2") return pbkdf2Sync(password, SALT, ROUNDS, source.size, "sha512");
  return createHash("sha512").update(password).digest().subarray(0, source.size);
}
