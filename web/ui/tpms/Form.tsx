import { useId } from "preact/hooks";
import type { TpmsActions, TpmsState } from "../../state/tpms.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { ConfirmForm, type ConfirmFormProps } from "../ConfirmForm.tsx";
import { ProblemLine } from "./Problem.tsx";

/** What every form of the dialog gets. */
export interface FormProps {
  readonly state: TpmsState;
  readonly actions: TpmsActions;
  /** Leads back to the list once the work is done. */
  readonly done: (work: Promise<boolean>) => Promise<void>;
  readonly onBack: () => void;
}

type Props = Pick<FormProps, "state"> &
  Omit<ConfirmFormProps, "back" | "problem"> & {
    /** Where the way back leads, when it is not the list that this came from. */
    readonly back?: string;
  };

/** It waits while a TPM is being changed. */
export function Form({ state, back, isOff = false, ...rest }: Props) {
  return (
    <ConfirmForm
      {...rest}
      back={back ?? tpmsDialogWords().back}
      isOff={state.busy || isOff}
      problem={<ProblemLine problem={state.problem} />}
    />
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
