/** A demo of measured boot beside the terminal of a `<tab-tpm>`; fetched when an element asks for one. */
import type { ComponentType } from "preact";
import { demos } from "../demos/index.ts";
import { type OnStep, StepListener, stepCounter } from "../demos/progress.ts";
import type { DemoProps } from "../learn/demos.ts";
import { useLights } from "../learn/lights.ts";
import css from "../style/demoPart.css?inline";
import type { SharedMachine } from "./sharedMachine.ts";
import { stageOf } from "./stage.ts";

/** Its verifier is another tab of the project's page. */
const IN_PAGE = "remote-attestation";

export interface DemoPartOptions {
  readonly shared: SharedMachine;
  readonly id: string;
  readonly tree: ShadowRoot;
  /** A step was done, from 1. */
  readonly onStep: (step: number, steps: number) => void;
  /** All of them are. */
  readonly onDone: (steps: number) => void;
}

/** @returns null where there is no demo of that name. Rejects when it does not arrive. */
export async function openDemoPart(options: DemoPartOptions): Promise<DemoPart | null> {
  const Contents = await demos.find(({ id }) => id === options.id && id !== IN_PAGE)?.load();
  if (Contents === undefined) return null;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  options.tree.adoptedStyleSheets = [...options.tree.adoptedStyleSheets, sheet];
  return new DemoPart(Contents, options);
}

/** The TPM of its machine is the demo's own, and forgotten with the page. */
export class DemoPart {
  readonly #Contents: ComponentType<DemoProps>;
  readonly #tree: ShadowRoot;
  readonly #stage: ReturnType<typeof stageOf>;
  readonly #onStep: OnStep;

  constructor(Contents: ComponentType<DemoProps>, { shared, tree, onStep, onDone }: DemoPartOptions) {
    this.#Contents = Contents;
    this.#tree = tree;
    this.#stage = stageOf(shared);
    this.#onStep = stepCounter(onStep, onDone);
  }

  /** A demo begins with its first button. */
  async begin(): Promise<void> {}

  /** What is under way ends with what is drawn. */
  close(): void {}

  /** What it draws. */
  readonly View = () => {
    useLights(this.#stage, this.#tree);
    const Contents = this.#Contents;
    return (
      <section class="panel learn">
        <div class="scroll">
          <StepListener.Provider value={this.#onStep}>
            <Contents
              stage={this.#stage}
              isOnOwnTpm
              isMaking={false}
              isInPage={false}
              onBegin={() => {}}
              onLeave={() => {}}
            />
          </StepListener.Provider>
        </div>
      </section>
    );
  };
}
