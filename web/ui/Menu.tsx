import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const buttonsOf = (toolbar: HTMLElement | null) => [
  ...(toolbar?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? []),
];

/**
 * A toolbar: one stop for Tab, and the arrows go through it. It folds into a button where the style sheet finds no room for it; Escape, a
 * click elsewhere and one of its buttons fold it again, but for a button with `data-stays`, which is pressed several times.
 */
export function Menu(props: { name: string; button: string; class?: string; children: ComponentChildren }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const toolbar = useRef<HTMLDivElement>(null);
  /** To which Tab leads; the first one where it is gone. */
  const stop = useRef<HTMLButtonElement | null>(null);
  const arrange = () => {
    const buttons = buttonsOf(toolbar.current);
    const current = buttons.find((button) => button === stop.current) ?? buttons[0];
    for (const button of buttons) button.tabIndex = button === current ? 0 : -1;
  };
  // After each drawing: which buttons can be pressed may have changed.
  useLayoutEffect(arrange);
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (event.target instanceof Node && !whole.current?.contains(event.target)) setOpen(false);
    };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(false);
      opener.current?.focus();
      return;
    }
    const step = STEPS[event.key];
    const buttons = buttonsOf(toolbar.current);
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (step === undefined || at < 0) return;
    buttons.at((at + step) % buttons.length)?.focus();
    event.preventDefault();
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
        ref={toolbar}
        role="toolbar"
        aria-label={props.name}
        data-open={open ? "" : undefined}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => {
          stop.current = event.target instanceof HTMLButtonElement ? event.target : null;
          arrange();
        }}
        onClick={(event) => {
          if (event.target instanceof Element && event.target.closest("button:not([data-stays])")) setOpen(false);
        }}
      >
        {props.children}
      </div>
    </div>
  );
}
