import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { words } from "../words/index.ts";

/** Says that a setting is the address's. */
export function Origin() {
  return <span class="origin"> {words().settings.fromAddress}</span>;
}

/** A setting's control with its name and what there is to say of it. */
export function Setting(props: {
  label: string;
  /** What the setting is. */
  hint: ComponentChildren;
  problem?: string | null;
  isFromAddress?: boolean;
  children: (ids: { id: string; describedBy: string }) => ComponentChildren;
}) {
  const id = useId();
  const { problem = null } = props;
  return (
    <div class="setting">
      <label for={id}>
        {props.label}
        {props.isFromAddress && <Origin />}
      </label>
      {props.children({ id, describedBy: problem === null ? `${id}-hint` : `${id}-problem ${id}-hint` })}
      {problem !== null && (
        <p id={`${id}-problem`} class="wrong" role="alert">
          {problem}
        </p>
      )}
      <p id={`${id}-hint`} class="hint">
        {props.hint}
      </p>
    </div>
  );
}
