/** Looks at the TPM for the explorer: only while it is shown, and when the guest's commands have paused. */
import type { Tpm } from "../../src/index.ts";
import { type ExplorerActions, type ExplorerState, initialExplorer } from "../state/explorer.ts";
import { Store } from "../state/store.ts";
import { QuietMoment, type QuietMomentOptions } from "./quietMoment.ts";

const REDRAW_MS = 120;
/** What is counted down is looked at again after this, milliseconds. */
const AGAIN_MS = 30_000;

export interface ExplorerOptions extends Pick<QuietMomentOptions, "now"> {
  readonly tpm: Pick<Tpm, "inspect" | "on" | "busy">;
}

export class Explorer implements ExplorerActions {
  readonly store = new Store<ExplorerState>(initialExplorer, REDRAW_MS);
  readonly #tpm: ExplorerOptions["tpm"];
  readonly #quiet: QuietMoment;
  #isShown = false;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor({ tpm, now }: ExplorerOptions) {
    this.#tpm = tpm;
    this.#quiet = new QuietMoment({ isBusy: () => tpm.busy, now, onQuiet: () => void this.#look() });
    tpm.on("command", () => this.#changed());
    tpm.on("power", () => this.#changed());
  }

  show(shown: boolean): void {
    this.#isShown = shown;
    if (shown) void this.#look();
    else {
      this.#quiet.cancel();
      clearTimeout(this.#again);
    }
  }

  #changed(): void {
    if (!this.#isShown) return;
    this.#quiet.commandSeen();
    this.#quiet.ask();
  }

  async #look(): Promise<void> {
    clearTimeout(this.#again);
    // Without power there is nothing to be seen.
    const inspection = await this.#tpm.inspect().catch(() => null);
    if (!this.#isShown) return;
    this.store.set({ inspection });
    const { lockout, acts = [] } = inspection ?? {};
    const counts =
      lockout?.nextForgottenIn != null || acts.some(({ remaining }) => remaining !== null && remaining > 0);
    if (counts) this.#again = setTimeout(() => this.#quiet.ask(), AGAIN_MS);
  }
}
