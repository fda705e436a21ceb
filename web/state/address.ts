/** What the page's address asks of the PC: a link may come from anybody, so that nothing of it is kept. */
import { argumentsProblem, FREE_IRQ, type Read, type Settings, shown } from "./settings.ts";

type Asked = Partial<Settings>;

/** A parameter of the address: its value, or why it has none. */
const parameters: { readonly [Name in keyof Settings]: (text: string, own: string) => Settings[Name] | Error } = {
  append: (text, own) => {
    const problem = argumentsProblem(text.trim(), own);
    return problem === null ? text.trim() : new Error(problem);
  },
  interface: (text) => {
    const kind = text.toLowerCase();
    return kind === "tis" || kind === "crb" ? kind : new Error(`There is no interface ${shown(text)}: tis, crb.`);
  },
  irq: (text) => {
    if (text === "" || text === "none" || text === "polling") return null;
    if (text === `${FREE_IRQ}`) return FREE_IRQ;
    return new Error(`The TPM can't have the interrupt ${shown(text)}: ${FREE_IRQ} is free, "none" is polling.`);
  },
  menu: (text) => {
    if (text === "1" || text === "true") return true;
    if (text === "0" || text === "false") return false;
    return new Error(`It is 1 or 0, not ${shown(text)}.`);
  },
};

/**
 * @param search "?interface=crb&irq=7&menu=1&append=quiet". Parameters of other names are not looked at.
 * @param own the guest's own arguments.
 * @returns what it asks for; what can't be taken is left out and said.
 */
export function readAddress(search: string, own: string): Read<Asked> {
  const query = new URLSearchParams(search);
  const asked: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, read] of Object.entries(parameters)) {
    const given = query.getAll(name);
    if (given.length > 1)
      problems.push(`The page's address has "${name}" ${given.length} times: the first one counts.`);
    const [text] = given;
    if (text === undefined) continue;
    const value = read(text, own);
    if (value instanceof Error) problems.push(`"${name}" of the page's address is not taken. ${value.message}`);
    else asked[name] = value;
  }
  const value = asked as Asked;
  if (value.interface === "crb" && typeof value.irq === "number") {
    problems.push('"irq" of the page\'s address is not taken: CRB has no interrupt.');
    return { value: { ...value, irq: null }, problems };
  }
  return { value, problems };
}

/** With arguments a link can have any program of the guest run, and so use the TPM: the user is asked. */
export const needsConsent = (asked: Asked): boolean => asked.append !== undefined && asked.append !== "";
