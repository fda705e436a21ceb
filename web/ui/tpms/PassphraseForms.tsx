/** What asks for the passphrase of a TPM: at the start of the PC, and to set, change or take it away. */
import { useId, useState } from "preact/hooks";
import type { ListedTpm } from "../../state/tpms.ts";
import { passphraseWords } from "../../words/passphrase.ts";
import { Form, type FormProps } from "./Form.tsx";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly isNew?: boolean;
}

export function PassphraseField({ label, value, onChange, hint, isNew = false }: FieldProps) {
  const id = useId();
  return (
    <div class="setting">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="password"
        value={value}
        maxLength={1024}
        autocomplete={isNew ? "new-password" : "current-password"}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What a password manager keeps the passphrase under: once in each form that has one. */
export const KeptUnder = ({ name }: { name: string }) => (
  <input type="text" autocomplete="username" value={name} readOnly hidden />
);

/** A new one, twice. @returns its fields, and it where both are the same; null where they are not. */
export function useNewPassphrase(label: string, again: string, mayBeEmpty: boolean) {
  const [one, setOne] = useState("");
  const [two, setTwo] = useState("");
  const fields = (
    <>
      <PassphraseField isNew label={label} value={one} onChange={setOne} />
      {/* Always there: a field that comes later has no account that a password manager knows, says Chromium. */}
      <PassphraseField
        isNew
        label={again}
        value={two}
        onChange={setTwo}
        {...(two !== "" && one !== two && { hint: passphraseWords().differ })}
      />
    </>
  );
  const isGiven = one === "" ? mayBeEmpty : one === two;
  return { fields, passphrase: isGiven ? one : null };
}

/** Half a second on a quick machine, and more on others. */
export function Working({ isOn }: { isOn: boolean }) {
  return isOn ? <p role="status">{passphraseWords().working}</p> : null;
}

export function UnlockForm({ state, actions, name, done, onBack }: FormProps & { name: string }) {
  const words = passphraseWords();
  const [given, setGiven] = useState("");
  return (
    <Form
      state={state}
      confirm={words.unlockConfirm}
      back={words.others}
      isOff={given === ""}
      onConfirm={() => void done(actions.unlock(given))}
      onBack={onBack}
    >
      <p>{words.unlockLead(name)}</p>
      <KeptUnder name={name} />
      <PassphraseField label={words.field} value={given} onChange={setGiven} hint={words.unlockHint} />
      <Working isOn={state.busy && given !== ""} />
    </Form>
  );
}

export function PassphraseForm({ state, actions, tpm, done, onBack }: FormProps & { tpm: ListedTpm }) {
  const words = passphraseWords();
  const [current, setCurrent] = useState("");
  const [removes, setRemoves] = useState(false);
  const next = useNewPassphrase(words.next, words.again, false);
  const isProtected = tpm.isProtected === true;
  const confirm = removes ? words.remove : isProtected ? words.change : words.set;
  return (
    <Form
      state={state}
      confirm={confirm}
      isDangerous={removes}
      isOff={(isProtected && current === "") || (!removes && next.passphrase === null)}
      onConfirm={() =>
        void done(actions.protect(tpm.id, isProtected ? current : null, removes ? null : next.passphrase))
      }
      onBack={onBack}
    >
      <p>{words.lead}</p>
      <KeptUnder name={tpm.name} />
      {isProtected && (
        <>
          <PassphraseField label={words.current} value={current} onChange={setCurrent} />
          <div class="setting">
            <label class="check">
              <input type="checkbox" checked={removes} onChange={() => setRemoves(!removes)} />
              {words.removes}
            </label>
          </div>
        </>
      )}
      {!removes && next.fields}
      <p class="hint">{words.copiesStay}</p>
      {!removes && (
        <p>
          <strong>{words.warning}</strong>
        </p>
      )}
      <Working isOn={state.busy} />
    </Form>
  );
}
