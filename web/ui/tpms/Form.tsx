import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { TpmsActions, TpmsState } from "../../state/tpms.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { ProblemLine } from "./Problem.tsx";

/** What every form of the dialog gets. */
export interface FormProps {
  readonly state: TpmsState;
  readonly actions: TpmsActions;
  /** Leads back to the list once the work is done. */
  readonly done: (work: Promise<boolean>) => Promise<void>;
  readonly onBack: () => void;
}

interface Props extends Pick<FormProps, "state" | "onBack"> {
  readonly confirm: string;
  /** Where the way back leads, when it is not the list that this came from. */
  readonly back?: string;
  readonly isDangerous?: boolean;
  /** Something is missing yet. */
  readonly isOff?: boolean;
  readonly onConfirm: () => void;
  readonly children: ComponentChildren;
}

/** A form with a way back and a button that does it; what kept it from being done stands above them. */
export function Form(props: Props) {
  const { state, confirm, back, isDangerous = false, isOff = false, onConfirm, onBack, children } = props;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onConfirm();
      }}
    >
      {children}
      <ProblemLine problem={state.problem} />
      <div class="choices">
        <button type="button" onClick={onBack}>
          {back ?? tpmsDialogWords().back}
        </button>
        <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={state.busy || isOff}>
          {confirm}
        </button>
      </div>
    </form>
  );
}

export function NameField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div class="setting">
      <label for={id}>{tpmsDialogWords().name}</label>
      <input
        id={id}
        type="text"
        value={value}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}

/** The name, or with a number behind it the first that no TPM has. */
export function freeName(wanted: string, { list }: TpmsState): string {
  const names = (list ?? []).map(({ name }) => name.toLowerCase());
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted} ${number}`;
    if (!names.includes(name.toLowerCase())) return name;
  }
}
