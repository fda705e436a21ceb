import type { DemoProps } from "../learn/demos.ts";
import { useStore } from "../ui/useStore.ts";
import { demoWords } from "../words/demos.ts";
import { ChainView } from "./ChainView.tsx";
import { DemoPage, SaveTrace, Standing, Step, useDemo } from "./DemoPage.tsx";
import type { DemoGround } from "./engine/ground.ts";
import { SECRET } from "./engine/lines.ts";
import { Update } from "./engine/update.ts";
import { Refusal } from "./Refusal.tsx";
import { shortHex } from "./shortHex.ts";

export function AllowedUpdate({ stage, ...frame }: DemoProps) {
  return (
    <DemoPage id="allowed-update" intro={demoWords().allowedUpdate.intro} {...frame}>
      <Steps ground={stage} />
    </DemoPage>
  );
}

function Steps({ ground }: { ground: DemoGround }) {
  const update = useDemo(ground, (its) => new Update(its));
  const state = useStore(update.store);
  const { steps, rollback } = demoWords().allowedUpdate;
  const { sealed, refused, approved, other } = state;
  const isBusy = state.activity !== null;
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
          done={sealed === null ? null : steps.seal.done(shortHex(sealed.authPolicy))}
          onPress={() => void update.seal()}
        />
        <Step
          {...steps.update}
          id="update"
          number={2}
          isOpen={sealed !== null}
          isBusy={isBusy}
          done={refused?.refused ? steps.update.done : null}
          onPress={() => void update.update()}
        >
          {refused !== null && <Refusal opening={refused} />}
        </Step>
        <Step
          {...steps.approve}
          id="approve"
          number={3}
          isOpen={refused !== null}
          isBusy={isBusy}
          done={approved?.isOpen ? steps.approve.done(SECRET) : null}
          onPress={() => void update.approve()}
        />
        <Step
          {...steps.other}
          id="other"
          number={4}
          isOpen={approved !== null}
          isBusy={isBusy}
          done={other?.refused ? steps.other.done : null}
          onPress={() => void update.other()}
        >
          {other !== null && <Refusal opening={other} />}
        </Step>
      </ol>
      <SaveTrace demo={update} />
      <p class="hint">{rollback}</p>
    </>
  );
}
