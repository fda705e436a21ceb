import { createWorkerTpm } from "../../src/entries/workerTpm.ts";
import { openBrowserAuthority, type ProvisionProgress, provisionedState, StoreError } from "../../src/index.ts";
import type { Making, NotReplaced } from "../state/model.ts";
import { words } from "../words/index.ts";
import { isNotLoaded, orAborted } from "./arrival.ts";

export interface ReplacementOptions {
  /** Makes a TPM, beside the one that is there. Whatever it throws after an abort of `signal` is not looked at. */
  readonly make: (onProgress: (making: Making) => void, signal: AbortSignal) => Promise<Uint8Array>;
  /** Puts it in the place of the old one. Rejects when the old one is still there. */
  readonly install: (permanent: Uint8Array) => Promise<void>;
  readonly onChange: (change: { readonly making?: Making | null; readonly notReplaced?: NotReplaced | null }) => void;
}

/**
 * A new TPM for the old one. It is made first, while the PC goes on, and the power is cut only when it is complete: what
 * it takes comes over the network, which may be gone, and a way back needs the old TPM.
 */
export class Replacement {
  readonly #options: ReplacementOptions;
  #making: AbortController | null = null;

  constructor(options: ReplacementOptions) {
    this.#options = options;
  }

  /** Does nothing while a TPM is being made. What goes wrong is told by `onChange`. */
  async begin(): Promise<void> {
    if (this.#making !== null) return;
    const { make, install, onChange } = this.#options;
    const making = new AbortController();
    this.#making = making;
    onChange({ making: { done: 0, total: 0 }, notReplaced: null });
    let isMade = false;
    try {
      const progress = (news: Making) => {
        if (!making.signal.aborted) onChange({ making: news });
      };
      const permanent = await orAborted(make(progress, making.signal), making.signal);
      isMade = true;
      onChange({ making: null });
      await install(permanent);
    } catch (error) {
      if (making.signal.aborted) return;
      onChange({ making: null, notReplaced: { isMade, ...reasonOf(error) } });
    } finally {
      if (this.#making === making) this.#making = null;
    }
  }

  /** The old TPM stays. Too late once the new one is complete. */
  cancel(): void {
    this.#making?.abort();
    this.#making = null;
    this.#options.onChange({ making: null });
  }
}

function reasonOf(error: unknown): Pick<NotReplaced, "reason" | "detail"> {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof StoreError) return { reason: error.message, detail };
  if (!isNotLoaded(error)) return { reason: detail, detail };
  return { reason: () => words().notices.notReplaced.notFetched, detail };
}

/** Makes and provisions a TPM in memory, with a worker of its own. @throws what {@link provisionedState} throws. */
export async function makeTpm(onProgress: (making: Making) => void, signal: AbortSignal): Promise<Uint8Array> {
  const tpm = createWorkerTpm({ store: { kind: "memory" } });
  const close = () => void tpm.close().catch(() => {});
  signal.addEventListener("abort", close);
  try {
    const [authority] = await Promise.all([openBrowserAuthority(), tpm.ready]);
    const progress = ({ done, total }: ProvisionProgress) => onProgress({ done, total });
    return await provisionedState(tpm, { authority, onProgress: progress, signal });
  } finally {
    signal.removeEventListener("abort", close);
    await tpm.close().catch(() => {});
  }
}
