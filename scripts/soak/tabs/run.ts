/** Rounds of a TPM that moves between tabs of a real Chromium, and of tabs that are killed on the way. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, CDPSession, Page } from "@playwright/test";
import { Chromium, crash } from "./chromium.ts";
import { Ledger } from "./ledger.ts";
import type { Told } from "./page/guest.ts";
import type { Place } from "./page/main.ts";
import { type Round, roundOf } from "./plan.ts";
import { type Served, serveSoak } from "./served.ts";

/** Nothing takes as long as this on a busy machine, in milliseconds. */
const PATIENCE_MS = 60_000;
const NOTES = 40;

export interface SoakFigures {
  rounds: number;
  killed: Record<"source" | "target" | "both" | "browser" | "single", number>;
  /** Kills at the moment that was chosen; the others came after all was done. */
  atMoment: number;
  /** Rounds after which the TPM was in the tab where it was to go; after which somebody had to take it back. */
  moved: number;
  takenBack: number;
  takenOver: number;
  acknowledged: number;
  /** Counts of which nobody was told how they ended, and how many of these were done. */
  unknown: number;
  done: number;
  /** What must not be: empty. */
  broken: string[];
}

export interface SoakOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly onRound?: (figures: SoakFigures) => void;
}

interface OpenTab {
  readonly id: string;
  readonly page: Page;
  readonly session: CDPSession;
  isAlive: boolean;
}

