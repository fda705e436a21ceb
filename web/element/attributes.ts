/** What the attributes of `<tab-tpm>` mean. Knows no element: it takes what is written and gives what holds. */
import { elementWords } from "../words/element.ts";

export const PANELS = ["terminal", "pcrs", "trace", "log"] as const;
/** The parts of the machine that an element can show: its console, the PCRs, the TPM's commands, the firmware's event log. */
export type PanelName = (typeof PANELS)[number];

/** Whose values are addresses, relative to the document. */
export const ADDRESSES = ["images", "worker", "wasm", "emulator"] as const;
export type AddressName = (typeof ADDRESSES)[number];

export const ATTRIBUTES = [
  "panels",
  "lesson",
  "demo",
  "state",
  "machine",
  "autostart",
  "interface",
  "memory",
  ...ADDRESSES,
] as const;
export type AttributeName = (typeof ATTRIBUTES)[number];

/** What a machine is made with. */
export interface MachineSettings {
  /** The name of the TPM's state in this browser; null: the TPM is forgotten with the page. */
  readonly state: string | null;
  readonly interface: "tis" | "crb";
  readonly memoryMiB: number | undefined;
  /** The lesson that it is for: the guest has a folder for its files, and the TPM is forgotten with the page. */
  readonly lesson: string | null;
  /** The same of a demo of measured boot; one of the two at most. */
  readonly demo: string | null;
  readonly addresses: Partial<Readonly<Record<AddressName, URL>>>;
}

export interface Meaning {
  readonly panels: readonly PanelName[];
  /** Elements of a page that have the same one share a machine. */
  readonly machine: string;
  readonly settings: MachineSettings;
  /** What could not be taken, each in a sentence. */
  readonly problems: readonly { readonly attribute: AttributeName; readonly words: string }[];
}

/** The name of a lesson's file, or of a demo. */
const LEARNING = /^[a-z0-9][a-z0-9-]{0,59}$/;
const MEMORY = { minimum: 96, maximum: 2047 };

/**
 * @param value of an attribute; null where it is not there.
 * @param base what addresses are relative to.
 */
export function readAttributes(value: (name: AttributeName) => string | null, base: string): Meaning {
  const { wrong } = elementWords();
  const problems: { attribute: AttributeName; words: string }[] = [];
  const refuse = (attribute: AttributeName, sentence: string) => void problems.push({ attribute, words: sentence });

  const panels: PanelName[] = [];
  for (const name of (value("panels") ?? "").split(/\s+/).filter((word) => word !== "")) {
    const panel = PANELS.find((each) => each === name);
    if (panel === undefined) refuse("panels", wrong.panel(name));
    else if (!panels.includes(panel)) panels.push(panel);
  }

  const named = (attribute: "state" | "machine") => {
    const name = value(attribute);
    if (name === null || name.trim() !== "") return name;
    refuse(attribute, wrong.name(attribute));
    return null;
  };
  const learning = (attribute: "lesson" | "demo") => {
    const id = value(attribute);
    if (id === null || LEARNING.test(id)) return id;
    refuse(attribute, wrong[attribute](id));
    return null;
  };
  const lesson = learning("lesson");
  const asked = learning("demo");
  if (lesson !== null && asked !== null) refuse("demo", wrong.lessonAndDemo);
  const demo = lesson === null ? asked : null;
  const own = lesson !== null ? `lesson=${lesson}` : demo !== null ? `demo=${demo}` : null;
  if (own !== null && value("state") !== null) {
    refuse("state", lesson === null ? wrong.demoState : wrong.lessonState);
  }
  const state = own === null ? named("state") : null;
  const machine = named("machine") ?? own ?? state ?? "";

  const registers = value("interface") ?? "tis";
  if (registers !== "tis" && registers !== "crb") refuse("interface", wrong.registers(registers));

  const memory = value("memory");
  const size = memory !== null && /^\d{1,5}$/.test(memory) ? Number(memory) : Number.NaN;
  const fits = size >= MEMORY.minimum && size <= MEMORY.maximum;
  if (memory !== null && !fits) refuse("memory", wrong.memory(memory));

  const addresses: Partial<Record<AddressName, URL>> = {};
  for (const name of ADDRESSES) {
    const address = value(name);
    if (address === null) continue;
    const url = URL.parse(name === "images" && !address.endsWith("/") ? `${address}/` : address, base);
    if (url === null) refuse(name, wrong.address(name, address));
    else addresses[name] = url;
  }

  return {
    panels: panels.length === 0 ? PANELS : panels,
    machine,
    settings: {
      state,
      interface: registers === "crb" ? "crb" : "tis",
      memoryMiB: fits ? size : undefined,
      lesson,
      demo,
      addresses,
    },
    problems,
  };
}
