import { useRef, useState } from "preact/hooks";
import { words } from "../words/index.ts";
import { learnWords } from "../words/learnDrawer.ts";

export interface RunBlockProps {
  readonly lines: readonly string[];
  /** That the last one fails is what is to be seen. */
  readonly fails: boolean;
  readonly disabled: boolean;
  readonly onRun: (lines: readonly string[]) => void;
}

/** Lines for the guest's shell: one button types them, one copies them. */
export function RunBlock({ lines, fails, disabled, onRun }: RunBlockProps) {
  const learn = learnWords();
  const { common } = words();
  const [copied, setCopied] = useState(false);
  const code = useRef<HTMLPreElement>(null);
  const text = lines.join("\n");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // The browser forbids it: what is selected can be copied with its own means.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
    }
  };
  return (
    <div class="run">
      <pre ref={code}>
        <code>{text}</code>
      </pre>
      <div class="run-buttons">
        <button
          type="button"
          class="primary"
          disabled={disabled}
          title={learn.runHint}
          aria-label={learn.runLabel(text)}
          onClick={() => onRun(lines)}
        >
          {learn.run}
        </button>
        <button type="button" aria-label={learn.copyLabel(text)} onClick={() => void copy()}>
          {copied ? common.copied : common.copy}
        </button>
        {fails && <span class="hint">{learn.failsHint}</span>}
      </div>
    </div>
  );
}
