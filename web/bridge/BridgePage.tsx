/** The page that is opened for a bridge: the question where it is, and then the PC with the TPM that is behind it. */
import { useMemo } from "preact/hooks";
import { CommandPanel } from "../panels/CommandPanel.tsx";
import { EventLogPanel } from "../panels/EventLogPanel.tsx";
import { FilesPanel } from "../panels/FilesPanel.tsx";
import { decode } from "../pc/trace.ts";
import type { PageState } from "../state/model.ts";
import { ConsolePanel } from "../terminal/ConsolePanel.tsx";
import type { Console } from "../terminal/console.ts";
import { ChipIcon } from "../ui/ChipIcon.tsx";
import { ProblemPage } from "../ui/ProblemPage.tsx";
import { useStore } from "../ui/useStore.ts";
import { bridgeWords } from "../words/bridge.ts";
import { languageInUse, words } from "../words/index.ts";
import type { BridgePlace } from "./address.ts";
import type { BridgedPc, BridgeLink } from "./bridgedPc.ts";
import { ConnectForm, TroubleWords } from "./ConnectForm.tsx";

function Header({ pc, state, link }: { pc: BridgedPc; state: PageState; link: BridgeLink }) {
  const { header } = words();
  const { power, step, tpm, busy, problem } = state;
  const stage = power === "off" ? header.poweredOff : header.stages[step];
  const isRunning = link.phase === "made" && power === "on" && problem === null;
  const isDead = link.trouble !== null;
  return (
    <header class="header">
      <div class="brand">
        <ChipIcon />
        <h1>tabtpm</h1>
        <p>{bridgeWords().brand}</p>
      </div>
      {link.phase === "made" && (
        <>
          <dl class="states">
            <div class="state" data-tone={power === "on" ? "good" : "idle"} data-state="power">
              <dt>{header.names.power}</dt>
              <dd>{header.power[power]}</dd>
            </div>
            <div class="state" data-tone={step === "shell" && power === "on" ? "good" : "busy"} data-state="stage">
              <dt>{header.names.stage}</dt>
              <dd>{stage}</dd>
            </div>
            <div class="state" data-tone={isDead ? "bad" : "idle"} data-state="tpm">
              <dt>{header.names.tpm}</dt>
              <dd>{header.tpm[isDead ? "unavailable" : tpm]}</dd>
            </div>
          </dl>
          <div class="buttons bridge-buttons">
            <button type="button" disabled={!isRunning || busy} onClick={() => pc.reset()} title={header.resetTitle}>
              {header.reset}
            </button>
            <button
              type="button"
              disabled={busy || power === "starting" || problem !== null}
              onClick={() => void pc.togglePower()}
            >
              {power === "off" ? header.powerOn : header.powerOff}
            </button>
            <button type="button" disabled={busy} onClick={() => void pc.disconnect()}>
              {bridgeWords().another}
            </button>
          </div>
        </>
      )}
    </header>
  );
}

function Notices({ pc, state, link }: { pc: BridgedPc; state: PageState; link: BridgeLink }) {
  const say = bridgeWords();
  const { trouble, wasThere, name } = link;
  // That the page can't look into the TPM is said below.
  const findings = state.findings.filter(({ kind }) => kind !== "unchecked");
  return (
    <div class="notices">
      {trouble !== null && (
        <section class="notice bad" role="alert" data-trouble={trouble.kind}>
          <div>
            <TroubleWords trouble={trouble} />
            {!wasThere && <p>{say.without}</p>}
          </div>
          <button type="button" class="primary" disabled={state.power !== "on"} onClick={() => pc.reset()}>
            {say.reset}
          </button>
        </section>
      )}
      {trouble === null && findings.length > 0 && (
        <section class="notice" role="status" data-notice="findings">
          <ul class="words">
            {findings.map(({ kind, about }) => (
              <li key={kind} data-finding={kind}>
                {words().findings[kind](about)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {trouble === null && name !== null && (
        <section class="notice" data-notice="bridge">
          <div class="words">
            <h2>{say.connected(name)}</h2>
            {link.shared && <p data-shared="">{say.shared}</p>}
            <p>{say.limits}</p>
          </div>
        </section>
      )}
    </div>
  );
}

export function BridgePage({ pc, console, given }: { pc: BridgedPc; console: Console; given: BridgePlace }) {
  const state = useStore(pc.store);
  const link = useStore(pc.link);
  const shared = useStore(pc.files.store);
  const language = languageInUse();
  // The state changes with each command; this one only with what it shows.
  const log = useMemo(
    () => <EventLogPanel log={state.log} banks={state.banks} bootFrom="kernel" />,
    [state.log, state.banks, language],
  );
  return (
    <div class="page" data-bridge={link.phase}>
      <Header {...{ pc, state, link }} />
      {link.phase !== "made" ? (
        <ConnectForm
          given={given}
          isConnecting={link.phase === "connecting"}
          trouble={link.trouble}
          onConnect={(place) => void pc.connect(place)}
          onBootWithout={pc.mayGoWithout ? () => void pc.bootWithout() : null}
        />
      ) : (
        <>
          <Notices {...{ pc, state, link }} />
          {state.problem === null ? (
            <main class="workbench">
              <ConsolePanel console={console} display={pc.display} state={state} />
              <CommandPanel
                commands={state.commands}
                total={state.commands[0]?.sequence ?? 0}
                decode={decode}
                onExport={(format, revealSecrets) => pc.saveTrace(format, revealSecrets)}
              />
              <div class="side">
                {log}
                <FilesPanel state={shared} actions={pc.files} />
              </div>
            </main>
          ) : (
            <ProblemPage problem={state.problem} onChoice={() => location.reload()} />
          )}
        </>
      )}
      <p class="hidden-text" role="status" aria-live="polite">
        {state.announcement}
      </p>
    </div>
  );
}
