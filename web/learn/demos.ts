/**
 * The seam for demos: who has some makes a list of them, and the drawer shows it and draws the one that is chosen. It is
 * given to {@link LearnDrawer} by web/Learning.tsx.
 */
import type { ComponentType } from "preact";
import type { Stage } from "../state/learn.ts";

export interface DemoProps {
  /** The machine, its TPM and its folder. */
  readonly stage: Stage;
  /** The TPM in use was made for this demo; else it is the user's, and a demo must not change it. */
  readonly isOnOwnTpm: boolean;
  /** A TPM is being made, and the page about to be loaded anew. */
  readonly isMaking: boolean;
  /** Makes a TPM for the demo, and loads the page anew with it, at the demo; one that it had before is deleted. */
  readonly onBegin: () => void;
  /** Loads the page anew with the user's own TPM. */
  readonly onLeave: () => void;
  /** The page around it is the project's own; else it is somebody's, with the machine in a `<tab-tpm>`. */
  readonly isInPage: boolean;
}

export interface ListedDemo {
  /** Of its address, `#demo=ID`: small letters, digits, hyphens. */
  readonly id: string;
  /** Asked at each drawing: the language may have changed. */
  readonly title: () => string;
  /** One short sentence. */
  readonly summary: () => string;
  /** It needs the project's own page around it: another tab of that is a part of it. */
  readonly needsPage: boolean;
  /** Fetches what draws it. */
  readonly load: () => Promise<ComponentType<DemoProps>>;
}
