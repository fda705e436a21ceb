import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words/index.ts";

/**
 * A window at the side that leaves the rest of the page to be seen and used. Escape is "cancel". The first control has the focus at
 * first; whoever opened it gets it back, unless the user has gone elsewhere meanwhile.
 */
export function Drawer(props: { title: string; class?: string; onCancel: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    element?.show();
    const [first] = element?.querySelector("form")?.elements ?? [];
    if (first instanceof HTMLElement) first.focus();
    return () => {
      const { activeElement } = document;
      const isHere = activeElement === document.body || element?.contains(activeElement);
      if (isHere && opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { activeElement } = document;
      // In the console it is the guest's.
      const isHere = activeElement === document.body || dialog.current?.contains(activeElement);
      if (event.key !== "Escape" || !isHere || event.defaultPrevented) return;
      event.preventDefault();
      props.onCancel();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [props.onCancel]);
  return (
    <dialog ref={dialog} class={`drawer ${props.class ?? ""}`} aria-labelledby={heading}>
      <div class="drawer-head">
        <h2 id={heading}>{props.title}</h2>
        <button type="button" onClick={props.onCancel}>
          {words().machine.closeDrawer}
        </button>
      </div>
      {props.children}
    </dialog>
  );
}
