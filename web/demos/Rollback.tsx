import { demoWords } from "../words/demos.ts";
import { languageInUse } from "../words/index.ts";
import { DemoSteps } from "./DemoSteps.tsx";
import { demoOf } from "./demoOf.tsx";
import { type Copy, Rollback as Engine, type RollbackState } from "./engine/rollback.ts";
import { Refusal } from "./Refusal.tsx";
import { ReportTable } from "./ReportTable.tsx";
import { shortHex } from "./shortHex.ts";

export const Rollback = demoOf(
  "clone-rollback",
  () => demoWords().rollback.intro,
  (ground) => new Engine(ground),
  ({ demo, state, isInPage }) => {
    const { steps, helps, more } = demoWords().rollback;
    const { prepared, copy, counted, back, caughtUp } = state;
    return (
      <>
        <DemoSteps
          demo={demo}
          state={state}
          steps={[
            {
              ...steps.prepare,
              id: "prepare",
              done: prepared && steps.prepare.done(String(prepared.counter)),
              onPress: () => demo.prepare(),
            },
            {
              ...steps.copy,
              id: "copy",
              isOpen: prepared !== null,
              done: copy && isSame(copy) ? steps.copy.done(copy.size.toLocaleString(languageInUse())) : null,
              onPress: () => demo.copy(),
              children: copy && <Names copy={copy} />,
            },
            {
              ...steps.count,
              id: "count",
              isOpen: copy !== null,
              done: counted?.opening.refused ? steps.count.done : null,
              onPress: () => demo.count(),
              children: counted && <Refusal opening={counted.opening} />,
            },
            {
              ...steps.back,
              id: "back",
              isOpen: counted !== null,
              done: back?.opening.isOpen ? steps.back.done(String(back.report.counter)) : null,
              onPress: () => demo.rollBack(),
              children: counted && back && <Found counted={counted} back={back} />,
            },
            {
              ...steps.catchUp,
              id: "catch-up",
              isOpen: back !== null,
              done: caughtUp && steps.catchUp.done,
              onPress: () => demo.catchUp(),
              children: counted && caughtUp && <ReportTable remembered={counted.report} now={caughtUp} />,
            },
          ]}
        />
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
  },
);

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
