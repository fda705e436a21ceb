/** What is asked before something is done that can't be undone, or gives secrets away. */
import type { ListedTpm } from "../../state/tpms.ts";
import { passphraseWords } from "../../words/passphrase.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { Form, type FormProps } from "./Form.tsx";
import { KeptUnder, useNewPassphrase, Working } from "./PassphraseForms.tsx";

type QuestionProps = FormProps & { readonly tpm: ListedTpm };

export function ExportQuestion({ state, actions, tpm, done, onBack }: QuestionProps) {
  const tpms = tpmsDialogWords();
  const own = passphraseWords();
  const { fields, passphrase } = useNewPassphrase(own.exportWith, own.exportAgain, true);
  return (
    <Form
      state={state}
      confirm={tpms.exportConfirm}
      isOff={passphrase === null}
      onConfirm={() => void done(actions.export(tpm.id, passphrase ?? ""))}
      onBack={onBack}
    >
      {tpm.isProtected ? (
        <p>{own.exportProtected}</p>
      ) : (
        <>
          {passphrase === "" && (
            <p>
              <strong>{tpms.exportWarning}</strong>
            </p>
          )}
          <KeptUnder name={tpm.name} />
          {fields}
          <Working isOn={state.busy} />
        </>
      )}
      <p>{tpms.exportHint}</p>
    </Form>
  );
}

export function RemoveQuestion({ state, actions, tpm, done, onBack }: QuestionProps) {
  const tpms = tpmsDialogWords();
  return (
    <Form
      state={state}
      confirm={tpms.removeConfirm}
      isDangerous
      onConfirm={() => void done(actions.remove(tpm.id))}
      onBack={onBack}
    >
      <p>{tpms.removeLead}</p>
      <ul>
        {tpms.removeLoses.map((loss) => (
          <li key={loss}>{loss}</li>
        ))}
      </ul>
    </Form>
  );
}

export function UseQuestion({ state, actions, tpm, done, onBack }: QuestionProps) {
  const tpms = tpmsDialogWords();
  return (
    <Form state={state} confirm={tpms.useConfirm} onConfirm={() => void done(actions.use(tpm.id))} onBack={onBack}>
      <p>{tpms.useLead}</p>
      {tpm.use === "elsewhere" && <p>{tpms.usedElsewhere}</p>}
    </Form>
  );
}
