import { useState } from "preact/hooks";
import type { Act, Step, StepBlock, Watch } from "../../src/index.ts";
import type { LearnActions, LessonState } from "../state/learn.ts";
import { languageInUse } from "../words/index.ts";
import { learnWords } from "../words/learnDrawer.ts";
import { reveal } from "./lights.ts";
import { Prose } from "./Prose.tsx";
import { RunBlock } from "./RunBlock.tsx";

export interface StepViewProps {
  readonly step: Step;
  readonly state: LessonState;
  readonly actions: LearnActions;
  /** It is the one to be done; what was passed can be done again, and is not looked at. */
  readonly isCurrent: boolean;
}

export function StepView({ step, state, actions, isCurrent }: StepViewProps) {
  const rests = state.phase !== "running" && state.phase !== "passed";
  const disabled = rests || state.busy;
  return (
    <>
      {step.blocks.map((block, index) => (
        <Block key={index} block={block} disabled={disabled} {...{ state, actions, isCurrent }} />
      ))}
      {isCurrent && step.watch.length > 0 && (
        <p class="watch">
          <strong lang={languageInUse()}>{learnWords().watch}:</strong>{" "}
          {step.watch.map((watch) => (
            <button key={watchInWords(watch)} type="button" class="link" lang={languageInUse()} onClick={show(watch)}>
              {watchInWords(watch)}
            </button>
          ))}
        </p>
      )}
      {isCurrent && step.checks.length === 0 && (
        <button type="button" class="primary" disabled={disabled} onClick={() => actions.read()}>
          {learnWords().read}
        </button>
      )}
    </>
  );
}

interface BlockProps extends Omit<StepViewProps, "step"> {
  readonly block: StepBlock;
  readonly disabled: boolean;
}

function Block({ block, state, actions, isCurrent, disabled }: BlockProps) {
  if (block.kind === "prose") return <Prose text={block.prose} />;
  if (block.kind === "run") {
    return (
      <RunBlock lines={block.lines} fails={block.fails} disabled={disabled} onRun={(lines) => actions.run(lines)} />
    );
  }
  if (block.kind === "act")
    return <ActBlock act={block.act} disabled={disabled} onAct={() => actions.act(block.act)} />;
  return (
    <AskBlock
      question={block.question}
      answer={isCurrent ? state.answer : ""}
      disabled={disabled || !isCurrent}
      onAnswer={(text) => actions.answer(text)}
    />
  );
}

/** Brings what is lit into sight. */
const show = (watch: Watch) => (event: Event) => {
  if (event.currentTarget instanceof Element) reveal(event.currentTarget.getRootNode() as Document | ShadowRoot, watch);
};

function watchInWords(watch: Watch): string {
  const { lights } = learnWords();
  if (watch.kind === "pcr") return lights.pcrs(watch.index);
  if (watch.kind === "commands") return lights.commands(`TPM2_${watch.name}`);
  return lights[watch.kind];
}

function ActBlock({ act, disabled, onAct }: { act: Act; disabled: boolean; onAct: () => void }) {
  const { acts, actHints } = learnWords();
  return (
    <p class="act" lang={languageInUse()}>
      <button type="button" disabled={disabled} onClick={onAct}>
        {act.kind === "boot" ? acts.boot(act.append) : acts[act.kind]}
      </button>
      <span class="hint">{actHints[act.kind]}</span>
    </p>
  );
}

interface AskBlockProps {
  readonly question: string;
  readonly answer: string;
  readonly disabled: boolean;
  readonly onAnswer: (text: string) => void;
}

function AskBlock({ question, answer, disabled, onAnswer }: AskBlockProps) {
  const [text, setText] = useState(answer);
  const { check } = learnWords();
  return (
    <form
      class="question"
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer(text);
      }}
    >
      <label>
        <span>{question}</span>
        <input
          type="text"
          value={text}
          disabled={disabled}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={disabled || text.trim() === ""} lang={languageInUse()}>
        {check}
      </button>
    </form>
  );
}
