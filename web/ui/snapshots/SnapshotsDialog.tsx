/** The snapshots: the list, a form for each thing that can be done, and the questions before the TPM goes back. */
import { useEffect, useState } from "preact/hooks";
import type { OpenSnapshots } from "../../state/snapshots.ts";
import { words } from "../../words/index.ts";
import { snapshotWords } from "../../words/snapshots.ts";
import { Modal } from "../Dialog.tsx";
import { useStore } from "../useStore.ts";
import { ArrivedQuestion } from "./ArrivedQuestion.tsx";
import { ExportForm, ImportForm, type Props, RemoveForm, RenameForm } from "./forms.tsx";
import { MovedQuestion } from "./MovedQuestion.tsx";
import { ProblemLine } from "./Problem.tsx";
import { SnapshotList, timeOf, type View } from "./SnapshotList.tsx";

export function SnapshotsDialog({ actions, store, onClose }: OpenSnapshots & { onClose: () => void }) {
  const state = useStore(store);
  const [view, setView] = useState<View>({ kind: "list" });
  useEffect(() => {
    if (store.value.list === null) void actions.refresh();
  }, [actions, store]);
  const say = snapshotWords();
  const back = () => {
    actions.dismiss();
    setView({ kind: "list" });
  };
  const props: Props = {
    state,
    actions,
    onBack: back,
    done: async (work) => {
      if (await work) setView({ kind: "list" });
    },
  };
  const { work, moved, arrived, offered, list } = state;
  const offer = list?.find(({ id }) => id === offered);
  const title =
    moved !== null
      ? say.movedTitle
      : arrived !== null
        ? say.arrivedTitle
        : offer !== undefined
          ? say.offerTitle
          : view.kind === "list"
            ? say.title
            : view.kind === "import"
              ? say.importTitle
              : say[`${view.kind}Title`](view.snapshot.name);
  const isOnTop = moved === null && arrived === null && (offer !== undefined || view.kind === "list");
  return (
    <Modal
      title={title}
      class="tpms snapshots"
      onCancel={work !== null ? () => actions.cancel() : isOnTop ? onClose : back}
    >
      {work !== null && (
        <div data-work={work.kind}>
          <p role="status">{say.work[work.kind]}</p>
          <progress
            class="making"
            max={work.total === 0 ? 1 : work.total}
            value={work.total === 0 ? undefined : work.done}
            aria-label={say.work[work.kind]}
          />
          <div class="choices">
            <button type="button" onClick={() => actions.cancel()}>
              {say.cancel}
            </button>
          </div>
        </div>
      )}
      {/* What was entered is still there where the work was not done. */}
      <div hidden={work !== null}>
        {moved !== null ? (
          <MovedQuestion
            lost={moved.lost}
            onRefuse={back}
            onChoice={(choice) => void actions.resume(moved.id, choice)}
          />
        ) : arrived !== null ? (
          <ArrivedQuestion
            {...{ arrived, problem: state.problem }}
            onRefuse={back}
            onChoice={(place) => void props.done(actions.takeIn(place))}
          />
        ) : offer !== undefined ? (
          <div data-offer="">
            <p>{say.offerLead(timeOf(offer.savedAt))}</p>
            <ProblemLine problem={state.problem} />
            <div class="choices">
              <button type="button" onClick={onClose}>
                {say.offerBoot}
              </button>
              <button type="button" class="primary" onClick={() => void actions.resume(offer.id)}>
                {say.offerResume}
              </button>
            </div>
          </div>
        ) : view.kind === "list" ? (
          <>
            <SnapshotList state={state} actions={actions} onView={setView} />
            <ProblemLine problem={state.problem} />
            <div class="choices">
              <button type="button" onClick={() => setView({ kind: "import" })}>
                {say.import}
              </button>
              <button type="button" onClick={onClose}>
                {words().common.close}
              </button>
            </div>
          </>
        ) : view.kind === "import" ? (
          <ImportForm {...props} />
        ) : view.kind === "rename" ? (
          <RenameForm {...props} snapshot={view.snapshot} />
        ) : view.kind === "export" ? (
          <ExportForm {...props} snapshot={view.snapshot} />
        ) : (
          <RemoveForm {...props} snapshot={view.snapshot} />
        )}
      </div>
    </Modal>
  );
}
