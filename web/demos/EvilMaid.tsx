import { useState } from "preact/hooks";
import type { ChangeName } from "../words/demoNames.ts";
import { demoWords } from "../words/demos.ts";
import { DemoSteps } from "./DemoSteps.tsx";
import { Difference } from "./Difference.tsx";
import { demoOf } from "./demoOf.tsx";
import { CHANGED_PCR, changeNames } from "./engine/changes.ts";
import { SECRET } from "./engine/lines.ts";
import { Vault } from "./engine/vault.ts";
import { Refusal } from "./Refusal.tsx";
import { shortHex } from "./shortHex.ts";

export const EvilMaid = demoOf(
  "evil-maid",
  () => demoWords().evilMaid.intro,
  (ground) => new Vault(ground),
  ({ demo, state }) => {
    const [change, setChange] = useState<ChangeName>("argument");
    const { steps } = demoWords().evilMaid;
    const { attack, sealed, good, undone } = state;
    const isSealed = sealed !== null && good !== null;
    const isRefused =
      attack !== null && attack.opening.refused !== null && attack.comparison.first === CHANGED_PCR[attack.change];
    return (
      <DemoSteps
        demo={demo}
        state={state}
        hasChain
        steps={[
          {
            ...steps.seal,
            id: "seal",
            done: isSealed ? steps.seal.done(shortHex(sealed)) : null,
            onPress: () => demo.bootAndSeal(),
          },
          {
            ...steps.attack,
            id: "attack",
            button: attack === null ? steps.attack.button : steps.attack.again,
            isOpen: isSealed,
            done: isRefused ? steps.attack.done : null,
            onPress: () => demo.attack(change),
            choice: <Changes chosen={change} onChoose={setChange} />,
            children: attack && (
              <>
                <Difference comparison={attack.comparison} />
                <Refusal opening={attack.opening} />
              </>
            ),
          },
          {
            ...steps.undo,
            id: "undo",
            isOpen: attack !== null,
            done: undone?.isOpen ? steps.undo.done(SECRET) : null,
            onPress: () => demo.undo(),
          },
        ]}
      />
    );
  },
);

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
