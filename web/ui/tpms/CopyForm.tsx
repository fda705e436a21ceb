import { useId, useState } from "preact/hooks";
import type { ListedTpm } from "../../state/tpms.ts";
import { passphraseWords } from "../../words/passphrase.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { Form, type FormProps, freeName, NameField } from "./Form.tsx";
import { KeptUnder, PassphraseField } from "./PassphraseForms.tsx";

/** A copy, and which of the two that can mean: nothing is chosen for the user. */
export function CopyForm({ state, actions, tpm, done, onBack }: FormProps & { tpm: ListedTpm }) {
  const tpms = tpmsDialogWords();
  const [name, setName] = useState(() => freeName(tpms.copyName(tpm.name), state));
  const [identity, setIdentity] = useState<"same" | "new" | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const group = useId();
  const choice = (value: "same" | "new", label: string, hint: string) => (
    <div class="setting">
      <label class="check">
        <input
          type="radio"
          name={group}
          checked={identity === value}
          aria-describedby={`${group}-${value}`}
          onChange={() => setIdentity(value)}
        />
        {label}
      </label>
      <p id={`${group}-${value}`} class="hint">
        {hint}
      </p>
    </div>
  );
  return (
    <Form
      state={state}
      confirm={tpms.copyConfirm}
      isOff={identity === null || (tpm.isProtected === true && passphrase === "")}
      onConfirm={() => {
        if (identity !== null) void done(actions.copy(tpm.id, name, identity, passphrase));
      }}
      onBack={onBack}
    >
      <NameField value={name} onChange={setName} />
      <fieldset class="setting">
        <legend class="hidden-text">{tpms.copyTitle(tpm.name)}</legend>
        {choice("same", tpms.cloneChoice, tpms.cloneHint)}
        {choice("new", tpms.identityChoice, tpms.identityHint)}
      </fieldset>
      {tpm.isProtected && (
        <>
          <KeptUnder name={tpm.name} />
          <PassphraseField label={passphraseWords().copyWith} value={passphrase} onChange={setPassphrase} />
        </>
      )}
      {tpm.use !== "none" && <p class="hint">{tpms.copyRunning}</p>}
    </Form>
  );
}
