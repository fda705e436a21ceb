import type { OpenMigration } from "../../state/migration.ts";
import { words } from "../../words/index.ts";
import { migrationWords } from "../../words/migration.ts";
import { Modal } from "../Dialog.tsx";
import { useStore } from "../useStore.ts";

/** Where a running PC can move to, and how far it is. While it moves only what ends that closes the dialog. */
export function MigrationDialog({ actions, store, onClose }: OpenMigration & { onClose: () => void }) {
  const { phase, done, total, trouble } = useStore(store);
  const say = migrationWords();
  const canStop = phase === "waiting" || phase === "leaving" || phase === "coming";
  const stop = () => {
    actions.stop();
    if (phase === "waiting") onClose();
  };
  const cancel = () => {
    if (phase === "ready") onClose();
    else if (phase === "lost") actions.decline();
    else if (canStop) stop();
  };
  return (
    <Modal title={say.title} class="tpms" onCancel={cancel}>
      {trouble !== null && <p role="alert">{trouble}</p>}
      {phase === "ready" ? <p>{say.intro}</p> : <p role="status">{say[phase]}</p>}
      {(phase === "leaving" || phase === "coming") && (
        <progress
          class="making"
          aria-label={say[phase]}
          {...(total > 0 ? { value: done, max: total } : {})}
          data-done={done}
        />
      )}
      {phase === "ready" && (
        <>
          <p>{say.toTab}</p>
          <p>{say.toFile}</p>
        </>
      )}
      <div class="choices">
        {phase === "ready" && (
          <>
            <button type="button" class="primary" onClick={() => actions.openTab()}>
              {say.openTab}
            </button>
            <button type="button" onClick={() => actions.saveFile()}>
              {say.saveFile}
            </button>
            <button type="button" onClick={onClose}>
              {words().common.close}
            </button>
          </>
        )}
        {canStop && (
          <button type="button" onClick={stop}>
            {say.stop}
          </button>
        )}
        {phase === "unsure" && (
          <button type="button" class="primary" onClick={() => actions.lookAgain()}>
            {say.lookAgain}
          </button>
        )}
        {phase === "lost" && (
          <>
            <button type="button" class="primary" onClick={() => actions.bootAnew()}>
              {say.bootAnew}
            </button>
            <button type="button" onClick={() => actions.decline()}>
              {say.stop}
            </button>
          </>
        )}
        {phase === "kept" && (
          <>
            <button type="button" class="primary" onClick={() => actions.start()}>
              {say.start}
            </button>
            <button type="button" onClick={() => actions.discard()}>
              {say.discard}
            </button>
          </>
        )}
      </div>
    </Modal>
  );
}
