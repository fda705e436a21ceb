/**
 * The page's side of having several TPMs: which one it uses, what it notes of it for the list, and the way to another. What
 * only the dialog needs is fetched when that is first opened.
 */
import { NamedTpms, type Tpm } from "../../../src/index.ts";
import type { PageState } from "../../state/model.ts";
import { shown } from "../../state/settings.ts";
import type { Store } from "../../state/store.ts";
import type { OpenTpms } from "../../state/tpms.ts";
import { type Sentence, words } from "../../words/index.ts";
import { requirePage } from "../parts.ts";
import { addressOfTpm, keepTpm, type TpmChoice } from "./choice.ts";
import { companions } from "./companions.ts";

export interface TpmDeskOptions {
  readonly choice: TpmChoice;
  readonly store: Store<PageState>;
  readonly tpm: Pick<Tpm, "unlock" | "setPassphrase">;
  /** The TPM can be opened now. */
  readonly start: () => void;
  /** Shuts the PC down in order, and gives its TPM back. */
  readonly shutDown: () => Promise<void>;
}

export class TpmDesk {
  readonly #options: TpmDeskOptions;
  /** The TPMs of this browser. */
  readonly named = new NamedTpms({ companions });
  #opened: Promise<OpenTpms> | null = null;
  #certificates: number | null = null;

  constructor(options: TpmDeskOptions) {
    this.#options = options;
    options.store.subscribe(() => this.#noteCertificates());
  }

  /**
   * The TPM is ready. Never rejects: where nothing can be noted the list knows less, and the TPM itself says what is wrong
   * with the storage.
   * @returns what is to be said of the choice, each in a sentence.
   */
  async opened(profile: string | null): Promise<Sentence[]> {
    const { choice, store } = this.#options;
    try {
      await this.named.note(choice.id, { profile, usedAt: Date.now() });
      const tpm = (await this.named.list()).find(({ id }) => id === choice.id);
      if (tpm !== undefined) store.set({ tpmName: tpm.name });
    } catch {
      // As above.
    }
    const { missing, isGone } = choice;
    const { tpmName } = store.value;
    return [
      ...(missing === undefined ? [] : [() => words().tpms.noSuchName(shown(missing), tpmName)]),
      ...(isGone ? [() => words().tpms.gone(tpmName)] : []),
    ];
  }

  /** What the dialog needs. Rejects when it does not arrive; the next call tries again. */
  open(): Promise<OpenTpms> {
    this.#opened ??= this.#load();
    this.#opened.catch(() => {
      this.#opened = null;
    });
    return this.#opened;
  }

  async #load(): Promise<OpenTpms> {
    const { Tpms } = await import("./manager.ts");
    const { choice, store, tpm, start } = this.#options;
    const actions = new Tpms({
      tpm,
      tpms: this.named,
      onUnlocked: () => {
        store.set({ asking: null });
        start();
      },
      current: choice.id,
      isOwner: () => !["in-use", "taken-over", "sealed"].includes(store.value.problem?.kind ?? ""),
      announce: (announcement) => store.set({ announcement }),
      use: (id, name) => this.use(id, name),
      onList: (list) => {
        const own = list.find(({ id }) => id === choice.id);
        if (own !== undefined) store.set({ tpmName: own.name });
      },
    });
    return { actions, store: actions.store, name: () => store.value.tpmName };
  }

  /**
   * Another TPM, and with it another visit: nothing of the one shows in the other.
   * @throws what keeps the page from being loaded anew; the PC goes on.
   */
  use(id: string, name: string): Promise<void> {
    return this.goTo(async () => addressOfTpm(location.href, keepTpm(id) ? null : name));
  }

  /**
   * Shuts the PC down in order, and loads the page anew.
   * @param address tells where, once the TPM is free; what it does before it tells is done then.
   * @throws what keeps the page from being loaded anew; the PC goes on, or is off where `address` rejects.
   */
  async goTo(address: () => Promise<string>): Promise<never> {
    const { store, shutDown } = this.#options;
    await requirePage();
    store.set({ busy: true });
    let place: string;
    try {
      await shutDown();
      place = await address();
    } catch (error) {
      store.set({ busy: false });
      throw error;
    }
    const beforeHash = (href: string) => href.split("#")[0];
    if (beforeHash(place) === beforeHash(location.href)) {
      // Another end of the address alone loads nothing.
      history.replaceState(null, "", place);
      location.reload();
    } else location.assign(place);
    // What is shown until the page goes is of no use any more.
    return new Promise<never>(() => {});
  }

  #noteCertificates(): void {
    const { choice, store } = this.#options;
    const { certificates } = store.value;
    if (certificates === null || certificates === this.#certificates) return;
    this.#certificates = certificates;
    this.named.note(choice.id, { certificates }).catch(() => {});
  }
}
