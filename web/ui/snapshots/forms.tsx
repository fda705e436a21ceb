import { useId, useState } from "preact/hooks";
import type { ListedSnapshot, SnapshotsActions, SnapshotsState } from "../../state/snapshots.ts";
import { snapshotWords } from "../../words/snapshots.ts";
import { ConfirmForm, type ConfirmFormProps } from "../ConfirmForm.tsx";
import { ProblemLine } from "./Problem.tsx";

/** What every form of the dialog gets. */
export interface Props {
  readonly state: SnapshotsState;
  readonly actions: SnapshotsActions;
  /** Leads back to the list once the work is done. */
  readonly done: (work: Promise<boolean>) => Promise<void>;
  readonly onBack: () => void;
}
type Of = Props & { readonly snapshot: ListedSnapshot };

type FormProps = Pick<Props, "state"> & Omit<ConfirmFormProps, "back" | "problem">;

function Form({ state, ...rest }: FormProps) {
  return <ConfirmForm {...rest} back={snapshotWords().back} problem={<ProblemLine problem={state.problem} />} />;
}

interface FieldProps {
  readonly label: string;
  readonly isSecret?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, isSecret = false, value, onChange }: FieldProps) {
  const id = useId();
  const take = (event: { readonly currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value);
  return (
    <div class="setting">
      <label for={id}>{label}</label>
      {isSecret ? (
        <input id={id} type="password" value={value} autocomplete="off" onInput={take} />
      ) : (
        <input id={id} type="text" value={value} autocomplete="off" onInput={take} />
      )}
    </div>
  );
}

export function RenameForm({ state, actions, snapshot, done, onBack }: Of) {
  const [name, setName] = useState(snapshot.name);
  const say = snapshotWords();
  const rename = () => void done(actions.rename(snapshot.id, name));
  return (
    <Form state={state} confirm={say.renameConfirm} onConfirm={rename} onBack={onBack}>
      <Field label={say.name} value={name} onChange={setName} />
    </Form>
  );
}

export function ExportForm({ state, actions, snapshot, done, onBack }: Of) {
  const [passphrase, setPassphrase] = useState("");
  const say = snapshotWords();
  const save = () => void done(actions.export(snapshot.id, passphrase));
  return (
    <Form state={state} confirm={say.exportConfirm} onConfirm={save} onBack={onBack}>
      <p>
        <strong>{say.exportWarning}</strong>
      </p>
      <Field label={say.passphrase} isSecret value={passphrase} onChange={setPassphrase} />
      <p class="hint">{say.exportHint}</p>
    </Form>
  );
}

export function RemoveForm({ state, actions, snapshot, done, onBack }: Of) {
  const say = snapshotWords();
  const remove = () => void done(actions.remove(snapshot.id));
  return (
    <Form state={state} confirm={say.removeConfirm} isDangerous onConfirm={remove} onBack={onBack}>
      <p>{say.removeLead}</p>
    </Form>
  );
}

export function ImportForm({ state, actions, onBack }: Props) {
  const id = useId();
  const [file, setFile] = useState<File | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const say = snapshotWords();
  const take = () => {
    if (file !== null) void actions.import(file, passphrase);
  };
  return (
    <Form state={state} confirm={say.importConfirm} isOff={file === null} onConfirm={take} onBack={onBack}>
      <p>{say.importLead}</p>
      <div class="setting">
        <label for={id}>{say.importFile}</label>
        <input id={id} type="file" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
      </div>
      <Field label={say.passphrase} isSecret value={passphrase} onChange={setPassphrase} />
      <p class="hint">{say.importHint}</p>
    </Form>
  );
}
