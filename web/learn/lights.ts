/** What is to be looked at is outlined, wherever it is drawn and however often it is drawn anew. */
import { useLayoutEffect } from "preact/hooks";
import type { Watch } from "../../src/index.ts";
import type { Light, Stage } from "../state/learn.ts";
import { useStore } from "../ui/useStore.ts";

const PANELS: Readonly<Record<Light["panel"], string>> = {
  console: ".console",
  pcrs: ".registers",
  commands: ".commands",
  log: ".event-log",
  explorer: ".explorer",
  files: ".files:not(.explorer)",
};

/** @returns the selectors of what a light is on: a row where there is one, and a panel that is folded, whose title is all there is to see. */
export function selectorsOf({ panel, pcr, command }: Light): readonly string[] {
  const whole = PANELS[panel];
  const folded = `${whole}[data-folded]`;
  // A number and a name of the specification: nothing else can stand in a selector.
  if (pcr !== undefined && Number.isInteger(pcr)) return [`${whole} tr[data-pcr="${pcr}"]`, folded];
  if (command !== undefined && /^\w+$/.test(command)) {
    const row = `[data-command="${command}"]`;
    return [`${whole} li${row}:nth-child(1 of ${row})`, folded];
  }
  return [whole];
}

const LOOK = "outline: 3px solid var(--warn); outline-offset: -2px;";

/** Keeps what the stage lights outlined in a tree for as long as the component is there. */
export function useLights(stage: Pick<Stage, "lit">, tree: Document | ShadowRoot): void {
  const { lights } = useStore(stage.lit);
  const selectors = lights.flatMap(selectorsOf).join(", ");
  useLayoutEffect(() => {
    if (selectors === "") return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`:is(${selectors}) { ${LOOK} }`);
    tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, sheet];
    return () => {
      tree.adoptedStyleSheets = tree.adoptedStyleSheets.filter((other) => other !== sheet);
    };
  }, [selectors, tree]);
}

/** Brings what is watched into sight: its row, else its panel, which is unfolded. */
export function reveal(tree: Document | ShadowRoot, watch: Watch): void {
  const panel = panelOf(watch);
  const whole = tree.querySelector(PANELS[panel]);
  whole?.querySelector<HTMLElement>(":scope[data-folded] .fold button")?.click();
  if (whole instanceof HTMLDetailsElement) whole.open = true;
  const row = watch.kind === "pcr" ? whole?.querySelector(`tr[data-pcr="${watch.index}"]`) : null;
  (row ?? whole)?.scrollIntoView({ block: "nearest" });
}

/** The panel in which a lesson's step has something to be seen. */
export const panelOf = ({ kind }: Watch): Light["panel"] => (kind === "pcr" ? "pcrs" : kind);
