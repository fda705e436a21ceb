import type { DemoProps } from "../learn/demos.ts";
import { useStore } from "../ui/useStore.ts";
import { demoWords } from "../words/demos.ts";
import { ChainView } from "./ChainView.tsx";
import { DemoPage, SaveTrace, Standing, Step, useDemo } from "./DemoPage.tsx";
import type { DemoGround } from "./engine/ground.ts";
import { HANDLE, SEALED_TO, SECRET } from "./engine/lines.ts";
import { Vault } from "./engine/vault.ts";
import { shortHex } from "./shortHex.ts";

export function HonestBoot({ stage, ...frame }: DemoProps) {
  return (
    <DemoPage id="honest-boot" intro={demoWords().honestBoot.intro} {...frame}>
      <Steps ground={stage} />
    </DemoPage>
  );
}

function Steps({ ground }: { ground: DemoGround }) {
  const vault = useDemo(ground, (its) => new Vault(its));
  const state = useStore(vault.store);
  const { steps } = demoWords().honestBoot;
  const isBusy = state.activity !== null;
  const isMeasured = state.proven?.length === SEALED_TO.length && state.chain.every(({ count }) => count > 0);
  const isSealed = state.sealed !== null && state.good !== null;
  return (
    <>
      <ChainView state={state} />
      <Standing state={state} />
      <ol class="demo-steps">
        <Step
          {...steps.boot}
          id="boot"
          number={1}
          isOpen
          isBusy={isBusy}
          done={isMeasured ? steps.boot.done : null}
          onPress={() => void vault.boot()}
        />
        <Step
          {...steps.seal}
          id="seal"
          number={2}
          isOpen={isMeasured}
          isBusy={isBusy}
          done={isSealed ? steps.seal.done(`0x${HANDLE.toString(16)}`, shortHex(state.sealed)) : null}
          onPress={() => void vault.seal()}
        />
        <Step
          {...steps.again}
          id="again"
          number={3}
          isOpen={isSealed}
          isBusy={isBusy}
          done={state.again?.isOpen ? steps.again.done(SECRET) : null}
          onPress={() => void vault.again()}
        />
      </ol>
      <SaveTrace demo={vault} />
    </>
  );
}
