/** What a move has to do with. */
import type { GuestImages, Tpm } from "../../../src/index.ts";
import type { Plan } from "../../state/choices.ts";
import type { PageState } from "../../state/model.ts";
import type { Store } from "../../state/store.ts";
import type { Computer } from "../computer.ts";
import type { Screen } from "../follower.ts";

export interface MigrationParts {
  /** The identifier of the TPM that the PC has. */
  readonly id: string;
  readonly store: Store<PageState>;
  readonly tpm: Tpm;
  readonly computer: Computer<Plan>;
  readonly screen: Screen;
  readonly images: () => Promise<GuestImages>;
  /** All that comes before a boot. The TPM is this page's. */
  readonly prepare: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** What a tab says that wants the PC. */
export const WANTED = "wanted";

/** What the tab that has the PC answers where it can't be offered. */
export interface NoOffer {
  readonly why: string;
}
export const isNoOffer = (data: unknown): data is NoOffer =>
  typeof data === "object" && data !== null && typeof (data as { why?: unknown }).why === "string";
