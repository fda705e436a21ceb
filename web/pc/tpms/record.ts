/** What the list of TPMs knows of the one that is in use: it is noted while it is known, for the others can't be asked. */
import type { NamedTpms } from "../../../src/index.ts";
import type { PageState } from "../../state/model.ts";
import type { Store } from "../../state/store.ts";

export class TpmRecord {
  readonly #tpms: NamedTpms;
  readonly #id: string;
  readonly #store: Store<PageState>;
  #certificates: number | null = null;

  constructor(tpms: NamedTpms, id: string, store: Store<PageState>) {
    this.#tpms = tpms;
    this.#id = id;
    this.#store = store;
    store.subscribe(() => this.#onState());
  }

  /** The TPM is ready. Never rejects: where nothing can be noted the list knows less. */
  async opened(profile: string | null): Promise<void> {
    try {
      await this.#tpms.note(this.#id, { profile, usedAt: Date.now() });
      const tpm = (await this.#tpms.list()).find(({ id }) => id === this.#id);
      if (tpm !== undefined) this.#store.set({ tpmName: tpm.name });
    } catch {
      // The TPM itself says what is wrong with the storage.
    }
  }

  #onState(): void {
    const { certificates } = this.#store.value;
    if (certificates === null || certificates === this.#certificates) return;
    this.#certificates = certificates;
    this.#tpms.note(this.#id, { certificates }).catch(() => {});
  }
}
