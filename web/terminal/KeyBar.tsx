import { useEffect, useState } from "preact/hooks";
import type { Console } from "./console.ts";
import { type Arrow, arrows, type Key } from "./keys.ts";

const signs: Record<Arrow, string> = { left: "←", up: "↑", down: "↓", right: "→" };

/** The keys that phones do not have. Shown where the pointer is a finger; the terminal keeps the focus, and its keyboard. */
export function KeyBar({ console }: { console: Console }) {
  const [ctrl, setCtrl] = useState(false);
  useEffect(() => console.onControl(setCtrl), [console]);
  const press = (key: Key) => () => console.press(key);
  const paste = async () => {
    try {
      console.paste(await navigator.clipboard.readText());
    } catch {
      console.note("The browser does not let the page read the clipboard: use the keyboard’s own paste.");
    }
  };
  return (
    <div class="key-bar" role="toolbar" aria-label="Keys" onPointerDown={(event) => event.preventDefault()}>
      <button type="button" onClick={press("escape")}>
        Esc
      </button>
      <button type="button" onClick={press("tab")}>
        Tab
      </button>
      <button type="button" aria-pressed={ctrl} onClick={() => console.holdControl(!ctrl)}>
        Ctrl
      </button>
      {arrows.map((arrow) => (
        <button key={arrow} type="button" aria-label={`Arrow ${arrow}`} onClick={press(arrow)}>
          {signs[arrow]}
        </button>
      ))}
      <button type="button" onClick={() => void paste()}>
        Paste
      </button>
    </div>
  );
}
