/** What is kept, what the address asks for, and what of both the PC is made with. */
import { areEqual, defaultSettings, fitted, type SettingName, type Settings, settingNames } from "./settings.ts";

export interface Choices {
  /** Kept with the TPM. */
  readonly kept: Settings;
  /** From the page's address: for this visit, in place of what is kept. */
  readonly asked: Partial<Settings>;
}

export const initialChoices: Choices = { kept: defaultSettings, asked: {} };

/** What the PC is to be made with. An interrupt that is kept rests while the interface is CRB. */
export const chosen = ({ kept, asked }: Choices): Settings => fitted({ ...kept, ...asked });

/** The settings that the address decides. */
export const fromAddress = ({ asked }: Choices): SettingName[] =>
  settingNames.filter((name) => Object.hasOwn(asked, name));

/**
 * What the user wants from now on. A setting that was left as the address had it goes on being the address's, and is
 * not kept: a link must not change what the next visit finds.
 */
export function afterForm(choices: Choices, form: Settings): Choices {
  const before = chosen(choices);
  const wanted = fitted(form);
  const isLeft = (name: SettingName) => Object.hasOwn(choices.asked, name) && wanted[name] === before[name];
  const pick = (names: readonly SettingName[], from: Partial<Settings>) =>
    Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<Settings>;
  const changed = settingNames.filter((name) => !isLeft(name) && wanted[name] !== before[name]);
  const asked = pick(settingNames.filter(isLeft), choices.asked);
  const kept = { ...choices.kept, ...pick(changed, wanted) };
  // An interrupt that was at rest because of the address's CRB comes back unasked where the user chooses TIS.
  const after = chosen({ kept, asked });
  const woken = settingNames.filter((name) => after[name] !== wanted[name]);
  return { kept: { ...kept, ...pick(woken, wanted) }, asked };
}

/** Whether the PC that runs is another than the one that is chosen. */
export const isPending = (running: Settings | null, choices: Choices): boolean =>
  running !== null && !areEqual(running, chosen(choices));
