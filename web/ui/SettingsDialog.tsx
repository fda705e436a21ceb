import { useState } from "preact/hooks";
import { chosen, fromAddress } from "../state/choices.ts";
import type { Media } from "../state/media.ts";
import type { PageState } from "../state/model.ts";
import { argumentsProblem, FREE_IRQ, fitted, type SettingName, type Settings } from "../state/settings.ts";
import { type Language, words } from "../words/index.ts";
import { Drawer } from "./Drawer.tsx";
import { LanguageSetting } from "./LanguageSetting.tsx";
import { MediaSettings } from "./MediaSettings.tsx";
import { Origin, Setting } from "./Setting.tsx";

export interface SettingsDialogProps {
  readonly state: PageState;
  readonly onSave: (settings: Settings, media: Media, restarts: boolean) => void;
  readonly onLanguage: (language: Language) => void;
  readonly onCancel: () => void;
}

/** The settings of the PC. What is changed holds from the next time on that it is switched on. */
export function SettingsDialog({ state, onSave, onLanguage, onCancel }: SettingsDialogProps) {
  const { settings: says, common } = words();
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
    <Drawer title={says.title} class="settings" onCancel={onCancel}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save(false);
        }}
      >
        <Setting
          label={says.append.label}
          problem={problem}
          isFromAddress={isAsked("append")}
          hint={says.append.hint(<code key="own">{own}</code>)}
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
        <Setting label={says.interface.label} isFromAddress={isAsked("interface")} hint={says.interface.hint}>
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
          label={says.irq.label}
          isFromAddress={isAsked("irq")}
          hint={form.interface === "crb" ? says.irq.crbHint : says.irq.hint}
        >
          {({ id, describedBy }) => (
            <select
              id={id}
              value={form.irq === null ? "" : `${form.irq}`}
              disabled={form.interface === "crb"}
              aria-describedby={describedBy}
              onChange={(event) => change({ irq: event.currentTarget.value === "" ? null : FREE_IRQ })}
            >
              <option value="">{says.irq.none}</option>
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
            {says.menu.label}
            {isAsked("menu") && <Origin />}
          </label>
          <p id="menu-hint" class="hint">
            {says.menu.hint}
          </p>
        </div>
        <MediaSettings media={media} onChange={setMedia} />
        <p class="hint">{says.whenAndHowLong}</p>
        <LanguageSetting language={state.language} onChange={onLanguage} />
        <div class="choices">
          <button type="button" onClick={onCancel}>
            {common.cancel}
          </button>
          <button type="submit" disabled={problem !== null}>
            {says.save}
          </button>
          <button type="button" class="primary" disabled={problem !== null || state.busy} onClick={() => save(true)}>
            {isOn ? says.saveAndRestart : says.saveAndStart}
          </button>
        </div>
      </form>
    </Drawer>
  );
}
