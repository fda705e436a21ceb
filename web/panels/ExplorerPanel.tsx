import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ExplorerActions, ExplorerState } from "../state/explorer.ts";
import type { Store } from "../state/store.ts";
import { useFolded } from "../ui/useFolded.ts";
import { useStore } from "../ui/useStore.ts";
import { words } from "../words/index.ts";
import type { ExplorerProps } from "./explorer/Explorer.tsx";

export interface ExplorerPanelProps {
  readonly explorer: ExplorerActions & { readonly store: Store<ExplorerState> };
  /** Writes a line into the console, without Enter. */
  readonly onTry: (line: string) => void;
}

/** What is in the TPM: one line until it is opened, and nothing is looked at or fetched before. */
export function ExplorerPanel({ explorer, onTry }: ExplorerPanelProps) {
  const say = words().explorer;
  const { inspection } = useStore(explorer.store);
  const [folded, fold] = useFolded("explorer", true);
  const [Contents, setContents] = useState<ComponentType<ExplorerProps> | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    import("./explorer/Explorer.tsx").then(
      (module) => setContents(() => module.default),
      () => setFailed(true),
    );
  };
  useEffect(() => {
    if (folded) return;
    const look = () => explorer.show(!document.hidden);
    look();
    document.addEventListener("visibilitychange", look);
    load();
    return () => {
      document.removeEventListener("visibilitychange", look);
      explorer.show(false);
    };
  }, [folded, explorer]);
  return (
    <details class="panel files explorer" open={!folded} onToggle={(event) => fold(!event.currentTarget.open)}>
      <summary>
        <h2>{say.title}</h2>
        <span class="note">{say.note}</span>
      </summary>
      {!folded && (
        <div class="scroll">
          {failed ? (
            <p class="empty" role="alert">
              {say.notLoaded}{" "}
              <button type="button" onClick={load}>
                {words().common.tryAgain}
              </button>
            </p>
          ) : inspection === null ? (
            <p class="empty">{say.empty}</p>
          ) : Contents === null ? (
            <p class="empty">{say.loading}</p>
          ) : (
            <Contents inspection={inspection} onTry={onTry} />
          )}
        </div>
      )}
    </details>
  );
}
