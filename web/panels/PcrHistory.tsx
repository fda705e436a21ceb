import { useEffect, useState } from "preact/hooks";
import type { FilesState } from "../state/files.ts";
import type { HistoryActions, HistoryState } from "../state/history.ts";
import type { Store } from "../state/store.ts";
import { Modal } from "../ui/Dialog.tsx";
import { useStore } from "../ui/useStore.ts";
import { words } from "../words/index.ts";

export interface HistoryProps {
  readonly history: HistoryActions & { readonly store: Store<HistoryState> };
  /** The guest's /mnt, where IMA's list may be. */
  readonly files: Store<FilesState>;
}

type View = typeof import("./history/HistoryDialog.tsx").HistoryDialog;

/** How the PCRs came to their values, when asked for. What draws it is fetched by then: few visits open it. */
export function PcrHistory({ history, files }: HistoryProps) {
  const state = useStore(history.store);
  return state.open === null ? null : <Open state={state} actions={history} files={files} />;
}

function Open(props: { state: HistoryState; actions: HistoryActions; files: Store<FilesState> }) {
  const [view, setView] = useState<{ View: View } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const files = useStore(props.files);
  useEffect(() => {
    import("./history/HistoryDialog.tsx").then(
      ({ HistoryDialog }) => setView({ View: HistoryDialog }),
      (error) => setProblem((error as Error).message),
    );
  }, []);
  if (view !== null) return <view.View state={props.state} actions={props.actions} files={files} />;
  if (problem === null) return null;
  return (
    <Modal title={words().history.title} onCancel={() => props.actions.close()}>
      <p role="alert">{words().history.notLoaded(problem)}</p>
      <div class="choices">
        <button type="button" onClick={() => props.actions.close()}>
          {words().common.close}
        </button>
      </div>
    </Modal>
  );
}
