/** What the page's address asks of the PC: a link may come from anybody, so that nothing of it is kept. */
import { type Sentence, words } from "../words/index.ts";
import { type DriveName, driveNames, type MediumName } from "./media.ts";
import { argumentsProblem, FREE_IRQ, type Read, type Settings, shown } from "./settings.ts";

/** Why a parameter has no value. */
class Refusal {
  constructor(readonly why: () => string) {}
}

const says = () => words().settings.problems;

type Asked = Partial<Settings>;

/** The user is asked about what the dialog shows, which is to be what the kernel gets: nothing that turns the order of letters round. */
function disguiseOf(append: string): string | null {
  const format = /[\p{Cf}\p{Zl}\p{Zp}]/u.exec(append);
  if (format === null) return null;
  const code = format[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return says().disguise(`U+${code}`, format.index + 1);
}

/** A parameter of the address: its value, or why it has none. */
const parameters: { readonly [Name in keyof Settings]: (text: string, own: string) => Settings[Name] | Refusal } = {
  append: (text, own) => {
    const problem = () => disguiseOf(text.trim()) ?? argumentsProblem(text.trim(), own);
    return problem() === null ? text.trim() : new Refusal(() => problem() ?? "");
  },
  interface: (text) => {
    const kind = text.toLowerCase();
    return kind === "tis" || kind === "crb" ? kind : new Refusal(() => says().interface(shown(text)));
  },
  irq: (text) => {
    if (text === "" || text === "none" || text === "polling") return null;
    if (text === `${FREE_IRQ}`) return FREE_IRQ;
    return new Refusal(() => says().irq(shown(text), FREE_IRQ));
  },
  menu: (text) => {
    if (text === "1" || text === "true") return true;
    if (text === "0" || text === "false") return false;
    return new Refusal(() => says().boolean(shown(text)));
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
  const problems: Sentence[] = [];
  for (const [name, read] of Object.entries(parameters)) {
    const given = query.getAll(name);
    if (given.length > 1) problems.push(() => says().repeated(name, given.length));
    const [text] = given;
    if (text === undefined) continue;
    const value = read(text, own);
    if (value instanceof Refusal) problems.push(() => says().notTaken(name, value.why()));
    else asked[name] = value;
  }
  const value = asked as Asked;
  if (value.interface === "crb" && typeof value.irq === "number") {
    problems.push(() => says().notTaken("irq", says().crb));
    return { value: { ...value, irq: null }, problems };
  }
  return { value, problems };
}

/** Where the page's address says that files are. */
export interface AskedFiles {
  readonly addresses: { readonly [Name in MediumName]?: string };
  readonly bootFrom: "kernel" | DriveName;
}

const fileParameters: Readonly<Record<MediumName, string>> = {
  floppy: "floppy",
  cdrom: "cd",
  harddisk: "disk",
  kernel: "kernel",
  initrd: "initrd",
};
const drives = new Map<string, "kernel" | DriveName>([
  ["kernel", "kernel"],
  ...driveNames.map((name) => [fileParameters[name], name] as const),
]);

/**
 * @param search "?cd=images/my.iso"; "boot" says what boots when there is more than one disk.
 * @param base the page's own address: files come from its origin only, because its policy lets nothing else in.
 */
export function readAskedFiles(search: string, base: string): Read<AskedFiles> {
  const query = new URLSearchParams(search);
  const problems: Sentence[] = [];
  const addresses: Partial<Record<MediumName, string>> = {};
  for (const [name, parameter] of Object.entries(fileParameters) as [MediumName, string][]) {
    const text = query.get(parameter);
    if (text === null) continue;
    const address = URL.canParse(text, base) ? new URL(text, base) : null;
    if (text !== "" && address !== null && address.origin === new URL(base).origin) addresses[name] = address.href;
    else problems.push(() => says().notTaken(parameter, says().foreign(shown(text))));
  }
  const first = addresses.kernel
    ? undefined
    : (["cdrom", "harddisk", "floppy"] as const).find((name) => addresses[name]);
  const boot = query.get("boot");
  const asked = boot === null ? undefined : drives.get(boot);
  const isThere = asked === "kernel" || (asked !== undefined && addresses[asked] !== undefined);
  if (boot !== null && !isThere) {
    const why = () =>
      asked === undefined
        ? says().bootUnknown([...drives.keys()].join(", "), shown(boot))
        : says().bootMissing(boot, shown(boot));
    problems.push(() => says().notTaken("boot", why()));
  }
  return { value: { addresses, bootFrom: (isThere ? asked : first) ?? "kernel" }, problems };
}

/** With arguments, or files, a link can have any program run, and so use the TPM: the user is asked. */
export const needsConsent = (asked: Asked, { addresses }: AskedFiles): boolean =>
  (asked.append !== undefined && asked.append !== "") || Object.keys(addresses).length > 0;