/** @throws Error where something never ends, or fails that is not to fail; `broken` has the rest. */
export async function runSoak({ seed, rounds, onRound }: SoakOptions): Promise<SoakFigures> {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-tabs-"));
  const served = await serveSoak(join(folder, "page"));
  const soak = new Soak(served, new Chromium(join(folder, "profile")));
  try {
    await soak.begin();
    for (let number = 1; number <= rounds && soak.figures.broken.length === 0; number++) {
      await soak.round(roundOf(seed, number), number);
      onRound?.(soak.figures);
    }
    return soak.figures;
  } finally {
    await soak.end();
    await served.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Soak {
  readonly #served: Served;
  readonly #chromium: Chromium;
  readonly #ledger = new Ledger();
  readonly #tabs = new Set<OpenTab>();
  #context: BrowserContext | null = null;
  #holder: OpenTab | null = null;
  #opened = 0;
  readonly #notes: string[] = [];
  #heard = () => {};
  readonly figures: SoakFigures = {
    rounds: 0,
    killed: { source: 0, target: 0, both: 0, browser: 0, single: 0 },
    ...{ atMoment: 0, moved: 0, takenBack: 0, takenOver: 0, acknowledged: 0, unknown: 0, done: 0, broken: [] },
  };

  constructor(served: Served, chromium: Chromium) {
    this.#served = served;
    this.#chromium = chromium;
  }

  async begin(): Promise<void> {
    await this.#startBrowser();
    const tab = await this.#open();
    await this.#start(tab, false).catch(async (error) => {
      throw new Error(await this.#describe(tab), { cause: error });
    });
    this.#holder = tab;
  }

  async end(): Promise<void> {
    await this.#chromium.kill();
  }

  async round(round: Round, number: number): Promise<void> {
    const { figures } = this;
    try {
      await this.#play(round);
    } catch (error) {
      const tabs = await Promise.all([...this.#tabs].map((tab) => this.#describe(tab)));
      const what = [`round ${number}, ${JSON.stringify(round)}`, ...this.#notes, ...tabs].join("\n");
      throw new Error(what, { cause: error });
    }
    figures.rounds = number;
    const { acknowledged, unknown, done } = this.#ledger;
    Object.assign(figures, { acknowledged, unknown, done });
    if (figures.broken.length > 0) figures.broken.push(`round ${number}, ${JSON.stringify(round)}`, ...this.#notes);
  }

  async #play(round: Round): Promise<void> {
    const source = this.#holder as OpenTab;
    await this.#counted(round.counts);
    if (round.keeps !== "nothing") {
      const isOffered = round.keeps === "offered";
      const isKept = await this.#ask(source, (tab, isStart) => tab.keepSnapshot(isStart), isOffered);
      if (!isKept) this.figures.broken.push("A snapshot could not be kept.");
    }
    const target = round.act === "move" ? await this.#open() : null;
    if (target !== null) this.#mustBe(await this.#start(target, false), "StoreLockedError", "A second tab");
    await this.#act(round, source, target);
    const survivor = [source, target].find((tab) => tab?.isAlive) ?? null;
    if (survivor !== null && target !== null) await this.#settle(survivor, round);
    await this.#claim(round, survivor, target);
  }

  /** Begins what is to be interrupted, and kills. */
  async #act(round: Round, source: OpenTab, target: OpenTab | null): Promise<void> {
    const { side, thread, count } = round.moment;
    const chosen = side === "target" && target !== null ? target : source;
    const reached = this.#served.moment(chosen.id, thread);
    await this.#ask(chosen, (tab, [where, at]) => tab.choose(where, at), [thread, count] as const);
    // Of one that is killed nothing is heard any more.
    const over = this.#begin(round.act, target ?? source).catch(() => null);
    const goOn = await within(Promise.race([reached, over]), "a moment, or the end");
    const isHeld = typeof goOn === "function";
    if (isHeld) this.figures.atMoment++;
    if (isHeld && round.delay !== "held") goOn();
    if (round.delay !== "held") await sleep(round.delay);
    await this.#kill(round, source, target, isHeld && round.delay === "held" && thread === "page" ? chosen : null);
    // One that comes there now, or has stood there, goes on.
    void reached.then((letGo) => letGo());
  }

  #begin(act: Round["act"], tab: OpenTab): Promise<unknown> {
    switch (act) {
      case "move":
        return tab.page.evaluate(() => window.tab.bringHere().then(() => window.tab.rest(false)));
      case "file":
        return tab.page.evaluate(() => window.tab.saveFile().then(() => window.tab.rest(false)));
      case "snapshot":
        return tab.page.evaluate(() => window.tab.keepSnapshot(false));
    }
  }

  /** @param still its page's thread stands still: only its process can be killed. */
  async #kill(round: Round, source: OpenTab, target: OpenTab | null, still: OpenTab | null): Promise<void> {
    const { victim } = round;
    this.#note(`kill of ${victim}`);
    this.figures.killed[target === null && victim !== "browser" ? "single" : victim]++;
    if (victim === "browser") {
      for (const tab of this.#tabs) tab.isAlive = false;
      this.#tabs.clear();
      await this.#chromium.kill();
      await this.#startBrowser();
      return;
    }
    const victims = victim === "both" ? [source, target] : [victim === "target" ? target : source];
    await Promise.all(
      victims.map(async (tab) => {
        if (tab === null) return;
        if (round.how === "crash" || tab === still) await within(crash(tab.session, tab.page), "a crash");
        await this.#close(tab);
      }),
    );
  }

  /** The other one is dead; what the person is asked, the person decides. */
  async #settle(tab: OpenTab, { starts }: Round): Promise<void> {
    const rest = () => this.#ask(tab, (page) => page.rest(true), null);
    if ((await rest()) !== "kept") return;
    await this.#ask(tab, (page, isStart) => page.decide(isStart), starts);
    if ((await rest()) !== "kept") return;
    await this.#ask(tab, (page) => page.decide(false), null);
    await rest();
  }

  /** A new tab comes; whoever may have the TPM has it then, once. */
  async #claim(round: Round, survivor: OpenTab | null, target: OpenTab | null): Promise<void> {
    const { figures } = this;
    const fresh = await this.#open();
    const refusal = await this.#start(fresh, round.takesOffer);
    if (refusal === "StoreLockedError" && round.takesOver) {
      figures.takenOver++;
      this.#mustBe(await this.#ask(fresh, (tab) => tab.takeOver(), null), null, "A tab that takes the TPM over");
    } else if (refusal === "StoreGivenUpError") {
      figures.takenBack++;
      const claimants = { survivor: [survivor ?? fresh], new: [fresh], both: [survivor ?? fresh, fresh] };
      const tabs = [...new Set(claimants[round.claimants])];
      const answers = await Promise.all(tabs.map((tab) => this.#ask(tab, (page) => page.takeBack(), null)));
      if (answers.filter((answer) => answer === null).length !== 1) {
        figures.broken.push(`Of ${tabs.length} that took it back: ${answers.join(", ")}.`);
      }
    } else if (refusal !== null && refusal !== "StoreLockedError") {
      figures.broken.push(`A new tab says ${refusal}.`);
    }
    const places = new Map<string, Place>();
    const names = new Map<OpenTab, string>();
    for (const tab of this.#tabs) {
      names.set(tab, tab === fresh ? "the new tab" : tab === target ? "the target" : "the source");
      places.set(names.get(tab) as string, await this.#ask(tab, (page) => page.place(), null));
    }
    figures.broken.push(...this.#ledger.judge(places));
    this.#holder = null;
    for (const [tab, name] of names) {
      if ("holds" in (places.get(name) as Place)) this.#holder = tab;
    }
    if (this.#holder === target && target !== null) figures.moved++;
    for (const tab of [...this.#tabs]) if (tab !== this.#holder) await this.#close(tab);
    if (this.#holder !== null) await this.#ask(this.#holder, (page) => page.goOn(), null);
  }

  async #startBrowser(): Promise<void> {
    const context = await within(this.#chromium.start(), "Chromium");
    this.#context = context;
    await context.exposeBinding("tell", (_, tab: string, when: string, told: Told | string) => {
      this.#note(`tab ${tab}: ${when} ${JSON.stringify(told)}`);
      this.#hear(when, told);
    });
  }

  /** For whoever looks for what went wrong: the last of what happened. */
  #note(what: string): void {
    this.#notes.push(what);
    if (this.#notes.length > NOTES) this.#notes.shift();
  }

  #hear(when: string, told: Told | string): void {
    if (typeof told === "string") this.figures.broken.push(told);
    else if (when === "asked") this.#ledger.asked(told);
    else {
      const broken = this.#ledger.acknowledge(told);
      if (broken !== null) this.figures.broken.push(broken);
    }
    this.#heard();
  }

  /** So many commands more are acknowledged. */
  async #counted(more: number): Promise<void> {
    const wanted = this.#ledger.acknowledged + more;
    const all = new Promise<void>((resolve) => {
      this.#heard = () => {
        if (this.#ledger.acknowledged >= wanted) resolve();
      };
    });
    await within(all, "commands that are acknowledged");
    this.#heard = () => {};
  }

  async #open(): Promise<OpenTab> {
    const context = this.#context as BrowserContext;
    const page = await within(context.newPage(), "a tab");
    const session = await context.newCDPSession(page);
    this.#opened++;
    const tab: OpenTab = { id: `${this.#opened}`, page, session, isAlive: true };
    page.on("crash", () => {
      tab.isAlive = false;
    });
    page.on("pageerror", (error) => this.figures.broken.push(`A page has an error: ${error.stack}`));
    this.#tabs.add(tab);
    await page.goto(this.#served.address);
    await page.evaluate((id) => void window.openTab(id), tab.id);
    return tab;
  }

  async #close(tab: OpenTab): Promise<void> {
    tab.isAlive = false;
    this.#tabs.delete(tab);
    await within(tab.page.close(), "a tab that is closed");
  }

  #start(tab: OpenTab, takesOffer: boolean): Promise<string | null> {
    return this.#ask(tab, (page, takes) => page.start(takes), takesOffer);
  }

  /** Calls a method of the tab's page. */
  #ask<Argument, Result>(
    tab: OpenTab,
    work: (tab: Window["tab"], argument: Argument) => Promise<Result>,
    argument: Argument,
  ): Promise<Result> {
    const call = `(argument) => (${work.toString()})(window.tab, argument)`;
    const made = tab.page.evaluate(`(${call})(${JSON.stringify(argument)})`) as Promise<Result>;
    made.then(
      (result) => this.#note(`tab ${tab.id}: ${work} with ${JSON.stringify(argument)}: ${JSON.stringify(result)}`),
      () => {},
    );
    return within(made, work.toString());
  }

  async #describe(tab: OpenTab): Promise<string> {
    const told = await Promise.race([
      this.#ask(tab, (page) => page.describe(), null).catch(String),
      sleep(2000, "does not answer"),
    ]);
    return `${tab === this.#holder ? "source" : "tab"} ${tab.id}: ${JSON.stringify(told).slice(0, 600)}`;
  }

  #mustBe(found: string | null, wanted: string | null, who: string): void {
    if (found !== wanted) this.figures.broken.push(`${who} says ${found}, and not ${wanted}.`);
  }
}

async function within<Result>(work: Promise<Result>, what: string): Promise<Result> {
  const stop = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`It takes for ever: ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
