/** What is kept, what the address asks for, and what of both the PC is made with. */
import type { BootChange } from "../../src/index.ts";
import { areSameMedia, type Media, noMedia } from "./media.ts";
import { areEqual, defaultSettings, fitted, type SettingName, type Settings, settingNames } from "./settings.ts";

export interface Choices {
  /** Kept with the TPM. */
  readonly kept: Settings;
  /** From the page's address: for this visit, in place of what is kept. */
  readonly asked: Partial<Settings>;
  /** Until the page goes. */
  readonly media: Media;
}

/** What a PC is made with. */
export interface Plan {
  readonly settings: Settings;
  readonly media: Media;
  /** Of a lesson or a demo, for this boot. */
  readonly change?: BootChange;
}

export const initialChoices: Choices = { kept: defaultSettings, asked: {}, media: noMedia };

/** What the PC is to be made with. An interrupt that is kept rests while the interface is CRB. */
export const chosen = ({ kept, asked }: Pick<Choices, "kept" | "asked">): Settings => fitted({ ...kept, ...asked });

/** The settings that the address decides. */
export const fromAddress = ({ asked }: Choices): SettingName[] =>
  settingNames.filter((name) => Object.hasOwn(asked, name));

/**
 * What the user wants from now on. A setting that was left as the address had it goes on being the address's, and is
 * not kept: a link must not change what the next visit finds.
 */
export function afterForm(choices: Choices, form: Settings, media = choices.media): Choices {
  const before = chosen(choices);
  const wanted = fitted(form);
  const isLeft = (name: SettingName) => Object.hasOwn(choices.asked, name) && wanted[name] === before[name];
  const pick = (names: readonly SettingName[], from: Partial<Settings>) =>
    Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<Settings>;
  const changed = settingNames.filter((name) => !isLeft(name) && wanted[name] !== before[name]);
  const left = settingNames.filter(isLeft);
  const kept = { ...choices.kept, ...pick(changed, wanted) };
  // An interrupt that was at rest because of CRB comes back unasked where the user chooses TIS.
  const after = chosen({ kept, asked: pick(left, choices.asked) });
  const woken = settingNames.filter((name) => after[name] !== wanted[name]);
  const stays = left.filter((name) => !woken.includes(name));
  return { kept: { ...kept, ...pick(woken, wanted) }, asked: pick(stays, choices.asked), media };
}

export const plan = (choices: Choices): Plan => ({ settings: chosen(choices), media: choices.media });

const isSameChoice = (a: Plan, b: Plan): boolean => areEqual(a.settings, b.settings) && areSameMedia(a.media, b.media);

export const isSamePlan = (a: Plan, b: Plan): boolean => isSameChoice(a, b) && a.change === b.change;

/** Whether the PC that is there is another than the one that is chosen; what a lesson changed is nobody's choice. */
export const isPending = (running: Plan | null, choices: Choices): boolean =>
  running !== null && !isSameChoice(running, plan(choices));
