import { useEffect, useState } from "preact/hooks";
import { words } from "../words/index.ts";
import { pasteInto } from "./clipboard.ts";
import type { Console } from "./console.ts";
import { type Arrow, arrows, type Key } from "./keys.ts";

const signs: Record<Arrow, string> = { left: "←", up: "↑", down: "↓", right: "→" };

/** The keys that phones do not have. Shown where the pointer is a finger; the terminal keeps the focus, and its keyboard. */
export function KeyBar({ console }: { console: Console }) {
  const [ctrl, setCtrl] = useState(false);
  useEffect(() => console.onControl(setCtrl), [console]);
  const press = (key: Key) => () => console.press(key);
  const say = words().terminal;
  return (
    <div class="key-bar" role="toolbar" aria-label={say.keys} onPointerDown={(event) => event.preventDefault()}>
      <button type="button" onClick={press("escape")}>
        {say.escape}
      </button>
      <button type="button" onClick={press("tab")}>
        {say.tab}
      </button>
      <button type="button" aria-pressed={ctrl} onClick={() => console.holdControl(!ctrl)}>
        {say.control}
      </button>
      {arrows.map((arrow) => (
        <button key={arrow} type="button" aria-label={say.arrow[arrow]} onClick={press(arrow)}>
          {signs[arrow]}
        </button>
      ))}
      <button type="button" onClick={() => void pasteInto(console)}>
        {say.paste}
      </button>
    </div>
  );
}
