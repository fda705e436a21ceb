/** A passphrase as the key of a TPM's files, in Node: what pages encrypt with it opens here, and the other way round. */
import { SyncSealer, type SyncSealerOptions } from "../passphrase/node.ts";
import type { SealPlace, SealPurpose, StateSeal } from "./seal.ts";

/** What it is sealed as; what a page calls it as well, for a file that comes from there. */
const PURPOSES = { file: ["state", "export", "permanent", "variables"], migration: ["migration"] } as const;

export class PassphraseSeal implements StateSeal {
  readonly #purpose: SealPurpose;
  readonly #sealer: SyncSealer;

  /** @throws UnusablePassphraseError */
  constructor(passphrase: string, purpose: SealPurpose = "file", options: SyncSealerOptions = {}) {
    this.#purpose = purpose;
    this.#sealer = new SyncSealer(passphrase, options);
  }

  seal(plain: Uint8Array, place?: SealPlace): Uint8Array {
    return this.#sealer.seal(plain, { purpose: PURPOSES[this.#purpose][0], context: contextOf(place) ?? "" });
  }

  open(sealed: Uint8Array, place?: SealPlace): Uint8Array {
    const expected: readonly string[] = PURPOSES[this.#purpose];
    const context = contextOf(place);
    return this.#sealer.open(
      sealed,
      (found) => expected.includes(found.purpose) && (context === undefined || found.context === context),
      { purpose: expected[0] as string, context },
    );
  }
}

/** The slot of a file and the commit: kept for later, or moved, it is not what belongs there. */
const contextOf = (place: SealPlace | undefined) => place && `slot ${place.index} commit ${place.number}`;
