import { useMemo } from "preact/hooks";
import { LazyLearning } from "./LazyLearning.tsx";
import { CommandPanel, type Decode } from "./panels/CommandPanel.tsx";
import { EventLogPanel } from "./panels/EventLogPanel.tsx";
import { ExplorerPanel, type ExplorerPanelProps } from "./panels/ExplorerPanel.tsx";
import { FilesPanel } from "./panels/FilesPanel.tsx";
import { type HistoryProps, PcrHistory } from "./panels/PcrHistory.tsx";
import { PcrPanel } from "./panels/PcrPanel.tsx";
import type { Actions } from "./state/actions.ts";
import type { Display } from "./state/display.ts";
import type { FileActions, FilesState } from "./state/files.ts";
import type { OpenLearning } from "./state/learn.ts";
import type { OpenMigration } from "./state/migration.ts";
import type { PageState } from "./state/model.ts";
import type { OpenSnapshots } from "./state/snapshots.ts";
import type { Store } from "./state/store.ts";
import type { OpenTpms } from "./state/tpms.ts";
import { ConsolePanel } from "./terminal/ConsolePanel.tsx";
import type { Console } from "./terminal/console.ts";
import { AddressDialog, NewTpmDialog } from "./ui/Dialog.tsx";
import { Header } from "./ui/Header.tsx";
import { LazyMigration } from "./ui/migration/LazyMigration.tsx";
import { Notices } from "./ui/Notices.tsx";
import { ProblemPage } from "./ui/ProblemPage.tsx";
import { SettingsDialog } from "./ui/SettingsDialog.tsx";
import { LazySnapshots } from "./ui/snapshots/LazySnapshots.tsx";
import { LazyTpms } from "./ui/tpms/LazyTpms.tsx";
import { useStore } from "./ui/useStore.ts";
import { languageInUse } from "./words/index.ts";

export interface AppProps {
  readonly store: Store<PageState>;
  readonly actions: Actions;
  readonly console: Console;
  readonly decode: Decode;
  readonly display: Display;
  readonly explorer: ExplorerPanelProps["explorer"];
  readonly files: FileActions & { readonly store: Store<FilesState> };
  readonly history: HistoryProps["history"];
  /** Fetches what the dialog of the TPMs needs. */
  readonly loadTpms: () => Promise<OpenTpms>;
  /** Fetches what the dialog of snapshots needs. */
  readonly loadSnapshots: () => Promise<OpenSnapshots>;
  /** Fetches what the dialog of a move needs. */
  readonly loadMigration: () => Promise<OpenMigration>;
  /** Fetches what the drawer of lessons and demos needs. */
  readonly loadLearning: () => Promise<OpenLearning>;
}

export function App(props: AppProps) {
  const {
    store,
    actions,
    console,
    decode,
    display,
    explorer,
    files,
    history,
    loadTpms,
    loadSnapshots,
    loadMigration,
    loadLearning,
  } = props;
  const state = useStore(store);
  const shared = useStore(files.store);
  const language = languageInUse();
  const bootFrom = state.running?.media.bootFrom ?? "kernel";
  // The state changes with each command; these two only with what they show.
  const registers = useMemo(
    () => <PcrPanel banks={state.banks} changed={state.changed} onHistory={(pcr) => history.show(pcr)} />,
    [state.banks, state.changed, history, language],
  );
  const log = useMemo(
    () => <EventLogPanel log={state.log} banks={state.banks} bootFrom={bootFrom} />,
    [state.log, state.banks, bootFrom, language],
  );
  return (
    <div class="page" data-docked={state.learning === null ? undefined : ""}>
      <Header
        state={state}
        onReset={() => actions.reset()}
        onPause={() => actions.togglePause()}
        onPower={() => actions.togglePower()}
        onPullPlug={() => actions.pullPlug()}
        onNewTpm={() => actions.askNewTpm()}
        onLearn={() => actions.toggleLearning()}
        onTpms={() => actions.askTpms()}
        onSnapshots={() => actions.askSnapshots()}
        onMove={() => actions.askMove()}
        onSettings={() => actions.askSettings()}
        onSaveAuthority={() => actions.saveAuthority()}
        onExplainStorage={() => actions.explainStorage(true)}
        onExplainLockout={() => actions.explainLockout(true)}
      />
      <Notices state={state} actions={actions} />
      {state.problem === null ? (
        <main class="workbench">
          <ConsolePanel console={console} display={display} state={state} />
          <CommandPanel
            commands={state.commands}
            total={state.commands[0]?.sequence ?? 0}
            decode={decode}
            onExport={(format, revealSecrets) => actions.exportTrace(format, revealSecrets)}
          />
          <div class="side">
            {registers}
            {log}
            <ExplorerPanel explorer={explorer} onTry={(line) => console.paste(line)} />
            <FilesPanel state={shared} actions={files} />
          </div>
        </main>
      ) : (
        <ProblemPage problem={state.problem} onChoice={(choice) => actions.choose(choice)} />
      )}
      <p class="hidden-text" role="status" aria-live="polite">
        {state.announcement}
      </p>
      <PcrHistory history={history} files={files.store} />
      {state.learning !== null && (
        <LazyLearning place={state.learning} onPlace={(place) => actions.learn(place)} load={loadLearning} />
      )}
      {state.asking === "settings" && (
        <SettingsDialog
          state={state}
          onSave={(settings, media, restarts) => actions.changeSettings(settings, media, restarts)}
          onLanguage={(language) => actions.speak(language)}
          onCancel={() => actions.cancel()}
        />
      )}
      {state.asking === "address" && (
        <AddressDialog
          append={state.choices.asked.append ?? ""}
          files={Object.values(state.askedFiles.addresses)}
          onConfirm={() => actions.answerAddress(true)}
          onCancel={() => actions.answerAddress(false)}
        />
      )}
      {(state.asking === "tpms" || state.asking === "passphrase") && (
        <LazyTpms load={loadTpms} isLocked={state.asking === "passphrase"} onClose={() => actions.cancel()} />
      )}
      {state.asking === "snapshots" && <LazySnapshots load={loadSnapshots} onClose={() => actions.cancel()} />}
      {state.asking === "move" && <LazyMigration load={loadMigration} onClose={() => actions.cancel()} />}
      {state.asking === "new-tpm" && (
        <NewTpmDialog
          unusable={state.problem !== null}
          onConfirm={() => actions.newTpm()}
          onCancel={() => actions.cancel()}
        />
      )}
    </div>
  );
}
