import { useState } from "preact/hooks";

/** Where a message from another machine is pasted; it is empty again once it was taken. */
export function PastedMessage(props: {
  rows: number;
  label: string;
  button: string;
  isBusy?: boolean;
  onTake: (text: string) => void;
}) {
  const { rows, label, button, isBusy = false, onTake } = props;
  const [text, setText] = useState("");
  return (
    <>
      <label>
        <span>{label}</span>
        <textarea
          rows={rows}
          spellcheck={false}
          autocomplete="off"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <div class="choices">
        <button
          type="button"
          disabled={text.trim() === "" || isBusy}
          onClick={() => {
            onTake(text);
            setText("");
          }}
        >
          {button}
        </button>
      </div>
    </>
  );
}
