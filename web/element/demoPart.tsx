/** A demo of measured boot beside the terminal of a `<tab-tpm>`; fetched when an element asks for one. */
import { demos } from "../demos/index.ts";
import { StepListener, stepCounter } from "../demos/progress.ts";
import css from "../style/demoPart.css?inline";
import { adoptLooks, type LearnPart, PartPanel } from "./learnPart.tsx";
import type { SharedMachine } from "./sharedMachine.ts";
import { stageOf } from "./stage.ts";

export interface DemoPartOptions {
  readonly shared: SharedMachine;
  readonly id: string;
  readonly tree: ShadowRoot;
  /** A step was done, from 1. */
  readonly onStep: (step: number, steps: number) => void;
  /** All of them are. */
  readonly onDone: (steps: number) => void;
}

/**
 * The TPM of its machine is the demo's own, and forgotten with the page.
 * @returns null where there is no demo of that name, or none for other pages. Rejects when it does not arrive.
 */
export async function openDemoPart({ shared, id, tree, onStep, onDone }: DemoPartOptions): Promise<LearnPart | null> {
  const Contents = await demos.find((demo) => demo.id === id && !demo.needsPage)?.load();
  if (Contents === undefined) return null;
  adoptLooks(tree, css);
  const stage = stageOf(shared);
  const tell = stepCounter(onStep, onDone);
  const frame = { isOnOwnTpm: true, isMaking: false, isInPage: false, onBegin: () => {}, onLeave: () => {} };
  return {
    // A demo begins with its first button.
    begin: async () => {},
    // What is under way ends with what is drawn.
    close: () => {},
    View: () => (
      <PartPanel stage={stage} tree={tree}>
        <StepListener.Provider value={tell}>
          <Contents stage={stage} {...frame} />
        </StepListener.Provider>
      </PartPanel>
    ),
  };
}
