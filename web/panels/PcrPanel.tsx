import { useState } from "preact/hooks";
import type { PcrBank } from "../state/model.ts";
import { words } from "../words/index.ts";
import { Panel } from "./Panel.tsx";

/** All zeroes or all ones: what a PCR has after Startup, before anything was measured into it. */
const isPlain = (hex: string): boolean => /^(0+|f+)$/.test(hex);

interface RegisterProps {
  readonly pcr: number;
  readonly hex: string;
  readonly changed: boolean;
  /** Its use is shown. */
  readonly open: boolean;
  /** The keyboard comes to this one of the list first. */
  readonly first: boolean;
  readonly onToggle: () => void;
  /** Asks for the history of this one. */
  readonly onHistory: (() => void) | undefined;
}

function Register({ pcr, hex, changed, open, first, onToggle, onHistory }: RegisterProps) {
  const { pcrs } = words();
  const usage = pcrs.usages[pcr] ?? pcrs.reserved;
  return (
    <tr
      data-pcr={pcr}
      data-value={isPlain(hex) ? "plain" : "measured"}
      data-changed={changed ? "" : undefined}
      title={`PCR ${pcr}: ${usage}`}
    >
      <th scope="row">
        <button type="button" aria-expanded={open} tabIndex={first ? 0 : -1} onClick={onToggle}>
          <span class="hidden-text">PCR </span>
          {pcr}
          <span class="hidden-text">{pcrs.whatFor}</span>
        </button>
      </th>
      <td>
        {open && (
          <span class="usage">
            {usage}
            {onHistory !== undefined && (
              <button type="button" class="link" onClick={onHistory}>
                {pcrs.history}
              </button>
            )}
          </span>
        )}
        {hex}
        {changed && <span class="hidden-text">{pcrs.changed}</span>}
      </td>
    </tr>
  );
}

/** Up and down lead from one register's button to the next. */
function moveFocus(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.currentTarget instanceof HTMLElement)) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("th button")];
  const { activeElement } = event.currentTarget.getRootNode() as Document | ShadowRoot;
  const next = buttons[buttons.indexOf(activeElement as HTMLButtonElement) + step];
  if (next === undefined) return;
  next.focus();
  event.preventDefault();
}

export interface PcrPanelProps {
  readonly banks: readonly PcrBank[];
  /** `${bank name}:${pcr}` of those that changed a moment ago. */
  readonly changed: ReadonlySet<string>;
  /** Asks for the history of a PCR. */
  /** Absent where nobody keeps a history. */
  readonly onHistory?: (pcr: number) => void;
}

export function PcrPanel({ banks, changed, onHistory }: PcrPanelProps) {
  const { pcrs } = words();
  const [chosen, choose] = useState("SHA-256");
  const [opened, open] = useState<number | null>(null);
  const bank = banks.find(({ name }) => name === chosen) ?? banks[0];

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0 || bank === undefined) return;
    const next = banks[(banks.indexOf(bank) + step + banks.length) % banks.length];
    if (next === undefined) return;
    choose(next.name);
    // In a shadow tree the document does not find it.
    const tree = (event.currentTarget as HTMLElement).getRootNode() as Document | ShadowRoot;
    tree.getElementById(`tab-${next.name}`)?.focus();
    event.preventDefault();
  };

  const tabs = (
    <>
      {onHistory !== undefined && (
        <button type="button" class="link" title={pcrs.allHistoryTitle} onClick={() => onHistory(opened ?? 0)}>
          {pcrs.allHistory}
        </button>
      )}
      <div class="tabs" role="tablist" aria-label={pcrs.banks} onKeyDown={onKeyDown}>
        {banks.map(({ name }) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === bank?.name}
            aria-controls="pcr-bank"
            tabIndex={name === bank?.name ? 0 : -1}
            onClick={() => choose(name)}
          >
            {name}
          </button>
        ))}
      </div>
    </>
  );

  return (
    <Panel title={pcrs.title} class="registers" aside={tabs}>
      <div class="scroll" id="pcr-bank" role="tabpanel" aria-labelledby={bank && `tab-${bank.name}`}>
        {bank === undefined ? (
          <p class="empty">{pcrs.none}</p>
        ) : (
          <table class="pcrs" data-bank={bank.name}>
            <caption class="hidden-text">{pcrs.caption(bank.name)}</caption>
            <tbody onKeyDown={moveFocus}>
              {bank.values.map((hex, pcr) =>
                hex === undefined ? null : (
                  <Register
                    key={pcr}
                    pcr={pcr}
                    hex={hex}
                    changed={changed.has(`${bank.name}:${pcr}`)}
                    open={opened === pcr}
                    first={pcr === (opened ?? bank.values.findIndex((value) => value !== undefined))}
                    onHistory={onHistory && (() => onHistory(pcr))}
                    onToggle={() => open(opened === pcr ? null : pcr)}
                  />
                ),
              )}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  );
}
