import type { ComponentChildren } from "preact";

export interface ConfirmFormProps {
  /** What the button says that does it. */
  readonly confirm: string;
  /** Where the way back leads. */
  readonly back: string;
  readonly isDangerous?: boolean;
  /** It can't be done now: something is missing yet, or the work is under way. */
  readonly isOff?: boolean;
  /** What kept it from being done; it stands above the buttons. */
  readonly problem: ComponentChildren;
  readonly onConfirm: () => void;
  readonly onBack: () => void;
  readonly children: ComponentChildren;
}

/** A form with a way back and a button that does it. */
export function ConfirmForm(props: ConfirmFormProps) {
  const { confirm, back, isDangerous = false, isOff = false, problem, onConfirm, onBack, children } = props;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onConfirm();
      }}
    >
      {children}
      {problem}
      <div class="choices">
        <button type="button" onClick={onBack}>
          {back}
        </button>
        <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={isOff}>
          {confirm}
        </button>
      </div>
    </form>
  );
}
