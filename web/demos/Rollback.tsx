import type { DemoProps } from "../learn/demos.ts";
import { useStore } from "../ui/useStore.ts";
import { demoWords } from "../words/demos.ts";
import { languageInUse } from "../words/index.ts";
import { DemoPage, SaveTrace, Standing, Step, useDemo } from "./DemoPage.tsx";
import type { DemoGround } from "./engine/ground.ts";
import { type Copy, Rollback as Engine, type RollbackState } from "./engine/rollback.ts";
import { Refusal } from "./Refusal.tsx";
import { ReportTable } from "./ReportTable.tsx";
import { shortHex } from "./shortHex.ts";

export function Rollback({ stage, ...frame }: DemoProps) {
  return (
    <DemoPage id="clone-rollback" intro={demoWords().rollback.intro} {...frame}>
      <Steps ground={stage} isInPage={frame.isInPage} />
    </DemoPage>
  );
}

function Steps({ ground, isInPage }: { ground: DemoGround; isInPage: boolean }) {
  const rollback = useDemo(ground, (its) => new Engine(its));
  const state = useStore(rollback.store);
  const { steps, helps, more } = demoWords().rollback;
  const { prepared, copy, counted, back, caughtUp } = state;
  const isBusy = state.activity !== null;
  return (
    <>
      <Standing state={state} />
      <ol class="demo-steps">
        <Step
          {...steps.prepare}
          id="prepare"
          number={1}
          isOpen
          isBusy={isBusy}
          done={prepared && steps.prepare.done(String(prepared.counter))}
          onPress={() => void rollback.prepare()}
        />
        <Step
          {...steps.copy}
          id="copy"
          number={2}
          isOpen={prepared !== null}
          isBusy={isBusy}
          done={copy && isSame(copy) ? steps.copy.done(copy.size.toLocaleString(languageInUse())) : null}
          onPress={() => void rollback.copy()}
        >
          {copy !== null && <Names copy={copy} />}
        </Step>
        <Step
          {...steps.count}
          id="count"
          number={3}
          isOpen={copy !== null}
          isBusy={isBusy}
          done={counted?.opening.refused ? steps.count.done : null}
          onPress={() => void rollback.count()}
        >
          {counted !== null && <Refusal opening={counted.opening} />}
        </Step>
        <Step
          {...steps.back}
          id="back"
          number={4}
          isOpen={counted !== null}
          isBusy={isBusy}
          done={back?.opening.isOpen ? steps.back.done(String(back.report.counter)) : null}
          onPress={() => void rollback.rollBack()}
        >
          {counted !== null && back !== null && <Found counted={counted} back={back} />}
        </Step>
        <Step
          {...steps.catchUp}
          id="catch-up"
          number={5}
          isOpen={back !== null}
          isBusy={isBusy}
          done={caughtUp === null ? null : steps.catchUp.done}
          onPress={() => void rollback.catchUp()}
        >
          {counted !== null && caughtUp !== null && <ReportTable remembered={counted.report} now={caughtUp} />}
        </Step>
      </ol>
      <SaveTrace demo={rollback} />
      <p class="hint">{helps}</p>
      {isInPage && (
        <p class="hint">
          <a href="./docs/security.html#snapshots-and-copies" target="_blank" rel="noopener">
            {more}
          </a>
        </p>
      )}
    </>
  );
}

const isSame = ({ here, clone }: Copy) => here.primary === clone.primary && here.ek === clone.ek;

/** Names of the same keys in both TPMs, and what sets them apart. */
function Names({ copy: { here, clone, counters } }: { copy: Copy }) {
  const { names, table, apart } = demoWords().rollback;
  const row = (title: string, one: string, other: string) => (
    <tr data-same={String(one === other)}>
      <th scope="row">{title}</th>
      <td>
        <code>{one}</code>
      </td>
      <td>
        <code>{other}</code>
      </td>
    </tr>
  );
  const name = (hex: string) => `${shortHex(hex)}…`;
  return (
    <div class="demo-table">
      <table>
        <thead>
          <tr>
            <th scope="col">{table.what}</th>
            <th scope="col">{table.here}</th>
            <th scope="col">{table.clone}</th>
          </tr>
        </thead>
        <tbody>
          {row(names.primary, name(here.primary), name(clone.primary))}
          {row(names.ek, name(here.ek), name(clone.ek))}
          {row(names.counter, String(counters.here), String(counters.clone))}
        </tbody>
      </table>
      <p class="hint">{apart}</p>
    </div>
  );
}

/** What the guest found, and what the verifier outside. */
function Found(props: { counted: NonNullable<RollbackState["counted"]>; back: NonNullable<RollbackState["back"]> }) {
  const { steps, clockSafe, clockUnsafe } = demoWords().rollback;
  const { counted, back } = props;
  return (
    <>
      {!back.isNoticedInside && <p>{steps.back.inside}</p>}
      <ReportTable remembered={counted.report} now={back.report} />
      {back.report.counter < counted.report.counter && <p>{steps.back.outside}</p>}
      <p class="hint">{back.report.safe ? clockSafe : clockUnsafe}</p>
    </>
  );
}
