/** What the explorer shows: the TPM as it tells of itself. */
import type { TpmInspection } from "../../src/index.ts";

export interface ExplorerState {
  /** Null while nothing was seen: the explorer is closed, or the TPM has no power. */
  readonly inspection: TpmInspection | null;
}

export const initialExplorer: ExplorerState = { inspection: null };

export interface ExplorerActions {
  /** Somebody looks, or no longer does: then it costs nothing. */
  show(shown: boolean): void;
}
