/** The TPMs of this browser: the list, and a form for each thing that can be done. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ListedTpm, OpenTpms } from "../../state/tpms.ts";
import { words } from "../../words/index.ts";
import { passphraseWords } from "../../words/passphrase.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { Modal } from "../Dialog.tsx";
import { useStore } from "../useStore.ts";
import { CopyForm } from "./CopyForm.tsx";
import { CreateForm } from "./CreateForm.tsx";
import { ImportForm } from "./ImportForm.tsx";
import { MakingView } from "./MakingView.tsx";
import { PassphraseForm, UnlockForm } from "./PassphraseForms.tsx";
import { ExportQuestion, RemoveQuestion, UseQuestion } from "./Questions.tsx";
import { RenameForm } from "./RenameForm.tsx";
import { TpmList, type View } from "./TpmList.tsx";

/** @param isLocked the TPM that is in use needs its passphrase: that is asked for first. */
export function TpmsDialog(props: OpenTpms & { isLocked: boolean; onClose: () => void }) {
  const { actions, store, name, isLocked } = props;
  const state = useStore(store);
  const first: View = { kind: isLocked ? "unlock" : "list" };
  const [view, setView] = useState(first);
  // One that is asked for again before the page is drawn without it is this one still.
  const onClose = () => {
    setView(first);
    props.onClose();
  };
  useEffect(() => {
    void actions.refresh();
  }, [actions]);
  const back = () => {
    actions.dismiss();
    setView({ kind: "list" });
  };
  /** A form that is done leads back to the list; one that is not says why. */
  const done = async (work: Promise<boolean>) => {
    if (await work) setView({ kind: "list" });
  };
  const common = { state, actions, done, onBack: back };
  const isMaking = state.making !== null;
  const body = useRef<HTMLDivElement>(null);
  // What had the focus is gone with the view, or could not keep it while it was at rest.
  useEffect(() => {
    if (state.busy || body.current?.contains(document.activeElement)) return;
    body.current?.querySelector<HTMLElement>("input, select, button:not(:disabled)")?.focus();
  }, [view, isMaking, state.busy]);
  return (
    <Modal
      title={isMaking ? words().tpms.title : titleOf(view)}
      class="tpms"
      onCancel={view.kind === "list" || isMaking ? onClose : back}
    >
      <div ref={body}>
        {isMaking ? (
          <MakingView making={state.making} onStop={() => actions.cancelMaking()} onClose={onClose} />
        ) : view.kind === "list" ? (
          <TpmList state={state} actions={actions} onView={setView} onClose={onClose} />
        ) : view.kind === "unlock" ? (
          <UnlockForm {...common} name={name()} />
        ) : view.kind === "create" ? (
          <CreateForm {...common} />
        ) : view.kind === "import" ? (
          <ImportForm {...common} />
        ) : view.kind === "copy" ? (
          <CopyForm {...common} tpm={view.tpm} />
        ) : view.kind === "rename" ? (
          <RenameForm {...common} tpm={view.tpm} />
        ) : view.kind === "passphrase" ? (
          <PassphraseForm {...common} tpm={view.tpm} />
        ) : view.kind === "export" ? (
          <ExportQuestion {...common} tpm={view.tpm} />
        ) : view.kind === "remove" ? (
          <RemoveQuestion {...common} tpm={view.tpm} />
        ) : (
          <UseQuestion {...common} tpm={view.tpm} />
        )}
      </div>
    </Modal>
  );
}

function titleOf(view: View): string {
  const tpms = tpmsDialogWords();
  switch (view.kind) {
    case "list":
      return words().tpms.title;
    case "unlock":
      return passphraseWords().unlockTitle;
    case "create":
      return tpms.createTitle;
    case "import":
      return tpms.importTitle;
    default:
      return titles(view.tpm)[view.kind];
  }
}

function titles({ name }: ListedTpm) {
  const tpms = tpmsDialogWords();
  return {
    passphrase: passphraseWords().title(name),
    copy: tpms.copyTitle(name),
    rename: tpms.renameTitle(name),
    export: tpms.exportTitle(name),
    remove: tpms.removeTitle(name),
    use: tpms.useTitle(name),
  };
}
