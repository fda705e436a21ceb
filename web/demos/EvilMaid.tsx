import { useState } from "preact/hooks";
import type { DemoProps } from "../learn/demos.ts";
import { useStore } from "../ui/useStore.ts";
import type { ChangeName } from "../words/demoNames.ts";
import { demoWords } from "../words/demos.ts";
import { ChainView } from "./ChainView.tsx";
import { DemoPage, SaveTrace, Standing, Step, useDemo } from "./DemoPage.tsx";
import { Difference } from "./Difference.tsx";
import { CHANGED_PCR, changeNames } from "./engine/changes.ts";
import type { DemoGround } from "./engine/ground.ts";
import { SECRET } from "./engine/lines.ts";
import { Vault } from "./engine/vault.ts";
import { Refusal } from "./Refusal.tsx";
import { shortHex } from "./shortHex.ts";

export function EvilMaid({ stage, ...frame }: DemoProps) {
  return (
    <DemoPage id="evil-maid" intro={demoWords().evilMaid.intro} {...frame}>
      <Steps ground={stage} />
    </DemoPage>
  );
}

function Steps({ ground }: { ground: DemoGround }) {
  const vault = useDemo(ground, (its) => new Vault(its));
  const state = useStore(vault.store);
  const [change, setChange] = useState<ChangeName>("argument");
  const { steps } = demoWords().evilMaid;
  const { attack, sealed, good, undone } = state;
  const isBusy = state.activity !== null;
  const isSealed = sealed !== null && good !== null;
  const isRefused =
    attack !== null && attack.opening.refused !== null && attack.comparison.first === CHANGED_PCR[attack.change];
  return (
    <>
      <ChainView state={state} />
      <Standing state={state} />
      <ol class="demo-steps">
        <Step
          {...steps.seal}
          id="seal"
          number={1}
          isOpen
          isBusy={isBusy}
          done={isSealed ? steps.seal.done(shortHex(sealed)) : null}
          onPress={() => void vault.bootAndSeal()}
        />
        <Step
          {...steps.attack}
          id="attack"
          number={2}
          button={attack === null ? steps.attack.button : steps.attack.again}
          isOpen={isSealed}
          isBusy={isBusy}
          done={isRefused ? steps.attack.done : null}
          onPress={() => void vault.attack(change)}
          choice={<Changes chosen={change} onChoose={setChange} />}
        >
          {attack !== null && (
            <>
              <Difference comparison={attack.comparison} />
              <Refusal opening={attack.opening} />
            </>
          )}
        </Step>
        <Step
          {...steps.undo}
          id="undo"
          number={3}
          isOpen={attack !== null}
          isBusy={isBusy}
          done={undone?.isOpen ? steps.undo.done(SECRET) : null}
          onPress={() => void vault.undo()}
        />
      </ol>
      <SaveTrace demo={vault} />
    </>
  );
}

function Changes({ chosen, onChoose }: { chosen: ChangeName; onChoose: (change: ChangeName) => void }) {
  const { changes, steps } = demoWords().evilMaid;
  return (
    <fieldset class="demo-changes">
      <legend class="hidden-text">{steps.attack.title}</legend>
      {changeNames.map((name) => (
        <label key={name}>
          <input type="radio" name="change" value={name} checked={name === chosen} onChange={() => onChoose(name)} />
          <span>
            <strong>{changes[name][0]}</strong>
            <span class="hint">{changes[name][1]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
