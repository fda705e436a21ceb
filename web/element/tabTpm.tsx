/** `<tab-tpm>`: a PC with a TPM, or parts of what is to be seen of it, in anybody's page. */
import { render } from "preact";
import type { Machine, Stage, Tpm } from "../../src/index.ts";
import css from "../style/element.css?inline";
import { Console } from "../terminal/console.ts";
import { elementWords } from "../words/element.ts";
import { useLanguage as changeLanguage, chooseLanguage, languageInUse } from "../words/index.ts";
import { ATTRIBUTES, type Meaning, readAttributes } from "./attributes.ts";
import type { LearnPart } from "./learnPart.tsx";
import type { TabTpmElement } from "./publicTypes.ts";
import { type MachineWatcher, SharedMachine } from "./sharedMachine.ts";
import { View, type ViewActions } from "./View.tsx";
import { xtermDocument } from "./xtermDocument.ts";

/** What a terminal answers to a question of the guest's: where its cursor is, what it is. */
const isAnswer = (text: string) => text.startsWith("\x1b[") && /^[?>]?[\d;]*[Rcn]$/.test(text.slice(2));

let looks: CSSStyleSheet | undefined;
function sheet(): CSSStyleSheet {
  if (looks === undefined) {
    looks = new CSSStyleSheet();
    looks.replaceSync(css);
  }
  return looks;
}

/** The elements that are in a document: they have one language. */
const shown = new Set<TabTpm>();
/** The terminals of a machine, by its name: of several, the first answers the guest's questions. */
const terminals = new Map<string, TabTpm[]>();

export class TabTpm extends HTMLElement implements TabTpmElement {
  static readonly observedAttributes = [...ATTRIBUTES, "lang"];

