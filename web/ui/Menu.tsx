import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** A toolbar that folds into a button where the style sheet finds no room for it. Escape and a click elsewhere fold it again. */
export function Menu(props: { name: string; button: string; class?: string; children: ComponentChildren }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (event.target instanceof Node && !whole.current?.contains(event.target)) setOpen(false);
    };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <div class={`menu ${props.class ?? ""}`} ref={whole}>
      <button
        type="button"
        ref={opener}
        class="menu-button"
        aria-expanded={open}
        aria-controls={id}
        onKeyDown={onKeyDown}
        onClick={() => setOpen(!open)}
      >
        {props.button}
      </button>
      <div
        class="menu-items"
        id={id}
        role="toolbar"
        aria-label={props.name}
        data-open={open ? "" : undefined}
        onKeyDown={onKeyDown}
      >
        {props.children}
      </div>
    </div>
  );
}
