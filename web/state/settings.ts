/** What the user has chosen for the PC, as plain data: defaults, checks, and what is kept of it. */
import { type Sentence, words } from "../words/index.ts";

export type TpmInterface = "tis" | "crb";

/** Kept with the TPM; a new TPM begins with {@link defaultSettings}. */
export interface Settings {
  /** More arguments for the kernel, behind the guest's own; measured into PCR 8 with them. */
  readonly append: string;
  /** The TPM's registers. */
  readonly interface: TpmInterface;
  /** The TPM's interrupt; null: drivers poll. CRB has none. */
  readonly irq: number | null;
  /** SeaBIOS offers its boot menu, and waits for a key. */
  readonly menu: boolean;
}

export type SettingName = keyof Settings;

export const defaultSettings: Settings = { append: "", interface: "tis", irq: null, menu: false };
export const settingNames = Object.keys(defaultSettings) as readonly SettingName[];

/** The one interrupt that nothing else of the page's PC has. */
export const FREE_IRQ = 7;

/** What Linux takes of a command line on x86, in octets (boot protocol: cmdline_size). */
export const COMMAND_LINE_LIMIT = 2047;

const octets = (text: string): number => new TextEncoder().encode(text).length;

/** The whole command line. @param own the guest's own arguments */
export const commandLine = (own: string, append: string): string => [own, append].filter(Boolean).join(" ");

/**
 * @param own the guest's own arguments, which come before.
 * @returns what is wrong with more arguments, in a sentence for the user; null when nothing is.
 */
export function argumentsProblem(append: string, own: string): string | null {
  const { problems } = words().settings;
  const control = /\p{Cc}/u.exec(append);
  if (control !== null) {
    const code = control[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    return problems.control(`U+${code}`, control.index + 1);
  }
  const half = /\p{Cs}/u.exec(append);
  if (half !== null) return problems.half(half.index + 1);
  const size = octets(commandLine(own, append));
  if (size <= COMMAND_LINE_LIMIT) return null;
  return problems.tooLong(COMMAND_LINE_LIMIT, size);
}

/** Settings that fit each other: CRB has no interrupt. */
export const fitted = (settings: Settings): Settings =>
  settings.interface === "crb" && settings.irq !== null ? { ...settings, irq: null } : settings;

export const areEqual = (a: Settings, b: Settings): boolean => settingNames.every((name) => a[name] === b[name]);

/** What was read, and what of it could not be taken, each in a sentence. */
export interface Read<T> {
  readonly value: T;
  readonly problems: readonly Sentence[];
}

/** Says of what type and value something is, in few words: it may come from anybody. */
export function shown(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? words().settings.problems.list
        : `${value}`;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * @param value what was stored; undefined where nothing was. Each setting that is none is its default.
 * @param own the guest's own arguments.
 */
export function readStored(value: unknown, own: string): Read<Settings> {
  if (value === undefined) return { value: defaultSettings, problems: [] };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { value: defaultSettings, problems: [() => words().settings.problems.storedNone(shown(value))] };
  }
  const stored = value as Partial<Record<SettingName, unknown>>;
  const problems: Sentence[] = [];
  const take = <Name extends SettingName>(name: Name, isOne: (it: unknown) => it is Settings[Name]): Settings[Name] => {
    const it = Object.hasOwn(stored, name) ? stored[name] : undefined;
    if (it === undefined) return defaultSettings[name];
    if (isOne(it)) return it;
    problems.push(() => words().settings.problems.stored(name, shown(it)));
    return defaultSettings[name];
  };
  const settings: Settings = {
    append: take("append", (it): it is string => typeof it === "string" && argumentsProblem(it, own) === null),
    interface: take("interface", (it) => it === "tis" || it === "crb"),
    irq: take("irq", (it) => it === null || it === FREE_IRQ),
    menu: take("menu", (it) => typeof it === "boolean"),
  };
  return { value: settings, problems };
}
