import { useState } from "preact/hooks";
import type { PcrBank } from "../state/model.ts";
import { Panel } from "./Panel.tsx";

/** What the PC Client profile and Linux use a PCR for, and what this PC, which has no UEFI, puts there. */
const usages: readonly string[] = [
  "firmware code",
  "firmware configuration",
  "option ROM code",
  "option ROM configuration",
  "boot loader code",
  "boot loader configuration",
  "host platform events",
  "secure boot policy, with UEFI: its keys, and who signed what was started; here a separator only",
  "operating system: the kernel's command line",
  "operating system: the kernel and its initrd",
  "IMA",
  "operating system, with UEFI: a unified kernel image and the phases of the boot; here nothing",
  "operating system, with UEFI: the command line and credentials of a unified kernel image; here nothing",
  "operating system, with UEFI: system extensions; here nothing",
  ...Array<string>(2).fill("operating system"),
  "debug",
  ...Array<string>(6).fill("dynamic launch"),
  "application support",
];

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
}

function Register({ pcr, hex, changed, open, first, onToggle }: RegisterProps) {
  const usage = usages[pcr] ?? "reserved";
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
          <span class="hidden-text">, what it is for</span>
        </button>
      </th>
      <td>
        {open && <span class="usage">{usage}</span>}
        {hex}
        {changed && <span class="hidden-text"> (changed)</span>}
      </td>
    </tr>
  );
}

/** Up and down lead from one register's button to the next. */
function moveFocus(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.currentTarget instanceof HTMLElement)) return;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const { activeElement } = event.currentTarget.getRootNode() as Document | ShadowRoot;
  const next = buttons[buttons.indexOf(activeElement as HTMLButtonElement) + step];
  if (next === undefined) return;
  next.focus();
  event.preventDefault();
}

export function PcrPanel({ banks, changed }: { banks: readonly PcrBank[]; changed: ReadonlySet<string> }) {
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
    <div class="tabs" role="tablist" aria-label="PCR banks" onKeyDown={onKeyDown}>
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
  );

  return (
    <Panel title="PCRs" class="registers" aside={tabs}>
      <div class="scroll" id="pcr-bank" role="tabpanel" aria-labelledby={bank && `tab-${bank.name}`}>
        {bank === undefined ? (
          <p class="empty">The registers appear when the firmware has started the TPM.</p>
        ) : (
          <table class="pcrs" data-bank={bank.name}>
            <caption class="hidden-text">Platform configuration registers, {bank.name} bank</caption>
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
