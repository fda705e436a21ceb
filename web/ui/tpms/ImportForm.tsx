import { useId, useState } from "preact/hooks";
import { passphraseWords } from "../../words/passphrase.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { Form, type FormProps, freeName, NameField } from "./Form.tsx";
import { KeptUnder, PassphraseField, Working } from "./PassphraseForms.tsx";

/** A file becomes a TPM beside the others. */
export function ImportForm({ state, actions, done, onBack }: FormProps) {
  const tpms = tpmsDialogWords();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const own = passphraseWords();
  const id = useId();
  return (
    <Form
      state={state}
      confirm={tpms.importConfirm}
      isOff={file === null}
      onConfirm={() => {
        if (file !== null) void done(actions.import(file, name, passphrase));
      }}
      onBack={onBack}
    >
      <p>{tpms.importLead}</p>
      <div class="setting">
        <label for={id}>{tpms.importFile}</label>
        <input
          id={id}
          type="file"
          onChange={(event) => {
            const [chosen = null] = event.currentTarget.files ?? [];
            actions.dismiss();
            setFile(chosen);
            if (chosen !== null) setName(freeName(nameOf(chosen), state));
          }}
        />
      </div>
      <NameField value={name} onChange={setName} />
      <KeptUnder name={name} />
      <PassphraseField label={own.importWith} value={passphrase} onChange={setPassphrase} hint={own.importHint} />
      <Working isOn={state.busy && passphrase !== ""} />
    </Form>
  );
}

/** "Lab" of "Lab.state". */
const nameOf = (file: File) => file.name.replace(/\.[^.]*$/, "").slice(0, 36) || "TPM";
