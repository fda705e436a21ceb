/** The keys of `--key` and `--migration-key`, and the state blobs on the control channel that they encrypt. */
import { SealError, type SealPurpose, type StateSeal, sealedFor } from "../../store/seal.ts";
import { sealOf } from "../keySource.ts";
import type { KeyOption } from "../stateKey.ts";
import * as P from "./protocol.ts";

export class MissingKeyError extends Error {
  override name = "MissingKeyError";
}

const OPTIONS: Record<SealPurpose, string> = { file: "--key", migration: "--migration-key" };

export class KeyRing {
  readonly file: StateSeal | undefined;
  readonly migration: StateSeal | undefined;
  /** Files that are not encrypted yet are taken and encrypted. */
  readonly adoptsFiles: boolean;
  readonly #adoptsBlobs: boolean;

  constructor({ key, migrationKey }: { key?: KeyOption | undefined; migrationKey?: KeyOption | undefined }) {
    this.adoptsFiles = key?.adopts ?? false;
    this.#adoptsBlobs = migrationKey?.adopts ?? false;
    this.file = key && sealOf(key);
    this.migration = migrationKey && sealOf(migrationKey, "migration");
  }

  /** For CMD_GET_CONFIG. */
  get config(): number {
    return (this.file ? P.CONFIG_FILE_KEY : 0) | (this.migration ? P.CONFIG_MIGRATION_KEY : 0);
  }

  /**
   * A blob on its way out: encrypted with the key of the files unless `flags` has STATE_DECRYPTED, and with the
   * migration key if there is one.
   */
  wrap(blob: Uint8Array, flags: number): { blob: Uint8Array; flags: number } {
    const file = flags & P.STATE_DECRYPTED ? undefined : this.file;
    const inner = file?.seal(blob) ?? blob;
    return { blob: this.migration?.seal(inner) ?? inner, flags: file ? P.STATE_ENCRYPTED : 0 };
  }

  /**
   * A blob on its way in: with a migration key only one that is encrypted with it, so that nobody on the way puts
   * another TPM in its place. An empty one is none. With a key of the files and no other, one that is not encrypted is
   * taken, unless `flags` has STATE_ENCRYPTED: it comes from who controls this server, not from the folder.
   * @throws MissingKeyError, SealError
   */
  unwrap(blob: Uint8Array, flags: number): Uint8Array {
    const mustBe = this.migration !== undefined && !this.#adoptsBlobs && blob.length > 0;
    if (mustBe && sealedFor(blob) !== "migration") {
      throw new SealError(
        `the state blob is not encrypted with ${OPTIONS.migration}; if it is to be taken all the same, add adopt to ${OPTIONS.migration}`,
      );
    }
    const inner = this.#open("migration", blob, false);
    return this.#open("file", inner, (flags & P.STATE_ENCRYPTED) !== 0);
  }

  #open(purpose: SealPurpose, blob: Uint8Array, mustBe: boolean): Uint8Array {
    if (sealedFor(blob) !== purpose && !mustBe) return blob;
    const seal = this[purpose];
    if (!seal) throw new MissingKeyError(`the state blob is encrypted, and there is no ${OPTIONS[purpose]}`);
    return seal.open(blob);
  }
}
