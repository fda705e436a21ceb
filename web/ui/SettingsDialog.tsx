import { useState } from "preact/hooks";
import { chosen, fromAddress } from "../state/choices.ts";
import type { Media } from "../state/media.ts";
import type { PageState } from "../state/model.ts";
import { argumentsProblem, FREE_IRQ, fitted, type SettingName, type Settings } from "../state/settings.ts";
import { Drawer } from "./Drawer.tsx";
import { MediaSettings } from "./MediaSettings.tsx";
import { Setting } from "./Setting.tsx";

export interface SettingsDialogProps {
  readonly state: PageState;
  readonly onSave: (settings: Settings, media: Media, restarts: boolean) => void;
  readonly onCancel: () => void;
}

/** The settings of the PC. What is changed holds from the next time on that it is switched on. */
export function SettingsDialog({ state, onSave, onCancel }: SettingsDialogProps) {
  const [form, setForm] = useState(() => chosen(state.choices));
  const [media, setMedia] = useState(state.choices.media);
  const own = state.ownArguments ?? "";
  const problem = argumentsProblem(form.append.trim(), own);
  const isOn = state.power !== "off";
  const asked = fromAddress(state.choices);
  const isAsked = (name: SettingName) => asked.includes(name) && form[name] === state.choices.asked[name];
  const change = (news: Partial<Settings>) => setForm((before) => fitted({ ...before, ...news }));
  const save = (restarts: boolean) => {
    if (problem === null) onSave({ ...form, append: form.append.trim() }, media, restarts);
  };
  return (
    <Drawer title="Settings of the PC" class="settings" onCancel={onCancel}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save(false);
        }}
      >
        <Setting
          label="Kernel arguments"
          problem={problem}
          isFromAddress={isAsked("append")}
          hint={
            <>
              Added to <code>{own}</code>, and measured with it into PCR 8.
            </>
          }
        >
          {({ id, describedBy }) => (
            <input
              id={id}
              type="text"
              class="mono"
              value={form.append}
              spellcheck={false}
              autocomplete="off"
              autocapitalize="off"
              aria-invalid={problem !== null}
              aria-describedby={describedBy}
              onInput={(event) => change({ append: event.currentTarget.value })}
            />
          )}
        </Setting>
        <Setting
          label="TPM interface"
          isFromAddress={isAsked("interface")}
          hint="The registers between PC and TPM: TIS has a FIFO and five localities, CRB a buffer of 3,968 bytes. The TPM and what it keeps are the same."
        >
          {({ id, describedBy }) => (
            <select
              id={id}
              value={form.interface}
              aria-describedby={describedBy}
              onChange={(event) => change({ interface: event.currentTarget.value as Settings["interface"] })}
            >
              <option value="tis">TIS (tpm_tis)</option>
              <option value="crb">CRB (tpm_crb)</option>
            </select>
          )}
        </Setting>
        <Setting
          label="TPM interrupt"
          isFromAddress={isAsked("irq")}
          hint={
            form.interface === "crb"
              ? "CRB has none: drivers poll."
              : "This PC’s Linux 6.1 can’t use a TPM’s interrupt: it says so and polls."
          }
        >
          {({ id, describedBy }) => (
            <select
              id={id}
              value={form.irq === null ? "" : `${form.irq}`}
              disabled={form.interface === "crb"}
              aria-describedby={describedBy}
              onChange={(event) => change({ irq: event.currentTarget.value === "" ? null : FREE_IRQ })}
            >
              <option value="">none: drivers poll</option>
              <option value={`${FREE_IRQ}`}>{FREE_IRQ}</option>
            </select>
          )}
        </Setting>
        <div class="setting">
          <label class="check">
            <input
              type="checkbox"
              checked={form.menu}
              aria-describedby="menu-hint"
              onChange={(event) => change({ menu: event.currentTarget.checked })}
            />
            Boot menu
            {isAsked("menu") && <span class="origin"> from the address, not kept</span>}
          </label>
          <p id="menu-hint" class="hint">
            SeaBIOS waits 2.5 s for ESC on the console; its menu has the drives and “t. TPM Configuration”.
          </p>
        </div>
        <MediaSettings media={media} onChange={setMedia} />
        <p class="hint">
          They take effect at the next boot from power off; a reset leaves the PC as it is. They are kept with this TPM,
          files only until the page goes; a new TPM begins without them.
        </p>
        <div class="choices">
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
          <button type="submit" disabled={problem !== null}>
            Save for the next boot
          </button>
          <button type="button" class="primary" disabled={problem !== null || state.busy} onClick={() => save(true)}>
            {isOn ? "Save and restart now" : "Save and start now"}
          </button>
        </div>
      </form>
    </Drawer>
  );
}
