/**
 * The panels of the workbench: PCRs, event log, commands. A panel is a component that draws one part of the state; what
 * it can't know from that it is given by the app (how a command is decoded). Imports Preact, state/ and ui/.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useFolded } from "../ui/useFolded.ts";

/** A titled region of the workbench whose body scrolls. Its title folds it: what is folded is not drawn, and costs nothing. */
export function Panel(props: {
  title: string;
  class?: string;
  /** Makes it a place that a link can lead to. */
  id?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useId();
  const [folded, fold] = useFolded((props.class ?? props.title).split(" ")[0] ?? "");
  return (
    <section
      class={`panel ${props.class ?? ""}`}
      aria-labelledby={heading}
      id={props.id}
      tabIndex={props.id === undefined ? undefined : -1}
      data-folded={folded ? "" : undefined}
    >
      <header>
        <h2 class="fold">
          <button type="button" id={heading} aria-expanded={!folded} onClick={() => fold(!folded)}>
            {props.title}
          </button>
        </h2>
        {!folded && props.aside}
      </header>
      {!folded && props.children}
    </section>
  );
}
