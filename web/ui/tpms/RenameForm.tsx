import { useState } from "preact/hooks";
import type { ListedTpm } from "../../state/tpms.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { Form, type FormProps, NameField } from "./Form.tsx";

export function RenameForm({ state, actions, tpm, done, onBack }: FormProps & { tpm: ListedTpm }) {
  const [name, setName] = useState(tpm.name);
  return (
    <Form
      state={state}
      confirm={tpmsDialogWords().renameConfirm}
      onConfirm={() => void done(actions.rename(tpm.id, name))}
      onBack={onBack}
    >
      <NameField value={name} onChange={setName} />
    </Form>
  );
}