  readonly #root = this.attachShadow({ mode: "open" });
  #shared: SharedMachine | null = null;
  #console: Console | null = null;
  #part: LearnPart | null = null;
  /** Between the two callbacks: an element that is there before its script hears of its attributes first. */
  #isShown = false;
  /** What has been complained of is not complained of again. */
  #complaints = new Set<string>();
  readonly #watcher: MachineWatcher = {
    onReady: () => this.#emit("ready", undefined),
    onStage: (stage: Stage) => this.#emit("stage", { stage }),
    onCommand: (event) => this.#emit("command", event),
    onOutput: (data) => this.#console?.write(data),
    onError: (error) => this.#emit("error", { message: error.message, error }),
  };
  readonly #actions: ViewActions = {
    // What goes wrong is shown, and told by an event.
    start: () => void this.start().catch(() => {}),
    takeOver: () =>
      void this.#join()
        .takeOver(this.#read().settings)
        .catch(() => {}),
    reset: () => this.reset(),
    powerOff: () => void this.powerOff(),
  };

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet()];
  }

  get panels(): string {
    return this.getAttribute("panels") ?? "";
  }
  set panels(names: string) {
    this.setAttribute("panels", names);
  }

  get lesson(): string | null {
    return this.getAttribute("lesson");
  }
  set lesson(id: string | null) {
    this.#set("lesson", id);
  }

  get demo(): string | null {
    return this.getAttribute("demo");
  }
  set demo(id: string | null) {
    this.#set("demo", id);
  }

  get state(): string | null {
    return this.getAttribute("state");
  }
  set state(name: string | null) {
    this.#set("state", name);
  }

  get machineName(): string | null {
    return this.getAttribute("machine");
  }
  set machineName(name: string | null) {
    this.#set("machine", name);
  }

  get autostart(): boolean {
    return this.hasAttribute("autostart");
  }
  set autostart(starts: boolean) {
    this.toggleAttribute("autostart", starts);
  }

  get tpm(): Tpm | null {
    return this.#shared?.tpm ?? null;
  }

  get machine(): Machine | null {
    return this.#shared?.machine ?? null;
  }

  async start(): Promise<void> {
    await this.#join().start(this.#read().settings);
  }

  reset(): void {
    this.#shared?.reset();
  }

  async powerOff(): Promise<void> {
    await this.#shared?.powerOff();
  }

  async type(text: string): Promise<void> {
    await this.#join().type(text);
  }

  connectedCallback(): void {
    this.#isShown = true;
    shown.add(this);
    this.#join();
    void this.#speak();
    this.#draw();
    if (this.autostart) this.#actions.start();
  }

  disconnectedCallback(): void {
    this.#isShown = false;
    shown.delete(this);
    // An element that is moved comes back at once, also where a framework puts it away for a moment.
    setTimeout(() => {
      if (!this.isConnected) this.#leave();
    });
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (!this.#isShown || before === value) return;
    if (name === "lang") void this.#speak();
    this.#join();
    this.#draw();
    if (name === "autostart" && value !== null) this.#actions.start();
  }

  /** The language of the place, as of the text around it. All elements of a page have one: the last that asks. */
  async #speak(): Promise<void> {
    const place = this.closest("[lang]")?.getAttribute("lang") ?? null;
    const language = chooseLanguage(
      place?.split("-")[0]?.toLowerCase() ?? null,
      null,
      place === null ? navigator.languages : [],
    );
    if (language === languageInUse()) return;
    await changeLanguage(language);
    for (const element of shown) element.#draw();
  }

  #set(attribute: string, value: string | null): void {
    if (value === null) this.removeAttribute(attribute);
    else this.setAttribute(attribute, value);
  }

  #read(): Meaning {
    return readAttributes((name) => this.getAttribute(name), document.baseURI);
  }

  /** The machine of the name that the attributes say. */
  #join(): SharedMachine {
    const { machine, settings } = this.#read();
    if (this.#shared?.name === machine) return this.#shared;
    this.#leave();
    const shared = SharedMachine.named(machine);
    shared.join(this.#watcher);
    this.#shared = shared;
    const { lesson, demo } = settings;
    if (lesson !== null) shared.prepare(() => this.#open(shared, "lesson", lesson));
    if (demo !== null) shared.prepare(() => this.#open(shared, "demo", demo));
    return shared;
  }

  /** What can't be had of it is said, and the machine starts without. */
  async #open(shared: SharedMachine, kind: "lesson" | "demo", id: string): Promise<void> {
    const say = elementWords()[kind];
    // Both replace the machine's TPM, and write into its folder.
    if (!shared.isGuided) return this.#complain(kind, say.notIts);
    if (!shared.takeForGuide()) return this.#complain(kind, say.taken);
    try {
      const part = await (kind === "lesson" ? this.#lessonPart(shared, id) : this.#demoPart(shared, id));
      if (this.#shared !== shared) return;
      if (part === null) return this.#complain(kind, say.missing(id));
      this.#part = part;
      await part.begin();
      this.#draw();
    } catch {
      this.#complain(kind, say.notLoaded);
    }
  }

  async #lessonPart(shared: SharedMachine, id: string): Promise<LearnPart | null> {
    const { openLessonPart } = await import("./lessonPart.tsx");
    const onStep = (step: number, steps: number, isLast: boolean) => {
      this.#emit("lesson-step", { lesson: id, step, steps });
      if (isLast) this.#emit("lesson-passed", { lesson: id, steps });
    };
    return openLessonPart({ shared, id, tree: this.#root, onStep });
  }

  async #demoPart(shared: SharedMachine, id: string): Promise<LearnPart | null> {
    const { openDemoPart } = await import("./demoPart.tsx");
    const onStep = (step: number, steps: number) => this.#emit("demo-step", { demo: id, step, steps });
    const onDone = (steps: number) => this.#emit("demo-done", { demo: id, steps });
    return openDemoPart({ shared, id, tree: this.#root, onStep, onDone });
  }

  #leave(): void {
    this.#closeConsole();
    this.#part?.close();
    this.#part = null;
    render(null, this.#root);
    this.#shared?.leave(this.#watcher);
    this.#shared = null;
  }

  #draw(): void {
    const { panels, problems } = this.#read();
    for (const problem of problems) this.#complain(problem.attribute, problem.words);
    const shared = this.#join();
    if (!panels.includes("terminal")) this.#closeConsole();
    else this.#console ??= this.#openConsole(shared);
    const Part = this.#part?.View ?? null;
    render(<View {...{ shared, panels, Part }} console={this.#console} actions={this.#actions} />, this.#root);
  }

  #openConsole(shared: SharedMachine): Console {
    const group = terminals.get(shared.name) ?? [];
    terminals.set(shared.name, [...group, this]);
    const isFirst = () => terminals.get(shared.name)?.[0] === this;
    const console = new Console(
      (text) => {
        if (isFirst() || !isAnswer(text)) void shared.type(text).catch(() => {});
      },
      { look: this, document: xtermDocument },
    );
    console.onResize((rows, columns) => isFirst() && shared.resizeTerminal(rows, columns));
    const text = shared.machine?.serial.text();
    if (text !== undefined) console.write(text);
    return console;
  }

  #closeConsole(): void {
    if (this.#console === null) return;
    this.#console.dispose();
    this.#console = null;
    const name = this.#shared?.name ?? "";
    const others = terminals.get(name)?.filter((other) => other !== this) ?? [];
    if (others.length === 0) terminals.delete(name);
    else terminals.set(name, others);
    // The guest's terminal is as large as the one that is the first now.
    const [first] = others;
    if (first === undefined || first.#console === null) return;
    this.#shared?.resizeTerminal(first.#console.rows, first.#console.columns);
  }

  #complain(attribute: string, sentence: string): void {
    const message = `<tab-tpm ${attribute}>: ${sentence}.`;
    if (this.#complaints.has(message)) return;
    this.#complaints.add(message);
    console.error(message);
    this.#emit("error", { message, attribute });
  }

  #emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export function defineTabTpm(registry = customElements): void {
  if (registry.get("tab-tpm") === undefined) registry.define("tab-tpm", TabTpm);
}
