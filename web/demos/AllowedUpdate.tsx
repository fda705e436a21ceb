import { demoWords } from "../words/demos.ts";
import { DemoSteps } from "./DemoSteps.tsx";
import { demoOf } from "./demoOf.tsx";
import { SECRET } from "./engine/lines.ts";
import { Update } from "./engine/update.ts";
import { Refusal } from "./Refusal.tsx";
import { shortHex } from "./shortHex.ts";

export const AllowedUpdate = demoOf(
  "allowed-update",
  () => demoWords().allowedUpdate.intro,
  (ground) => new Update(ground),
  ({ demo, state }) => {
    const { steps, rollback } = demoWords().allowedUpdate;
    const { sealed, refused, approved, other } = state;
    return (
      <>
        <DemoSteps
          demo={demo}
          state={state}
          hasChain
          steps={[
            {
              ...steps.seal,
              id: "seal",
              done: sealed && steps.seal.done(shortHex(sealed.authPolicy)),
              onPress: () => demo.seal(),
            },
            {
              ...steps.update,
              id: "update",
              isOpen: sealed !== null,
              done: refused?.refused ? steps.update.done : null,
              onPress: () => demo.update(),
              children: refused && <Refusal opening={refused} />,
            },
            {
              ...steps.approve,
              id: "approve",
              isOpen: refused !== null,
              done: approved?.isOpen ? steps.approve.done(SECRET) : null,
              onPress: () => demo.approve(),
            },
            {
              ...steps.other,
              id: "other",
              isOpen: approved !== null,
              done: other?.refused ? steps.other.done : null,
              onPress: () => demo.other(),
              children: other && <Refusal opening={other} />,
            },
          ]}
        />
        <p class="hint">{rollback}</p>
      </>
    );
  },
);
