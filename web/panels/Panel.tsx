/**
 * The panels of the workbench: PCRs, event log, commands. A panel is a component that draws one part of the state; what
 * it can't know from that it is given by the app (how a command is decoded). Imports Preact, state/ and ui/.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A titled region of the workbench whose body scrolls. */
export function Panel(props: {
  title: string;
  class?: string;
  /** Makes it a place that a link can lead to. */
  id?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useId();
  return (
    <section
      class={`panel ${props.class ?? ""}`}
      aria-labelledby={heading}
      id={props.id}
      tabIndex={props.id === undefined ? undefined : -1}
    >
      <header>
        <h2 id={heading}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}
