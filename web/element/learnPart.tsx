/** What lessons and demos beside the terminal of a `<tab-tpm>` have in common. */
import type { ComponentChildren, ComponentType } from "preact";
import { useLights } from "../learn/lights.ts";
import type { MachineStage } from "../pc/lessons/machineStage.ts";

/** A lesson or a demo, as its element sees it. */
export interface LearnPart {
  /** The TPM is there, and nothing has booted with it yet. */
  begin(): Promise<void>;
  /** What is under way ends. */
  close(): void;
  /** What it draws. */
  readonly View: ComponentType;
}

/** Its looks, beside those of the element. */
export function adoptLooks(tree: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, sheet];
}

/** Its place among the panels; what it is about lights up in the others. */
export function PartPanel(props: { stage: MachineStage; tree: ShadowRoot; children: ComponentChildren }) {
  useLights(props.stage, props.tree);
  return (
    <section class="panel learn">
      <div class="scroll">{props.children}</div>
    </section>
  );
}
