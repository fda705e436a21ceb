import { useId, useState } from "preact/hooks";
import { words } from "../../words/index.ts";
import { Form, type FormProps, freeName, NameField } from "./Form.tsx";

/** A file becomes a TPM beside the others. */
export function ImportForm({ state, actions, done, onBack }: FormProps) {
  const { tpms } = words();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const id = useId();
  return (
    <Form
      state={state}
      confirm={tpms.importConfirm}
      isOff={file === null}
      onConfirm={() => {
        if (file !== null) void done(actions.import(file, name));
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
    </Form>
  );
}

/** "Lab" of "Lab.state". */
const nameOf = (file: File) => file.name.replace(/\.[^.]*$/, "").slice(0, 36) || "TPM";
