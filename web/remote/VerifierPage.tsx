import { useEffect, useState } from "preact/hooks";
import { openBrowserAuthority } from "../../src/index.ts";
import { saveFile } from "../pc/download.ts";
import { ChipIcon } from "../ui/ChipIcon.tsx";
import { useStore } from "../ui/useStore.ts";
import { languageInUse } from "../words/index.ts";
import { verifierWords } from "../words/verifier.ts";
import { ChallengePart } from "./ChallengePart.tsx";
import type { Known } from "./known.ts";
import { ResultPart } from "./ResultPart.tsx";
import { filesOf, TakePart } from "./TakePart.tsx";
import type { Verifier } from "./verifier.ts";

/** The verifier: what is known, what is shown, what was given out, and what it comes to. */
export function VerifierPage({ verifier }: { verifier: Verifier }) {
  const state = useStore(verifier.store);
  const [answer, setAnswer] = useState("");
  const { title, intro, honest, busy } = verifierWords();
  useEffect(() => {
    const onDrag = (event: DragEvent) => event.preventDefault();
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      if (event.dataTransfer !== null)
        void filesOf(event.dataTransfer).then((files) => verifier.takeFiles(files, answer));
    };
    addEventListener("dragover", onDrag);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onDrag);
      removeEventListener("drop", onDrop);
    };
  }, [verifier, answer]);
  return (
    <main class="verifier">
      <header>
        <ChipIcon />
        <h1>{title}</h1>
      </header>
      <p>{intro}</p>
      <p class="honest">{honest}</p>
      <p class="hint" role="status">
        {state.isBusy ? busy : ""}
      </p>
      {state.problem !== null && (
        <p class="verifier-problem" role="alert">
          {state.problem}
        </p>
      )}
      <ResultPart result={state.result} onLearn={() => void verifier.learn()} />
      <div class="verifier-parts">
        <KnownPart known={state.known} verifier={verifier} />
        <ChallengePart challenge={state.challenge} onNonce={() => verifier.giveNonce()} />
        <TakePart
          answer={answer}
          onAnswer={setAnswer}
          onMessage={(text) => void verifier.take(text)}
          onFiles={(files) => void verifier.takeFiles(files, answer)}
        />
      </div>
    </main>
  );
}

function KnownPart({ known, verifier }: { known: Known; verifier: Verifier }) {
  const { known: words } = verifierWords();
  const { ekName, since, policy, roots } = known;
  const isEmpty = ekName === null && policy === null && roots.length === 0;
  const when = since === null ? null : new Date(since).toLocaleString(languageInUse());
  return (
    <section aria-labelledby="verifier-known">
      <h2 id="verifier-known">{words.title}</h2>
      <dl class="known">
        <dt>{words.ek}</dt>
        <dd data-known="ek">
          {ekName === null ? words.ekNone : <code>{ekName}</code>}
          {when !== null && <span class="hint"> {words.ekSince(when)}</span>}
        </dd>
        <dt>{words.policy}</dt>
        <dd data-known="policy">{policy === null ? words.policyNone : words.policyThere}</dd>
        <dt>{words.roots}</dt>
        <dd data-known="roots">{roots.length === 0 ? words.rootsNone : words.rootsCount(roots.length)}</dd>
      </dl>
      <div class="choices">
        <button type="button" title={words.trustBrowserTitle} onClick={() => void trustBrowser(verifier)}>
          {words.trustBrowser}
        </button>
        {policy !== null && (
          <button type="button" onClick={() => saveFile("policy.json", new TextEncoder().encode(policy))}>
            {words.savePolicy}
          </button>
        )}
        {!isEmpty && (
          <button type="button" onClick={() => void verifier.forget()}>
            {words.forget}
          </button>
        )}
      </div>
    </section>
  );
}

async function trustBrowser(verifier: Verifier): Promise<void> {
  try {
    await verifier.trustRoot((await openBrowserAuthority()).certificate);
  } catch (error) {
    verifier.say(verifierWords().problems.noAuthority((error as Error).message));
  }
}
