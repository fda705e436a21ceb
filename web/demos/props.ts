import type { DemoGround } from "./engine/ground.ts";

/** What a demo is handed. */
export interface DemoProps {
  readonly stage: DemoGround;
  /** The TPM in use was made for this demo; else it is the user's, and nothing is done. */
  readonly isOnOwnTpm: boolean;
  /** A TPM is being made, and the page about to be loaded anew. */
  readonly isMaking: boolean;
  /** Makes a TPM for the demo, and loads the page anew with it. */
  readonly onBegin: () => void;
  /** Loads the page anew with the user's own TPM. */
  readonly onLeave: () => void;
}
