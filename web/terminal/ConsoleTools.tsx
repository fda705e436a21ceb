import type { ComponentChildren } from "preact";
import type { Display } from "../state/display.ts";
import { Menu } from "../ui/Menu.tsx";
import { words } from "../words/index.ts";
import { copyFrom, pasteInto } from "./clipboard.ts";
import type { Console } from "./console.ts";

/** What of the console's panel is to be seen. */
export interface Shown {
  readonly search: boolean;
  readonly wide: boolean;
  readonly vga: boolean;
  readonly timeline: boolean;
}

interface ToolProps {
  readonly title?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly label?: string;
  /** The menu stays open: it is pressed several times. */
  readonly stays?: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

function Tool({ title, pressed, disabled, label, stays, onClick, children }: ToolProps) {
  return (
    <button
      type="button"
      title={title ?? label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      data-stays={stays ? "" : undefined}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** What is done with the console, as buttons; where there is no room for them, as a menu. */
export function ConsoleTools(props: {
  console: Console;
  display: Display;
  shown: Shown;
  onToggle: (what: keyof Shown) => void;
}) {
  const { console, display, shown, onToggle } = props;
  const say = words().terminal;
  return (
    <Menu name={say.tools} button={say.toolsMenu} class="console-tools">
      <Tool title={say.copyHint} disabled={shown.vga} onClick={() => void copyFrom(console)}>
        {say.copy}
      </Tool>
      <Tool title={say.pasteButtonHint} disabled={shown.vga} onClick={() => void pasteInto(console)}>
        {say.paste}
      </Tool>
      <Tool title={say.searchHint} pressed={shown.search} disabled={shown.vga} onClick={() => onToggle("search")}>
        {say.search}
      </Tool>
      <Tool label={say.smaller} stays disabled={shown.vga} onClick={() => console.changeFontSize(-1)}>
        <span class="sign" data-sign="A−" />
      </Tool>
      <Tool label={say.larger} stays disabled={shown.vga} onClick={() => console.changeFontSize(1)}>
        <span class="sign" data-sign="A+" />
      </Tool>
      <Tool title={say.saveTextHint} onClick={() => display.save("tabtpm-console.txt", display.text())}>
        {say.saveText}
      </Tool>
      <Tool title={say.timelineHint} pressed={shown.timeline} onClick={() => onToggle("timeline")}>
        {say.timeline}
      </Tool>
      <Tool title={say.vgaHint} pressed={shown.vga} onClick={() => onToggle("vga")}>
        {say.vga}
      </Tool>
      <Tool title={say.wideHint} pressed={shown.wide} onClick={() => onToggle("wide")}>
        {say.wide}
      </Tool>
    </Menu>
  );
}
