/** What a `<tab-tpm>` shows: an invitation, what is being loaded, what is wrong, or the panels that it was asked for. */
import { type ComponentType, Fragment } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { CommandPanel } from "../panels/CommandPanel.tsx";
import { EventLogPanel } from "../panels/EventLogPanel.tsx";
import { PcrPanel } from "../panels/PcrPanel.tsx";
import { problemOf } from "../pc/problems.ts";
import { decode } from "../pc/trace.ts";
import type { PageState } from "../state/model.ts";
import { copyFrom } from "../terminal/clipboard.ts";
import type { Console } from "../terminal/console.ts";
import { KeyBar } from "../terminal/KeyBar.tsx";
import { BootBar, BootSteps } from "../ui/BootProgress.tsx";
import { useStore } from "../ui/useStore.ts";
import { elementWords } from "../words/element.ts";
import { languageInUse, words } from "../words/index.ts";
import type { PanelName } from "./attributes.ts";
import type { SharedMachine } from "./sharedMachine.ts";

export interface ViewActions {
  start(): void;
  takeOver(): void;
  reset(): void;
  powerOff(): void;
}

export interface ViewProps {
  readonly shared: SharedMachine;
  readonly panels: readonly PanelName[];
  /** Null where no terminal is shown. */
  readonly console: Console | null;
  readonly actions: ViewActions;
  /** Draws the lesson or demo; null without one. */
  readonly Part: ComponentType | null;
}

function TerminalPanel({ console, state, actions }: { console: Console; state: PageState; actions: ViewActions }) {
  const host = useRef<HTMLDivElement>(null);
  const heading = useId();
  const [note, setNote] = useState("");
  const { terminal, reset, powerOff, powerOn } = elementWords();
  useEffect(() => console.onNote(setNote), [console]);
  useEffect(
    () =>
      console.onShortcut((shortcut) => {
        if (shortcut === "copy") void copyFrom(console);
        return shortcut === "copy";
      }),
    [console],
  );
  useEffect(() => {
    if (host.current !== null) console.show(host.current);
  }, [console]);
  const language = languageInUse();
  useEffect(() => console.label(), [console, language]);
  const isOff = state.power === "off";
  return (
    <section class="panel console" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{terminal}</h2>
        <BootSteps state={state} />
        <div class="buttons">
          <button type="button" disabled={isOff} onClick={() => actions.reset()}>
            {reset}
          </button>
          <button type="button" onClick={() => (isOff ? actions.start() : actions.powerOff())}>
            {isOff ? powerOn : powerOff}
          </button>
        </div>
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

function Failure({ error, shared, actions }: { error: Error; shared: SharedMachine; actions: ViewActions }) {
  const { problems, tryAgain, takeOver } = elementWords();
  const { kind } = problemOf(error);
  const isOwned = kind === "in-use" || kind === "taken-over";
  const { title } = isOwned
    ? problems[kind === "in-use" ? "inUse" : "takenOver"]
    : kind === "image"
      ? problems.images
      : problems.other;
  const text = isOwned
    ? problems[kind === "in-use" ? "inUse" : "takenOver"].text
    : kind === "image"
      ? problems.images.text(shared.images?.href ?? "")
      : "";
  return (
    <div class="standing" role="alert" data-kind="failed" data-problem={kind}>
      <h2>{title}</h2>
      {text !== "" && <p>{text}</p>}
      {!isOwned && <p class="detail">{error.message}</p>}
      <button type="button" class="primary" onClick={() => (isOwned ? actions.takeOver() : actions.start())}>
        {isOwned ? takeOver : tryAgain}
      </button>
    </div>
  );
}

function Loading({ state: { download } }: { state: PageState }) {
  const { loading, starting } = elementWords();
  const caption = useId();
  const isLoading = download !== null && download.loaded < download.total;
  return (
    <div class="standing" data-kind="starting">
      {/* No live region: it is another one several times a second. */}
      <p id={caption}>
        {isLoading ? loading(words().progress.loaded(download.loaded / 1e6, download.total / 1e6)) : starting}
      </p>
      <progress aria-labelledby={caption} max={1} {...(isLoading ? { value: download.loaded / download.total } : {})} />
    </div>
  );
}

export function View({ shared, panels, console, actions, Part }: ViewProps) {
  const state = useStore(shared.state);
  const { phase, error } = useStore(shared.life);
  const { idle, start } = elementWords();
  const draw = (panel: PanelName) => {
    if (panel === "terminal") return console && <TerminalPanel console={console} state={state} actions={actions} />;
    if (panel === "pcrs") return <PcrPanel banks={state.banks} changed={state.changed} />;
    if (panel === "log") return <EventLogPanel log={state.log} banks={state.banks} bootFrom="kernel" />;
    return (
      <CommandPanel
        commands={state.commands}
        total={state.commands[0]?.sequence ?? 0}
        decode={decode}
        onExport={(format, revealSecrets) => shared.saveTrace(format, revealSecrets)}
      />
    );
  };
  return (
    <>
      <slot name="heading" />
      <div
        class="parts"
        data-phase={phase}
        data-stage={state.power === "on" ? state.step : state.power}
        data-count={panels.length + (Part === null ? 0 : 1)}
      >
        {phase === "idle" && (
          <div class="standing" data-kind="idle">
            <slot>
              <p>{idle}</p>
            </slot>
            <button type="button" class="primary" onClick={() => actions.start()}>
              {start}
            </button>
          </div>
        )}
        {phase === "starting" && <Loading state={state} />}
        {phase === "failed" && error !== null && <Failure error={error} shared={shared} actions={actions} />}
        {phase === "made" && Part !== null && <Part />}
        {phase === "made" && panels.map((panel) => <Fragment key={panel}>{draw(panel)}</Fragment>)}
      </div>
      <slot name="footer" />
    </>
  );
}
