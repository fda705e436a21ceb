import { useRef, useState } from "preact/hooks";
import { words } from "../words/index.ts";

/** A command line for the guest, and a button that copies it. @param props.command of the time at which it is called. */
export function Command(props: { command: () => string }) {
  const [command, setCommand] = useState(props.command);
  const [copied, setCopied] = useState(false);
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    const current = props.command();
    setCommand(current);
    try {
      await navigator.clipboard.writeText(current);
      setCopied(true);
    } catch {
      // The browser forbids it: what is selected can be copied with its own means.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
    }
  };
  return (
    <span class="command">
      <code ref={code}>{command}</code>
      <button type="button" onClick={() => void copy()}>
        {copied ? words().common.copied : words().common.copy}
      </button>
    </span>
  );
}
