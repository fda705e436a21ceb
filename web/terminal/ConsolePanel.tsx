import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Display } from "../state/display.ts";
import type { PageState } from "../state/model.ts";
import { BootBar, BootSteps } from "../ui/BootProgress.tsx";
import { Timeline } from "../ui/Timeline.tsx";
import { languageInUse, words } from "../words/index.ts";
import { ConsoleTools, type Shown } from "./ConsoleTools.tsx";
import { copyFrom } from "./clipboard.ts";
import type { Console } from "./console.ts";
import { KeyBar } from "./KeyBar.tsx";
import { SearchBar } from "./SearchBar.tsx";
import { VgaScreen } from "./VgaScreen.tsx";

/** The terminal with its tools, and the boot's progress in its heading. */
export function ConsolePanel(props: { console: Console; display: Display; state: PageState }) {
  const { console, display, state } = props;
  const host = useRef<HTMLDivElement>(null);
  const heading = useId();
  const [note, setNote] = useState("");
  const [shown, setShown] = useState<Shown>({ search: false, wide: false, vga: false, timeline: false });
  const [asked, setAsked] = useState(0);
  const toggle = (what: keyof Shown) => {
    console.note("");
    setShown((before) => ({ ...before, [what]: !before[what] }));
  };
  useEffect(() => console.onNote(setNote), [console]);
  useEffect(
    () =>
      console.onShortcut((shortcut) => {
        if (shortcut === "copy") void copyFrom(console);
        else {
          setShown((before) => ({ ...before, search: true, vga: false }));
          setAsked((before) => before + 1);
        }
        return true;
      }),
    [console],
  );
  useEffect(() => {
    if (host.current === null) return;
    console.show(host.current);
    console.focus();
  }, [console]);
  const language = languageInUse();
  useEffect(() => console.label(), [console, language]);
  const say = words().terminal;
  return (
    <section class="panel console" aria-labelledby={heading} data-wide={shown.wide ? "" : undefined}>
      <header>
        <h2 id={heading}>{say.title}</h2>
        <BootSteps state={state} />
        <ConsoleTools console={console} display={display} shown={shown} onToggle={toggle} />
      </header>
      <BootBar state={state} />
      {shown.timeline && <Timeline state={state} />}
      {shown.search && !shown.vga && (
        <SearchBar
          search={console.search}
          asked={asked}
          onClose={() => {
            toggle("search");
            console.focus();
          }}
        />
      )}
      <div class="screens">
        <div class="terminal-host" ref={host} inert={shown.vga} />
        {shown.vga && <VgaScreen display={display} isOff={state.power === "off"} />}
      </div>
      {note !== "" && (
        <p class="console-note" role="status">
          {note}
        </p>
      )}
      <KeyBar console={console} />
    </section>
  );
}
