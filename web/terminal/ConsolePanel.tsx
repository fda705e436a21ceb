import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { PageState } from "../state/model.ts";
import { BootBar, BootSteps } from "../ui/BootProgress.tsx";
import type { Console } from "./console.ts";
import { KeyBar } from "./KeyBar.tsx";

/** The terminal, with the boot's progress in its heading. */
export function ConsolePanel({ console, state }: { console: Console; state: PageState }) {
  const host = useRef<HTMLDivElement>(null);
  const heading = useId();
  const [note, setNote] = useState("");
  useEffect(() => console.onNote(setNote), [console]);
  useEffect(() => {
    if (host.current === null) return;
    console.show(host.current);
    console.focus();
  }, [console]);
  return (
    <section class="panel console" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>Serial console</h2>
        <span class="paste-hint">paste: Ctrl+Shift+V</span>
        <BootSteps state={state} />
      </header>
      <BootBar state={state} />
      <div class="terminal-host" ref={host} />
      {note !== "" && (
        <p class="console-note" role="status">
          {note}
        </p>
      )}
      <KeyBar console={console} />
    </section>
  );
}
