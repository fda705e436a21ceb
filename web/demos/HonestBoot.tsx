import { demoWords } from "../words/demos.ts";
import { DemoSteps } from "./DemoSteps.tsx";
import { demoOf } from "./demoOf.tsx";
import { HANDLE, SEALED_TO, SECRET } from "./engine/lines.ts";
import { Vault } from "./engine/vault.ts";
import { shortHex } from "./shortHex.ts";

export const HonestBoot = demoOf(
  "honest-boot",
  () => demoWords().honestBoot.intro,
  (ground) => new Vault(ground),
  ({ demo, state }) => {
    const { steps } = demoWords().honestBoot;
    const { sealed, good, again } = state;
    const isMeasured = state.proven?.length === SEALED_TO.length && state.chain.every(({ count }) => count > 0);
    const isSealed = sealed !== null && good !== null;
    return (
      <DemoSteps
        demo={demo}
        state={state}
        hasChain
        steps={[
          { ...steps.boot, id: "boot", done: isMeasured ? steps.boot.done : null, onPress: () => demo.boot() },
          {
            ...steps.seal,
            id: "seal",
            isOpen: isMeasured,
            done: isSealed ? steps.seal.done(`0x${HANDLE.toString(16)}`, shortHex(sealed)) : null,
            onPress: () => demo.seal(),
          },
          {
            ...steps.again,
            id: "again",
            isOpen: isSealed,
            done: again?.isOpen ? steps.again.done(SECRET) : null,
            onPress: () => demo.again(),
          },
        ]}
      />
    );
  },
);
